using System.Net;
using System.Text.Json;
using PatientGrains.Log;
using static PatientGrains.Host.Tests.Resources;

namespace PatientGrains.Host.Tests;

public sealed class VerifyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Database => _folder["data/patientgrains.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_flipped_byte_is_named_with_its_record_and_reading_that_record_is_an_error()
    {
        await Import("a.ndjson", Patient("p1"), Patient("p2"), Observation("o1", "p1"));
        await Flip("Patient/p1");
        var ran = await Tool.Expect(1, _folder, "verify");
        Assert.Contains("BROKEN Patient/p1 at event 0", ran.Out);
        Assert.Contains("1 logs are broken", ran.Out);
        var without = await Tool.Expect(1, _folder, "verify", "--without-keys");
        Assert.DoesNotContain("Patient/p1", without.Out);
        Assert.Contains("BROKEN", without.Out);

        using var server = await Server.Start(_folder);
        using var broken = await server.Http.GetAsync("Patient/p1");
        Assert.Equal(HttpStatusCode.InternalServerError, broken.StatusCode);
        var outcome = JsonSerializer.Deserialize<JsonElement>(await broken.Content.ReadAsStringAsync());
        Assert.Equal("OperationOutcome", outcome.GetProperty("resourceType").GetString());
        Assert.DoesNotContain(Family, outcome.ToString());
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("Patient/p2")).StatusCode);
        Assert.Contains("BROKEN Patient/p1 at event 0", (await Tool.Expect(1, _folder, "verify")).Out);
        Assert.DoesNotContain("Patient/p1", server.Said);
    }

    [Fact]
    public async Task An_end_that_was_cut_off_is_seen_against_a_checkpoint_only()
    {
        await Import("a.ndjson", Patient("p1"), Patient("p2"));
        File.Copy(Database, _folder["old.db"]);
        await Import("b.ndjson", Observation("o1", "p1"));
        await Tool.Expect(0, _folder, "verify", "--export", "heads");
        Assert.Contains("2 compared", (await Tool.Expect(0, _folder, "verify", "--checkpoint", "heads")).Out);
        Assert.Contains("2 compared", (await Tool.Expect(0, _folder, "verify", "--checkpoint", "heads", "--without-keys")).Out);

        File.Copy(_folder["old.db"], Database, overwrite: true);
        await Tool.Expect(0, _folder, "verify");
        Assert.Contains("BROKEN Patient/p1", (await Tool.Expect(1, _folder, "verify", "--checkpoint", "heads")).Out);
        File.WriteAllText(_folder["heads"], File.ReadAllText(_folder["heads"]).Replace("\"seq\":3", "\"seq\":2"));
        Assert.Contains("The checkpoint was", (await Tool.Expect(2, _folder, "verify", "--checkpoint", "heads")).Error);
    }

    [Fact]
    public async Task A_running_server_exports_and_compares_checkpoints_too()
    {
        using var server = await Server.Start(_folder);
        await server.Http.Fhir(HttpMethod.Put, "Patient/p1", Patient("p1"));
        await Tool.Expect(0, _folder, "verify", "--export", "heads");
        Assert.Contains("compared", (await Tool.Expect(0, _folder, "verify", "--checkpoint", "heads")).Out);
        File.WriteAllText(_folder["heads"], "nothing of the kind");
        Assert.Contains("400", (await Tool.Expect(2, _folder, "verify", "--checkpoint", "heads")).Error);
        using var nobody = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.PostAsync(server.Url + "/ops/verify", null)).StatusCode);
        using var clinician = await server.Http.PostAsync("../ops/verify", null);
        Assert.Equal(HttpStatusCode.Forbidden, clinician.StatusCode);
    }

    [Fact]
    public async Task A_folder_without_a_store_is_not_sound_but_missing()
    {
        foreach (string[] verb in (string[][])[["verify"], ["access", "p1"], ["keys", "list"], ["keys", "rotate"]])
            Assert.Contains("no store", (await Tool.Expect(2, _folder, [.. verb, "--data", "typo"])).Error);
        Assert.False(Directory.Exists(_folder["typo"]));
    }

    [Fact]
    public async Task The_wrong_key_ring_and_a_missing_one_are_told_apart_and_nothing_is_made()
    {
        await Import("a.ndjson", Patient("p1"));
        await Tool.Expect(0, _folder, "token", "--subject", "x", "--data", "other");
        Assert.Contains("another key ring", (await Tool.Expect(2, _folder, "verify", "--keyring", "other/keyring.json")).Error);
        File.Move(_folder["data/keyring.json"], _folder["moved.json"]);
        Assert.Contains("key ring", (await Tool.Expect(2, _folder, "import", "a.ndjson")).Error);
        Assert.False(File.Exists(_folder["data/keyring.json"]));
        await Tool.Expect(0, _folder, "verify", "--keyring", "moved.json");
    }

    private async Task Import(string name, params string[] lines)
    {
        _folder.Write(name, string.Join('\n', lines));
        await Tool.Expect(0, _folder, "import", name);
    }

    /// <summary>Changes one bit of a record's first commit in the database file.</summary>
    private async Task Flip(string name)
    {
        byte[] sealedBytes;
        using (var ring = KeyRing.Open(_folder["data/keyring.json"]))
        {
            await using var log = SqliteLog.Open(_folder["data"], ring);
            sealedBytes = (await log.Read(ring.Blind(new LogName(name)), new ReadFrom(0), 1)).Commits[0].Bytes.ToArray();
        }
        byte[] file = await File.ReadAllBytesAsync(Database);
        int at = file.AsSpan().IndexOf(sealedBytes.AsSpan(0, 200));
        Assert.True(at > 0);
        file[at + 150] ^= 1;
        await File.WriteAllBytesAsync(Database, file);
    }
}

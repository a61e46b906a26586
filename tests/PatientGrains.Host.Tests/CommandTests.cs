using System.Net;
using static PatientGrains.Host.Tests.Resources;

namespace PatientGrains.Host.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_keys_were_rotated_and_the_old_one_removed_everything_still_reads()
    {
        await Import(Patient("p1"), Observation("o1", "p1"));
        Assert.Equal("1  current", (await Tool.Expect(0, _folder, "keys", "list")).Out.Trim());
        Assert.Contains("1 data keys", (await Tool.Expect(0, _folder, "keys", "rotate")).Out);
        Assert.Contains("2  current", (await Tool.Expect(0, _folder, "keys", "list")).Out);
        Assert.Contains("Key 2", (await Tool.Expect(2, _folder, "keys", "remove", "2")).Error);
        await Tool.Expect(0, _folder, "keys", "remove", "1");
        Assert.DoesNotContain("1  ", (await Tool.Expect(0, _folder, "keys", "list")).Out);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", (await Tool.Expect(0, _folder, "keys", "export")).Out);
        await Tool.Expect(0, _folder, "verify");
        using var server = await Server.Start(_folder);
        Assert.Contains(Family, await server.Http.GetStringAsync("Patient/p1"));
    }

    [Fact]
    public async Task A_key_is_not_removed_while_a_record_needs_it_or_a_server_has_it_in_memory()
    {
        await Import(Patient("p1"));
        using (var ring = PatientGrains.Log.KeyRing.Open(_folder["data/keyring.json"]))
            ring.Rotate();
        using (await Server.Start(_folder))
            Assert.Contains("in use", (await Tool.Expect(2, _folder, "keys", "remove", "1")).Error, StringComparison.OrdinalIgnoreCase);
        await Tool.Expect(0, _folder, "keys", "remove", "1");
        await Tool.Expect(0, _folder, "verify");
    }

    [Theory]
    [InlineData("--subject", "x", "--role", "doctor")]
    [InlineData("--subject", "x", "--purpose", "CURIOSITY")]
    [InlineData("--subject", "x", "--source", "unknown")]
    [InlineData("--subject", "x", "--hours", "0")]
    [InlineData("--subject", "x", "--hours", "NaN")]
    [InlineData("--subject", " ")]
    public async Task A_token_that_says_nothing_sensible_is_not_issued(params string[] options)
    {
        var ran = await Tool.Run(_folder, ["token", .. options]);
        Assert.NotEqual(0, ran.Exit);
        Assert.NotEqual("", ran.Error);
        Assert.DoesNotContain("   at ", ran.Error);
        Assert.DoesNotContain("eyJ", ran.Out);
    }

    [Fact]
    public async Task The_access_log_shows_every_access_and_the_look_itself_with_a_server_and_without()
    {
        await Import(Patient("p1"));
        var folder = await Tool.Expect(0, _folder, "access", "p1");
        Assert.Contains("operator/", folder.Out);
        Assert.Equal(2, Lines(folder.Out, "search-type") + Lines(folder.Out, "update"));
        using (var server = await Server.Start(_folder))
        {
            Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("Patient/p1")).StatusCode);
            var live = await Tool.Expect(0, _folder, "access", "p1");
            Assert.Contains("dr-test", live.Out);
            Assert.Equal((2, 1), (Lines(live.Out, "search-type"), Lines(live.Out, "dr-test")));
            Assert.DoesNotContain("p1", server.Said);
        }
        Assert.Contains("no such patient", (await Tool.Expect(2, _folder, "access", "unknown")).Error);
        Assert.Equal(1, Lines((await Tool.Expect(0, _folder, "access", "p1", "--count", "1")).Out, "search-type"));
        await Tool.Expect(2, _folder, "access", "p1", "--count", "0");
    }

    [Fact]
    public async Task Generated_twice_the_bytes_are_the_same()
    {
        foreach (string form in (string[])["Bundles", "Ndjson"])
        {
            await Tool.Expect(0, _folder, "generate", "one/" + form, "--patients", "4", "--years", "2", "--seed", "7", "--form", form);
            await Tool.Expect(0, _folder, "generate", "two/" + form, "--patients", "4", "--years", "2", "--seed", "7", "--form", form);
        }
        await Tool.Expect(0, _folder, "generate", "three", "--patients", "4", "--years", "2", "--seed", "8");
        var one = Contents("one");
        Assert.Equal(6, one.Count);
        Assert.Equal(one, Contents("two"));
        Assert.Empty(one.Values.Intersect(Contents("three").Where(file => file.Key.StartsWith("patient")).Select(file => file.Value)));
        Assert.Contains("atients", (await Tool.Expect(2, _folder, "generate", "none", "--patients", "-1")).Error);
    }

    [Fact]
    public async Task The_demo_ends_well_and_leaves_nothing()
    {
        var ran = await Tool.Expect(0, _folder, "demo", "--patients", "5");
        Assert.Contains("All chains are sound", ran.Out);
        Assert.Contains("dr-grey", ran.Out);
        Assert.Contains("version 3", ran.Out.Replace("\"", ""));
        Assert.Contains("acknowledged by dr-grey", ran.Out);
        Assert.Contains("withdrawn: Observation/lactate-mistaken was corrected by its version 2", ran.Out);
        Assert.Matches("sepsis3 +[1-9]", ran.Out);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        Directory.CreateDirectory(_folder["full/x"]);
        Assert.Contains("not empty", (await Tool.Expect(2, _folder, "demo", "--keep", "full")).Error);
    }

    [Fact]
    public async Task Settings_come_from_the_file_then_the_environment_then_the_command_line()
    {
        _folder.Write("patientgrains.json", """{"Data":"of-file","Sources":["clinic"]}""");
        await Tool.Expect(0, _folder, "token", "--subject", "x", "--source", "clinic");
        Assert.True(File.Exists(_folder["of-file/keyring.json"]));
        Assert.Contains("clinic", (await Tool.Expect(2, _folder, "token", "--subject", "x", "--source", "local")).Error);
        var environment = new Dictionary<string, string>
        {
            ["PATIENTGRAINS_DATA"] = "of-environment",
            ["PATIENTGRAINS_SOURCES__0"] = "lab",
        };
        Tool.Expect(0, await Tool.ToEnd(Tool.Start(_folder, environment, "token", "--subject", "x", "--source", "lab")), "token");
        Assert.True(File.Exists(_folder["of-environment/keyring.json"]));
        await Tool.Expect(0, _folder, "token", "--subject", "x", "--source", "clinic", "--data", "of-line");
        Assert.True(File.Exists(_folder["of-line/keyring.json"]));
        _folder.Write("other.json", """{"Sources":["a.b"]}""");
        Assert.Contains("a.b", (await Tool.Expect(2, _folder, "token", "--subject", "x", "--config", "other.json")).Error);
        Assert.Contains("none.json", (await Tool.Expect(2, _folder, "token", "--subject", "x", "--config", "none.json")).Error);
        _folder.Write("broken.json", "{");
        Assert.Contains("broken.json", (await Tool.Expect(2, _folder, "token", "--subject", "x", "--config", "broken.json")).Error);
    }

    [Fact]
    public async Task An_import_ends_with_1_when_something_was_rejected_and_with_2_when_it_could_not_run()
    {
        _folder.Write("a.ndjson", Patient("p1") + "\n{\"resourceType\":\"Patient\",\"id\":\"p2\",\"nonsense\":\"" + Family + "\"}\n");
        var ran = await Tool.Expect(1, _folder, "import", "a.ndjson");
        Assert.Contains("1 rejects", ran.Out);
        string rejects = await File.ReadAllTextAsync(_folder["rejects.ndjson"]);
        Assert.Contains("\"line\":2", rejects);
        Assert.DoesNotContain(Family, rejects + ran.All);
        Assert.Contains("none.json", (await Tool.Expect(2, _folder, "import", "none.json")).Error);
        Assert.Contains("nobody", (await Tool.Expect(2, _folder, "import", "a.ndjson", "--source", "nobody")).Error);
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Contains("nothing to import", (await Tool.Expect(2, _folder, "import", "empty")).Error);
    }

    private async Task Import(params string[] lines)
    {
        _folder.Write("import.ndjson", string.Join('\n', lines));
        await Tool.Expect(0, _folder, "import", "import.ndjson");
    }

    private static int Lines(string text, string with) => text.Split('\n').Count(line => line.Contains(with, StringComparison.Ordinal));

    private SortedDictionary<string, string> Contents(string folder) =>
        new(Directory.EnumerateFiles(_folder[folder], "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(_folder[folder], file), file =>
            Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))));
}

using System.IO.Compression;
using System.Text;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using static PatientGrains.Host.Tests.Resources;

namespace PatientGrains.Host.Tests;

public sealed class ImportTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private RecordServer? _server;

    private RecordServer Server => _server!;

    public async Task InitializeAsync() => _server = await RecordServer.StartWithoutFront(Store.Settings(_folder), default);

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_malformed_line_never_stops_the_rest()
    {
        string file = _folder.Write("a.ndjson", Lines(
            Patient("p1"), "{\"resourceType\":\"Patient\",", "", Observation("o1", "p1"), "[]",
                "{\"resourceType\":\"Nonsense\",\"id\":\"n\"}",
            $"{{\"resourceType\":\"Patient\",\"id\":\"p2\",\"name\":[{{\"familly\":\"{Family}\"}}]}}", Patient("p3")));
        var done = await Import(file);
        Assert.Equal([2, 5, 6, 7], done.Rejects.Select(reject => reject.GetProperty("line").GetInt32()).Distinct().Order());
        Assert.All(done.Rejects, reject => Assert.NotEqual("", reject.GetProperty("message").GetString()));
        Assert.DoesNotContain(Family, string.Join('\n', done.Rejects));
        Assert.Equal(["Observation/o1/1", "Patient/p1/1", "Patient/p3/1"], await Keys());
    }

    [Fact]
    public async Task Line_ends_of_all_systems_a_byte_order_mark_and_empty_lines_are_no_content()
    {
        string file = _folder.Write("a.ndjson",
            [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{Patient("p1")}\r\n\r\n  \t\r\n{Patient("p2")}\n\n{Patient("p3")}")]);
        string bundle = _folder.Write("b.json", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Patient("p4"))]);
        Assert.Empty((await Import(file, bundle)).Rejects);
        Assert.Equal(["Patient/p1/1", "Patient/p2/1", "Patient/p3/1", "Patient/p4/1"], await Keys());
    }

    [Fact]
    public async Task An_archive_that_is_damaged_or_cut_is_rejected_whole_and_the_others_go_on()
    {
        byte[] packed = Pack(Lines([.. Enumerable.Range(0, 5000).Select(i => Patient("d" + i))]));
        byte[] flipped = [.. packed];
        flipped[packed.Length / 2] ^= 0x55;
        _folder.Write("in/1-flipped.ndjson.gz", flipped);
        _folder.Write("in/2-cut.ndjson.gz", packed[..(packed.Length / 2)]);
        _folder.Write("in/3-cut.json.gz", Pack(Patient("c1"))[..^9]);
        _folder.Write("in/4-none.json.gz", "this was never packed");
        _folder.Write("in/5-good.json.gz", Pack(Patient("g1")));
        var done = await Import(_folder["in"]);
        Assert.Equal(
            [("1-flipped.ndjson.gz", 0, "damaged-file"), ("2-cut.ndjson.gz", 0, "damaged-file"), ("3-cut.json.gz", 0, "damaged-file"),
                ("4-none.json.gz", 0, "damaged-file")],
            done.Reasons);
        Assert.Equal(["Patient/g1/1"], await Keys());
    }

    [Fact]
    public async Task A_line_over_the_limit_is_named_as_that_and_the_next_is_taken()
    {
        string file = _folder.Write("a.ndjson",
            Lines(Patient("p1"), Patient("p2", $",\"language\":\"{new string('x', 700_000)}\""), Patient("p3")));
        await using var target = new InProcessTarget(Server, Store.Importer, ownsServer: false);
        var done = await Store.Import(target, _folder, 1 << 16, file);
        Assert.Equal([("a.ndjson", 2, "too-long")], done.Reasons);
        Assert.Equal(["Patient/p1/1", "Patient/p3/1"], await Keys());
    }

    [Fact]
    public async Task Folders_are_read_with_their_subfolders_whatever_these_are_called()
    {
        _folder.Write("in/z.json", Patient("p1"));
        _folder.Write("in/x.ndjson.d/deep/y.json", $"\n{Patient("p2").Replace(",", ",\n")}\n");
        _folder.Write("in/readme.txt", "not for import");
        Assert.Empty((await Import(_folder["in"])).Rejects);
        Assert.Equal(["Patient/p1/1", "Patient/p2/1"], await Keys());
    }

    [Fact]
    public async Task Lines_about_one_resource_keep_the_order_of_the_file()
    {
        string[] versions = [.. Enumerable.Range(1, 40).Select(i => Observation("o1", "p1", "text " + i))];
        await Import(_folder.Write("a.ndjson", Lines([Patient("p1"), .. versions])));
        var stored = await Store.Versions(Server.Log, Server.Ring);
        for (int i = 0; i < versions.Length; i++)
            Assert.Equal(Digest(versions[i]), stored[$"Observation/o1/{i + 1}"]);
    }

    [Fact]
    public async Task A_line_that_waits_for_another_file_holds_later_lines_of_its_resource_back()
    {
        const string performer = "\"performer\":[{\"reference\":\"Practitioner?identifier=http://n|7\"}],\"subject\"";
        string waiting = Observation("o1", "p1", "older").Replace("\"subject\"", performer, StringComparison.Ordinal);
        string file = _folder.Write("a.ndjson", Lines(Patient("p1"), waiting, Observation("o1", "p1", "newer")));
        var done = await Import(file, _folder.Write("b.ndjson", Lines(Practitioner("dr", "7"))));
        Assert.Empty(done.Rejects);
        var stored = await Store.Versions(Server.Log, Server.Ring);
        Assert.Equal(Digest(Observation("o1", "p1", "newer")), stored["Observation/o1/2"]);
    }

    [Fact]
    public async Task References_to_what_comes_in_later_files_are_resolved_in_later_rounds()
    {
        string Doctor(int i) => $$$"""
            {"resourceType":"PractitionerRole","id":"r{{{i}}}","identifier":[{"system":"http://r","value":"{{{i}}}"}],
            "practitioner":{"reference":"Practitioner?identifier=http://n|{{{i}}}"}}
            """.ReplaceLineEndings("");
        string Slot(int i) =>
            $$"""{"resourceType":"Schedule","id":"s{{i}}","actor":[{"reference":"PractitionerRole?identifier=http://r|{{i}}"}]}""";
        _folder.Write("in/a.ndjson", Lines([.. Enumerable.Range(0, 20).Select(Slot), Slot(99)]));
        _folder.Write("in/b.ndjson", Lines([.. Enumerable.Range(0, 20).Select(Doctor)]));
        _folder.Write("in/c.ndjson", Lines([.. Enumerable.Range(0, 20).Select(i => Practitioner("d" + i, i.ToString()))]));
        var done = await Import(_folder["in"]);
        Assert.Equal([("a.ndjson", 21, "reference-unmatched")], done.Reasons);
        Assert.Equal(60, (await Keys()).Length);
    }

    [Fact]
    public async Task Imported_again_under_another_name_nothing_changes()
    {
        string content = Lines(Patient("p1"), Patient("p1"), Observation("o1", "p1"),
            "{\"resourceType\":\"Basic\",\"code\":{\"text\":\"no id\"}}");
        await Import(_folder.Write("a.ndjson", content));
        var before = await Store.Versions(Server.Log, Server.Ring);
        Assert.Equal(3, before.Count);
        var again = await Import(_folder.Write("b.ndjson.gz", Pack(content)));
        Assert.Equal((0, 0, 4), (again.Totals.Created, again.Totals.Updated, again.Totals.Unchanged));
        Assert.Equal(before, await Store.Versions(Server.Log, Server.Ring));
    }

    [Fact]
    public async Task An_entry_of_a_batch_that_is_wrong_or_asks_for_something_leaves_the_others_alone()
    {
        string batch = Bundle("batch", Entry("PUT", "Patient/p1", Patient("p1")),
            Entry("PUT", "Patient/p2", Patient("p2", ",\"nonsense\":1")),
            """{"request":{"method":"GET","url":"Patient/p1"}}""", Entry("PUT", "Patient/p3", Patient("p3")));
        var done = await Import(_folder.Write("a.json", batch), _folder.Write("b.ndjson", Lines(Patient("p4"))));
        Assert.Equal(["Patient/p1/1", "Patient/p3/1", "Patient/p4/1"], await Keys());
        Assert.Equal([1, 2], done.Rejects.Select(reject => reject.GetProperty("entry").GetInt32()).Distinct().Order());
    }

    [Fact]
    public async Task Through_a_running_server_the_record_becomes_the_same()
    {
        _folder.Write("in/a.json",
            Bundle("transaction", Entry("POST", "Patient", Patient("x")), Entry("PUT", "Practitioner/dr", Practitioner("dr", "1"))));
        _folder.Write("in/b.json",
            Bundle("batch", Entry("PUT", "Patient/p2", Patient("p2")), Entry("POST", "Basic", "{\"resourceType\":\"Basic\"}")));
        _folder.Write("in/c.ndjson", Lines(
            Patient("p3"), Observation("o1", "p3"), Observation("o1", "p3", "y"), "{",
                """{"resourceType":"Basic","id":"a/../b","code":{"text":"x"}}""",
            """{"resourceType":"Schedule","id":"s1","actor":[{"reference":"Practitioner?identifier=http://n|late"}]}"""));
        _folder.Write("in/d.ndjson", Lines(Practitioner("late", "late")));
        var here = await Import(_folder["in"]);
        // The same key ring gives the same ids.
        var settings = Store.Settings(_folder, "other", _folder["data/keyring.json"]);
        await using var other = await RecordServer.StartWithFront(settings, default);
        using var live = await Live.LiveServer.Find(settings, other.Ring, Store.Importer, default);
        await using var target = new HttpTarget(live!);
        var there = await Store.Import(target, _folder, 64 << 20, _folder["in"]);
        Assert.Equal(await Store.Versions(Server.Log, Server.Ring), await Store.Versions(other.Log, other.Ring));
        Assert.Equal(here.Reasons.Select(reason => (reason.File, reason.Line)).Distinct(), there.Reasons
            .Select(reason => (reason.File, reason.Line)).Distinct());
        Assert.DoesNotContain(there.Rejects, reject => reject.ToString().Contains(Family));
    }

    private Task<Imported> Import(params string[] paths) => Store.Import(Server, _folder, paths);

    private async Task<string[]> Keys() => [.. (await Store.Versions(Server.Log, Server.Ring)).Keys];

    private static string Lines(params string[] lines) => string.Concat(lines.Select(line => line + "\n"));

    private static string Digest(string json) =>
        Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(json)));

    private static byte[] Pack(string text)
    {
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Optimal))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return to.ToArray();
    }
}

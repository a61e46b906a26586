using System.Diagnostics;
using PatientGrains.Core.Record;
using PatientGrains.Log.CrashChild;
using PatientGrains.Log.Sqlite;

namespace PatientGrains.Log.Bench;

/// <summary>Journals over a log with everything on, beside bare group-committed inserts of the same JSON in the same
/// run.</summary>
internal static class Whole
{
    private static readonly JournalOptions Options = new();

    public static async Task Bundles(List<PatientBundle> bundles)
    {
        for (int round = 0; round < 3; round++)
        {
            await Journals("journal, a patient per commit", bundles, int.MaxValue);
            await Journals("journal, 100 resources per commit", bundles, 100);
            await Journals("journal, 10 resources per commit", bundles, 10);
            Raw(bundles, 750);
        }
    }

    public static async Task Small(List<PatientBundle> bundles)
    {
        var few = bundles.ConvertAll(b => b with { Events = b.Events.Take(200).ToList() });
        for (int round = 0; round < 2; round++)
        {
            await Journals("journal, 1 resource per commit", few, 1);
            Raw(few, 256);
        }
    }

    private static async Task Journals(string what, List<PatientBundle> bundles, int perCommit)
    {
        await using var store = await BenchStore.Make();
        var (log, ring) = (store.Log, store.Ring);
        int resources = bundles.Sum(b => b.Events.Count);
        var clocks = new Clocks();
        await Task.WhenAll(bundles.Select(bundle => new Activation().Run(async () =>
        {
            using var journal = await PatientJournal<PatientRecord, Event>.Open(
                log, ring, TimeProvider.System, new LogName("Patient/" + bundle.Patient), RecordJournalFold.Instance, Options);
            await Task.WhenAll(bundle.Events.Chunk(perCommit).Select(chunk => journal.Execute<int>(_ => new(chunk, 0))));
        })));
        Console.WriteLine($"   {what,-40} {clocks.Per(resources, "resources")}  {store.Megabytes:N0} MB");
    }

    private static void Raw(List<PatientBundle> bundles, int group)
    {
        using var folder = new BenchFolder();
        var bodies = bundles.SelectMany(b => b.Events).Select(e => ((ResourceStored)e).Body.Json).ToList();
        using (var db = SqliteDb.Open(Path.Combine(folder.Path, "raw.db"), readOnly: false))
        {
            db.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows(no INTEGER PRIMARY KEY, body BLOB)");
            var insert = db.Prepare("INSERT INTO rows(body) VALUES(?)");
            var clocks = new Clocks();
            foreach (var rows in bodies.Chunk(group))
            {
                db.Execute("BEGIN");
                foreach (var body in rows)
                    insert.Bind(1, body.Span).Run();
                db.Execute("COMMIT");
            }
            Console.WriteLine($"   {$"bare inserts of the JSON, {group} a sync",-40} {clocks.Per(bodies.Count, "resources")}");
        }
    }

    /// <summary>One patient that 64 requests write at once, and 256 patients that one request each writes, by depth of the
    /// pipeline.</summary>
    public static async Task Depths()
    {
        foreach (var (patients, requests) in new[] { (1, 64), (256, 1), (64, 8) })
        {
            foreach (int depth in new[] { 1, 2, 3, 4, 8 })
            {
                await using var store = await BenchStore.Make();
                var (log, ring) = (store.Log, store.Ring);
                const int each = 100;
                long before = Stopwatch.GetTimestamp();
                await Task.WhenAll(Enumerable.Range(0, patients).Select(p => new Activation().Run(async () =>
                {
                    using var journal = await PatientJournal<Notes, Note>.Open(
                        log, ring, TimeProvider.System, new LogName($"Patient/{p}"), NoteFold.Instance, Options with { Depth = depth });
                    await Task.WhenAll(Enumerable.Range(0, requests).Select(async _ =>
                    {
                        for (int i = 0; i < each; i++)
                            await journal.Execute<int>(_ => new([new Note(new string('x', 300))], 0));
                    }));
                })));
                double seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
                int decisions = patients * requests * each;
                string load = $"{patients,4} patients x {requests,2} requests, depth {depth}";
                Console.WriteLine($"   {load}: {decisions / seconds,9:N0} decisions/s, {seconds * 1000 / each,6:N2} ms each");
            }
        }
    }
}

/// <summary>Wall and processor time. The processor time is what to look at on a machine that does other things too.</summary>
internal readonly struct Clocks()
{
    private readonly long _wall = Stopwatch.GetTimestamp();
    private readonly TimeSpan _cpu = Environment.CpuUsage.TotalTime;

    public string Per(int count, string what)
    {
        double wall = Stopwatch.GetElapsedTime(_wall).TotalMicroseconds;
        double cpu = (Environment.CpuUsage.TotalTime - _cpu).TotalMicroseconds;
        return $"{count * 1e6 / wall,10:N0} {what}/s  {wall / count,7:N2} us wall {cpu / count,7:N2} us cpu each";
    }
}

internal sealed class BenchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("patientgrains-bench-").FullName;

    public double Megabytes => Directory.GetFiles(Path).Sum(f => new FileInfo(f).Length) / 1e6;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

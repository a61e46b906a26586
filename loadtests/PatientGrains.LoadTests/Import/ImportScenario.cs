using System.Globalization;

namespace PatientGrains.LoadTests.Import;

/// <summary>Import beside raw inserts of the same bytes and beside the floor, in turns.</summary>
internal static class ImportScenario
{
    private const double FirstMark = 25_000;
    private const double Aim = 60_000;
    private const double TimesTheFloor = 3;

    private sealed record Contender(string Name, Func<string, Task<double>> Run)
    {
        public List<double> PerSecond { get; } = [];

        /// <summary>Processor time of the whole process, in microseconds a resource: what a busy machine cannot falsify by much.</summary>
        public List<double> CpuMicros { get; } = [];
        public double Megabytes { get; set; }
        public double Median => Report.Median(PerSecond);
    }

    public static async Task Measure(Settings settings, Report report)
    {
        using var corpus = Corpus.Read(settings);
        report.Title($"import, {corpus}");
        await Cold(settings, report);
        foreach (bool packed in (bool[])[false, true])
        {
            report.Line(packed ? "-- from .gz files, unpacking included" : "-- from unpacked Bundles in memory");
            var ours = new Contender(
                "PatientGrains, everything on",
                folder => packed ? OurImport.FromFiles(settings, corpus, folder) : OurImport.FromMemory(settings, corpus, folder));
            var raw = new Contender($"raw inserts, {RawInserts.Batch} rows a sync", folder => new RawInserts(corpus, packed).Run(folder));
            var floor = new Contender(
                "floor: JSON reader, Brotli 1, AES-GCM, SHA-256", folder => new Floor(corpus, Scan.Bare, packed).Run(folder));
            var scanning = new Contender(
                "floor with our validation in place of the reader", folder => new Floor(corpus, Scan.Validating, packed).Run(folder));
            Contender[] all = [ours, raw, floor, scanning];
            await TakeTurns(settings, corpus, all);
            foreach (var each in all)
                Print(report, each);
            Judge(report, packed ? "import from .gz" : "import from memory", ours, raw, floor);
        }
    }

    private static void Print(Report report, Contender each) => report.Line(
        $"   {each.Name,-50} {each.Median,8:N0} resources/s  {Report.Median(each.CpuMicros),5:N1} us of processor each  "
        + $"{each.Megabytes,4:N0} MB  ({Thousands(each.PerSecond)})");

    private static string Thousands(IEnumerable<double> perSecond) =>
        string.Join(' ', perSecond.Select(x => (x / 1000).ToString("F0", CultureInfo.InvariantCulture) + "k"));

    private static void Judge(Report report, string what, Contender ours, Contender raw, Contender floor)
    {
        double ToRaw(int i) => ours.PerSecond[i] / raw.PerSecond[i];
        double ToFloor(int i) => floor.PerSecond[i] / ours.PerSecond[i];
        var rounds = Enumerable.Range(0, ours.PerSecond.Count).ToArray();
        double cpu = Report.Median(rounds.Select(i => ours.CpuMicros[i] / floor.CpuMicros[i]));
        report.Line($"   ours : raw inserts {Report.Median(rounds.Select(ToRaw)):F2}; processor time, ours : floor {cpu:F1}");
        report.Budget($"{what}, first mark", ours.Median, "resources/s", FirstMark, atMost: false);
        report.Budget($"{what}, aim", ours.Median, "resources/s", Aim, atMost: false);
        report.Budget($"{what}, times slower than the floor", Report.Median(rounds.Select(ToFloor)), "x", TimesTheFloor, atMost: true);
    }

    /// <summary>One round more than asked for: the first warms up and does not count. Each round begins with another contender.</summary>
    private static async Task TakeTurns(Settings settings, Corpus corpus, Contender[] all)
    {
        for (int round = settings.Smoke ? 1 : 0; round <= settings.Rounds; round++)
        {
            for (int i = 0; i < all.Length; i++)
            {
                var contender = all[(round + i) % all.Length];
                using var folder = new StoreFolder(settings);
                GC.Collect();
                var before = Environment.CpuUsage.TotalTime;
                double seconds = await contender.Run(folder.Path);
                contender.Megabytes = folder.Megabytes;
                if (round == 0)
                    continue;
                contender.PerSecond.Add(corpus.Resources / seconds);
                contender.CpuMicros.Add((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / corpus.Resources);
            }
        }
    }

    private static async Task Cold(Settings settings, Report report)
    {
        var runs = new List<double>();
        for (int round = 0; round < Math.Min(3, settings.Rounds); round++)
            runs.Add(await ColdStart.Run(settings));
        report.Line($"   cold: the first import of a process, from .gz files: {Report.Median(runs):N0} resources/s ({Thousands(runs)})");
    }
}

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
            var ours = new Contender("PatientGrains, everything on", folder => packed ? OurImport.FromFiles(settings, corpus, folder) : OurImport.FromMemory(settings, corpus, folder));
            var raw = new Contender($"raw inserts, {RawInserts.Batch} rows a sync", folder => new RawInserts(corpus, packed).Run(folder));
            var floor = new Contender("floor: JSON reader, Brotli 1, AES-GCM, SHA-256", folder => new Floor(corpus, Scan.Bare, packed).Run(folder));
            var scanning = new Contender("floor with our validation in place of the reader", folder => new Floor(corpus, Scan.Validating, packed).Run(folder));
            Contender[] all = [ours, raw, floor, scanning];
            await TakeTurns(settings, corpus, all);
            foreach (var each in all)
                report.Line($"   {each.Name,-52} {each.Median,9:N0} resources/s  {1e6 / each.Median,6:N1} us each  {each.Megabytes,4:N0} MB  ({string.Join(' ', each.PerSecond.Select(x => $"{x / 1000:F0}k"))})");
            Judge(report, packed ? "import from .gz" : "import from memory", ours, raw, floor);
        }
    }

    private static void Judge(Report report, string what, Contender ours, Contender raw, Contender floor)
    {
        double ToRaw(int i) => ours.PerSecond[i] / raw.PerSecond[i];
        double ToFloor(int i) => floor.PerSecond[i] / ours.PerSecond[i];
        var rounds = Enumerable.Range(0, ours.PerSecond.Count).ToArray();
        report.Line($"   ours : raw inserts {Report.Median(rounds.Select(ToRaw)):F2}");
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
                double seconds = await contender.Run(folder.Path);
                contender.Megabytes = folder.Megabytes;
                if (round > 0)
                    contender.PerSecond.Add(corpus.Resources / seconds);
                GC.Collect();
            }
        }
    }

    private static async Task Cold(Settings settings, Report report)
    {
        var runs = new List<double>();
        for (int round = 0; round < Math.Min(3, settings.Rounds); round++)
            runs.Add(await ColdStart.Run(settings));
        report.Line($"   cold: the first import of a process, from .gz files: {Report.Median(runs):N0} resources/s ({string.Join(' ', runs.Select(x => $"{x / 1000:F0}k"))})");
    }
}

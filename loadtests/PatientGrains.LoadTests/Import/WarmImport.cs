using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Import;

/// <summary>Import beside raw inserts of the same bytes and beside the floor: a turn is the whole corpus into a store of its own.</summary>
internal sealed class WarmImport(Bench bench, bool packed) : IScenario
{
    private double _megabytes;

    public string Name => packed ? "import/gz" : "import/memory";

    public string Measures => packed
        ? "import of Bundles from .gz files, unpacking included, everything on"
        : "import of Bundles that lie unpacked in memory, everything on";

    public Load Load => bench.Settings.Turns();

    public IReadOnlyList<Contender> Beside =>
    [
        Of($"raw inserts, {RawInserts.Batch} rows a sync", folder => new RawInserts(bench.Corpus, packed).Run(folder.Path)),
        Of("floor: JSON reader, Brotli 1, AES-GCM, SHA-256", folder => new Floor(bench.Corpus, Scan.Bare, packed).Run(folder.Path)),
        Of("floor with our validation in place of the reader",
            folder => new Floor(bench.Corpus, Scan.Validating, packed).Run(folder.Path)),
    ];

    public Task Prepare(Recorder own)
    {
        own.Note($"{bench.Corpus}");
        return Task.CompletedTask;
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        using var folder = new StoreFolder(bench.Settings);
        double seconds = packed
            ? await OurImport.FromFiles(bench.Settings, bench.Corpus, folder.Path)
            : await OurImport.FromMemory(bench.Settings, bench.Corpus, folder.Path);
        _megabytes = folder.Megabytes;
        return new Done(bench.Corpus.Resources, TimeSpan.FromSeconds(seconds));
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var (ours, raw, floor, validating) = (measured.Ours, measured.Beside[0], measured.Beside[1], measured.Beside[2]);
        string from = packed ? "from .gz" : "unpacked in memory";
        yield return new Figure($"import, warm, {from}", ours.PerSecond, "/s")
        {
            Also = $"{Numbers.Text(_megabytes)} MB on disk for {Numbers.Text(bench.Corpus.Bytes / 1e6)} MB of JSON",
            Beside = $"raw inserts {Numbers.Text(raw.PerSecond)}/s",
            Ratio = Measured.Ratio(ours, raw, round => round.PerSecond),
            Limits = [Limit.Above(60_000), Limit.Above(5_000, Weight.Guard)],
        };
        yield return new Figure("same, times slower than the floor", Measured.Ratio(floor, ours, round => round.PerSecond), "x")
        {
            Beside = $"floor {Numbers.Text(floor.PerSecond)}/s, with our validation {Numbers.Text(validating.PerSecond)}/s",
            Limits = [Limit.Below(3), Limit.Below(25, Weight.Guard)],
        };
        yield return new Figure("same, processor time a resource", ours.CpuMicros, "us")
        {
            Beside = $"raw {Numbers.Text(raw.CpuMicros)}, floor {Numbers.Text(floor.CpuMicros)}, "
                + $"with our validation {Numbers.Text(validating.CpuMicros)} us",
            Ratio = Measured.Ratio(ours, floor, round => round.CpuMicros),
        };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <param name="name">What it is.</param>
    /// <param name="run">Does it in a folder and says how many seconds count.</param>
    private Contender Of(string name, Func<StoreFolder, Task<double>> run) => new(name, async _ =>
    {
        using var folder = new StoreFolder(bench.Settings);
        return new Done(bench.Corpus.Resources, TimeSpan.FromSeconds(await run(folder)));
    });
}

using System.Diagnostics;
using System.Globalization;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Import;

/// <summary>The first import of a process, compilation and all: what a person at a terminal sees. A process of its own each time.</summary>
internal sealed class ColdImport(Bench bench) : IScenario
{
    /// <summary>Verb of the process that imports once.</summary>
    public const string Verb = "cold-import-child";

    public string Name => "import/cold";
    public string Measures => "the first import of a process, from .gz files, compilation included";
    public Load Load => new TurnsLoad(Math.Min(3, bench.Settings.Rounds), WarmUps: 0);

    public Task Prepare(Recorder own) => Task.CompletedTask;

    public async ValueTask<Done> Step(Arrival arrival) => new(
        bench.Corpus.Resources, TimeSpan.FromSeconds(bench.Corpus.Resources / await PerSecondOfChild()));

    public IEnumerable<Figure> Figures(Measured measured) =>
        [new Figure("import, cold process, from .gz", measured.Ours.PerSecond, "/s")];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static async Task<int> Run(Settings settings)
    {
        using var corpus = Corpus.Read(settings);
        using var folder = new StoreFolder(settings);
        double seconds = await OurImport.FromFiles(settings, corpus, folder.Path);
        await Console.Out.WriteLineAsync((corpus.Resources / seconds).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private async Task<double> PerSecondOfChild()
    {
        var settings = bench.Settings;
        string[] patients = settings.Patients is { } count ? ["--patients", count.ToString(CultureInfo.InvariantCulture)] : [];
        var start = Child.Again([Verb, "--synthea", settings.Synthea, "--folder", settings.Folder, .. patients]);
        start.RedirectStandardOutput = true;
        using var child = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        string said = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return child.ExitCode == 0
            ? double.Parse(said, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"A cold import ended with {child.ExitCode}.");
    }
}

using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests;

/// <summary>
/// Runs scenarios, each with a floor or a peer that is measured in the same run, because only the ratio survives another machine or a busy
/// one. Exit codes: 0 done, 1 a threshold was missed, 2 it could not run.
/// </summary>
internal static class Program
{
    private const string Usage = """
        dotnet run -c Release --project loadtests/PatientGrains.LoadTests -- all|SCENARIO... [options]
          --out FOLDER       writes report.txt, report.csv, report.md and report.html there
          --markdown         prints the table in markdown in the end
          --smoke            everything once, tiny: shows that it runs, measures nothing
          --synthea FOLDER   Synthea Bundles (.json.gz); default ../shared/data/synthea
          --examples FILE    HL7's official examples (.ndjson.gz); default ../shared/data/fhir-r4/examples-4.0.1.ndjson.gz
          --patients N       synthetic patients of our own instead of Synthea's
          --rounds N         times that each contender has its turn, 3; the median counts
          --seconds N        of each closed or open loop, 4
          --callers N        of closed loops, 64
          --rate N           of open loops, requests/s; default: each scenario's own
          --seed N           of arrivals and of who is asked about, 1
          --folder FOLDER    where stores are made and removed again; default the folder for temporary files
        """;

    private static async Task<int> Main(string[] args)
    {
        if (Settings.Parse(args) is not { } settings)
            return await Unusable(Usage);
        if (settings.Verbs is [ColdImport.Verb])
            return await ColdImport.Child(settings);
        await using var bench = new Bench(settings);
        if (Catalog.Chosen(bench, settings.Verbs) is not { } chosen)
            return await Unusable($"{Usage}\nscenarios: {string.Join(' ', Catalog.All(bench).Select(scenario => scenario.Name))}");
        var surroundings = Surroundings.Of(settings);
        await Say(TextReport.Head(surroundings));
        var parts = new List<Part>();
        foreach (var scenario in chosen)
        {
            parts.Add(await Run(scenario));
            await Say(TextReport.Lines(parts[^1], judges: !settings.Smoke));
        }
        var report = new Report(surroundings, Judges: !settings.Smoke, parts);
        await Say(TextReport.Misses(report));
        if (settings.Markdown)
            await Say(MarkdownReport.Lines(report));
        if (settings.Out is { } folder)
            await Write(report, folder);
        return report.Failed ? 1 : 0;
    }

    private static async Task<Part> Run(IScenario scenario)
    {
        using var gate = new ManualResetEvent(false);
        await using (scenario)
            return Part.Of(scenario, await new Runner(TimeProvider.System, wait => gate.WaitOne(wait)).Run(scenario));
    }

    private static async Task<int> Unusable(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return 2;
    }

    private static async Task Say(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            await Console.Out.WriteLineAsync(line);
    }

    private static async Task Write(Report report, string folder)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllLinesAsync(Path.Combine(folder, "report.txt"), TextReport.Lines(report));
        await File.WriteAllLinesAsync(Path.Combine(folder, "report.csv"), CsvReport.Lines(report));
        await File.WriteAllLinesAsync(Path.Combine(folder, "report.md"), MarkdownReport.Lines(report));
        await File.WriteAllTextAsync(Path.Combine(folder, "report.html"), HtmlReport.Page(report));
    }
}

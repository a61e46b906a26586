using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Live;
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
          --markdown         prints the tables in markdown in the end
          --readme FILE      puts them into a README, between its two marks
          --baseline FILE    another run to compare with; default loadtests/baselines/two-cores.json
          --strict           a figure that is worse than the baseline's by more than its tolerance fails the run
          --baseline-out FILE  keeps this run as a baseline
          --smoke            everything once, tiny: shows that it runs, measures nothing
          --full             growth to 100,000 patients and to 100,000 resources of one: two minutes more
          --synthea FOLDER   Synthea Bundles (.json.gz); default ../shared/data/synthea
          --examples FILE    HL7's official examples (.ndjson.gz); default ../shared/data/fhir-r4/examples-4.0.1.ndjson.gz
          --patients N       synthetic patients of our own instead of Synthea's
          --rounds N         times that each contender has its turn, 3; the median counts
          --seconds N        of each closed or open loop, 3
          --callers N        of closed loops, 64
          --rate N           of open loops, requests/s; default: each scenario's own
          --seed N           of arrivals and of who is asked about, 1
          --folder FOLDER    where stores are made and removed again; default the folder for temporary files
        """;

    private static async Task<int> Main(string[] args)
    {
        if (Settings.Parse(args) is not { } settings)
            return await Unusable(Usage);
        if (await AsChild(settings) is { } code)
            return code;
        if (settings is { Smoke: true, BaselineOut: not null } or { Smoke: true, Readme: not null })
            return await Unusable("A smoke run measures nothing: there is nothing to keep.");
        await using var bench = new Bench(settings);
        if (Catalog.Chosen(bench, settings.Verbs) is not { } chosen)
            return await Unusable($"{Usage}\nscenarios: {string.Join(' ', Catalog.All(bench).Select(scenario => scenario.Name))}");
        var causes = Causes.Parse(File.Exists(settings.Causes) ? await File.ReadAllLinesAsync(settings.Causes) : []);
        // Before minutes are spent.
        if (settings.Readme is { } readme)
            MarkdownReport.Into(await File.ReadAllTextAsync(readme), []);
        var surroundings = Surroundings.Of(settings);
        await Say(TextReport.Head(surroundings));
        var baseline = await Compared(settings, surroundings);
        var parts = new List<Part>();
        foreach (var scenario in chosen)
        {
            parts.Add((await Run(scenario, settings)).Beside(baseline, surroundings));
            await Say(TextReport.Lines(parts[^1], judges: !settings.Smoke));
        }
        var report = new Report(surroundings, Judges: !settings.Smoke, parts) { Baseline = baseline };
        await Say([.. TextReport.Misses(report), .. TextReport.Regressions(report)]);
        await Keep(report, causes, settings);
        return report.Failed || (settings.Strict && report.Regressions.Any()) ? 1 : 0;
    }

    /// <summary>Whether a scenario started this process to play a part of it; null when a person did.</summary>
    private static async Task<int?> AsChild(Settings settings) => settings.Verbs switch
    {
        [ColdImport.Verb] => await ColdImport.Run(settings),
        [OverloadServer.Verb] => await OverloadServer.Run(settings),
        [OverloadFlooder.Verb] => await OverloadFlooder.Run(settings),
        _ => null,
    };

    /// <summary>What to compare with; says why nothing is compared.</summary>
    private static async Task<Baseline?> Compared(Settings settings, Surroundings here)
    {
        if (settings.Smoke)
            return null;
        var baseline = File.Exists(settings.Baseline) ? Baseline.Parse(await File.ReadAllTextAsync(settings.Baseline)) : null;
        string? why = baseline is null ? $"there is none at {settings.Baseline}" : baseline.Differs(here);
        await Say([$"baseline      {(why is null ? settings.Baseline : "nothing is compared: " + why)}"]);
        return why is null ? baseline : null;
    }

    private static async Task Keep(Report report, Causes causes, Settings settings)
    {
        string[] table = [.. MarkdownReport.Lines(report, causes)];
        if (settings.Markdown)
            await Say(table);
        if (settings.Readme is { } readme)
            await File.WriteAllTextAsync(readme, MarkdownReport.Into(await File.ReadAllTextAsync(readme), table));
        if (settings.BaselineOut is { } kept)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(kept))!);
            await File.WriteAllTextAsync(kept, Baseline.Of(report).Text());
        }
        if (settings.Out is { } folder)
            await Write(report, table, folder);
    }

    private static async Task<Part> Run(IScenario scenario, Settings settings)
    {
        try
        {
            await using (scenario)
                return Part.Of(scenario, await Driver.Run(scenario, settings));
        }
        catch (Exception broken)
        {
            // It fails the run, and the figures of the others are still worth having.
            return Part.Broken(scenario, broken, TimeProvider.System);
        }
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

    private static async Task Write(Report report, string[] table, string folder)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllLinesAsync(Path.Combine(folder, "report.txt"), TextReport.Lines(report));
        await File.WriteAllLinesAsync(Path.Combine(folder, "report.csv"), CsvReport.Lines(report));
        await File.WriteAllLinesAsync(Path.Combine(folder, "report.md"), table);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.html"), HtmlReport.Page(report));
    }
}

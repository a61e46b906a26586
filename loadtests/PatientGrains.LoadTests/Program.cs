using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reading;

namespace PatientGrains.LoadTests;

/// <summary>
/// Measures, each a verb: <c>validate</c>, <c>import</c>, <c>read</c>; <c>all</c> is the three after one another. A figure stands beside
/// a floor or a peer that was measured
/// in the same run, taking turns with it, because only the ratio survives another machine or a busy one.
/// </summary>
internal static class Program
{
    private const string Usage = """
        dotnet run -c Release --project loadtests/PatientGrains.LoadTests -- all|validate|import|read [options]
          --synthea FOLDER   Synthea Bundles (.json.gz); default ../shared/data/synthea
          --examples FILE    HL7's official examples (.ndjson.gz); default ../shared/data/fhir-r4/examples-4.0.1.ndjson.gz
          --patients N       synthetic patients of our own instead of Synthea's
          --rounds N         times that each contender has its turn, 5; the median counts
          --seconds N        of each closed or open loop, 5
          --callers N        of closed loops, 64
          --rate N           of open loops, requests/s, 5000
          --folder FOLDER    where stores are made and removed again; default the folder for temporary files
          --smoke            everything once, tiny: shows that it runs, measures nothing
        """;

    private static async Task<int> Main(string[] args)
    {
        if (Settings.Parse(args) is not { } settings)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        if (settings.Verb == ColdStart.Verb)
            return await ColdStart.Child(settings);
        var report = new Report(Console.Out, judges: !settings.Smoke);
        report.Machine(settings);
        if (settings.Verb is "all" or "validate")
            Validation.Measure(settings, report);
        if (settings.Verb is "all" or "import")
            await ImportScenario.Measure(settings, report);
        if (settings.Verb is "all" or "read")
            await ReadScenario.Measure(settings, report);
        report.Misses();
        return 0;
    }
}

using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests.Findings;

public class CostTests(ITestOutputHelper output)
{
    private const int Rounds = 40;

    /// <summary>
    /// Beside the scan of the same bytes in the same run, since machines differ. Usual are 0.8 and 0.1; the limits leave room for a noisy
    /// one.
    /// </summary>
    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void Findings_cost_less_than_three_scans_and_for_other_types_less_than_one()
    {
        var scanner = new FhirScanner();
        var resources = RealData.Files("synthea", "*.json.gz").Where((_, i) => i % 12 == 3)
            .SelectMany(x => scanner.Scan(RealData.Read(x)).Bundle!.Entries)
            .Select(x => (x.Resource!.Type, Body: x.Resource.Source.ToArray())).ToArray();
        foreach (bool isObservation in new[] { true, false })
        {
            var some = resources.Where(x => x.Type == "Observation" == isObservation).ToArray();
            var (scan, _) = Best(some, x => scanner.Scan(x.Body).IsValid ? 1 : 0);
            var (find, count) = Best(some, x => FhirFindings.Of(x.Type, x.Body, ObservationTests.Now).Length);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{some.Length} resources of {some.Average(x => x.Body.Length):0} bytes, Observations: {isObservation}, {count} findings; "
                + $"scan {scan:0.00} us, findings {find:0.00} us, {find / scan:0.00} of the scan"));
            Assert.True(find < scan * (isObservation ? 3 : 1), $"Findings took {find} us, the scan {scan} us.");
        }
    }

    private static (double Microseconds, int Sum) Best((string Type, byte[] Body)[] resources, Func<(string Type, byte[] Body), int> run)
    {
        double best = double.MaxValue;
        int sum = 0;
        for (int round = 0; round < Rounds; round++)
        {
            sum = 0;
            long start = Stopwatch.GetTimestamp();
            foreach (var resource in resources)
                sum += run(resource);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / resources.Length);
        }
        return (best, sum);
    }
}

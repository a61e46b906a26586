using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests.Findings;

public class CostTests(ITestOutputHelper output)
{
    /// <summary>At least so many rounds, so that both are compiled for good; at most so many until both had a quiet moment.</summary>
    private const int Least = 20, Most = 400;

    /// <summary>
    /// Beside the scan of the same bytes in the same run, since machines differ; in turns with it and the best of each,
    /// since they are noisy.
    /// </summary>
    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void Findings_cost_no_more_than_twice_the_scan_and_for_other_types_a_quarter()
    {
        var scanner = new FhirScanner();
        var resources = RealData.Files("synthea", "*.json.gz").Where((_, i) => i % 12 == 3)
            .SelectMany(x => scanner.Scan(RealData.Read(x)).Bundle!.Entries)
            .Select(x => (x.Resource!.Type, Body: x.Resource.Source.ToArray())).ToArray();
        foreach (bool isObservation in new[] { true, false })
        {
            var some = resources.Where(x => x.Type == "Observation" == isObservation).ToArray();
            double limit = isObservation ? 2 : 0.25;
            double scan = double.MaxValue, find = double.MaxValue;
            int count = 0, round = 0;
            while (round++ < Least || (round < Most && find > scan * limit))
            {
                scan = Math.Min(scan, Run(some, x => scanner.Scan(x.Body).IsValid ? 1 : 0).Microseconds);
                (double took, count) = Run(some, x => FhirFindings.Of(x.Type, x.Body, ObservationTests.Now).Length);
                find = Math.Min(find, took);
            }
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{some.Length} resources of {some.Average(x => x.Body.Length):0} bytes, Observations: {isObservation}, {count} findings; "
                + $"scan {scan:0.00} us, findings {find:0.00} us, {find / scan:0.00} of the scan"));
            Assert.True(find < scan * limit, $"Findings took {find} us, the scan {scan} us.");
        }
    }

    private static (double Microseconds, int Sum) Run((string Type, byte[] Body)[] resources, Func<(string Type, byte[] Body), int> run)
    {
        int sum = 0;
        long start = Stopwatch.GetTimestamp();
        foreach (var resource in resources)
            sum += run(resource);
        return (Stopwatch.GetElapsedTime(start).TotalMicroseconds / resources.Length, sum);
    }
}

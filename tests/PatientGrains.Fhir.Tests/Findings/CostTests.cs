using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests.Findings;

public class CostTests(ITestOutputHelper output)
{
    /// <summary>Rounds after which both are compiled for good.</summary>
    private const int Least = 20;

    /// <summary>
    /// Beside the scan of the same bytes in the same run, since machines differ. Of each handful of resources the shortest time counts: it
    /// takes microseconds, and so many are free of everything else even on a machine that is busy throughout. 0.9 and 0.2 were measured.
    /// </summary>
    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void Findings_cost_no_more_than_twice_the_scan_and_for_other_types_a_third()
    {
        var scanner = new FhirScanner();
        var resources = RealData.Files("synthea", "*.json.gz").Where((_, i) => i % 12 == 3)
            .SelectMany(x => scanner.Scan(RealData.Read(x)).Bundle!.Entries)
            .Select(x => (x.Resource!.Type, Body: x.Resource.Source.ToArray())).ToArray();
        foreach (bool isObservation in new[] { true, false })
        {
            var some = resources.Where(x => x.Type == "Observation" == isObservation).ToArray();
            double limit = isObservation ? 2 : 1 / 3.0;
            var scan = new Shortest(some, x => scanner.Scan(x.Body).IsValid ? 1 : 0);
            var find = new Shortest(some, x => FhirFindings.Of(x.Type, x.Body, ObservationTests.Now).Length);
            ThreadTime.Until(Least, () =>
            {
                scan.Round();
                find.Round();
            }, () => find.Microseconds < scan.Microseconds * limit);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{some.Length} resources of {some.Average(x => x.Body.Length):0} bytes, Observations: {isObservation}, "
                + $"{find.Sum} findings; scan {scan.Microseconds:0.00} us, findings {find.Microseconds:0.00} us, "
                + $"{find.Microseconds / scan.Microseconds:0.00} of the scan"));
            Assert.Equal(some.Length, scan.Sum);
            Assert.True(
                find.Microseconds < scan.Microseconds * limit, $"Findings took {find.Microseconds} us, the scan {scan.Microseconds} us.");
        }
    }

    /// <summary>What something takes at the shortest, handful by handful: enough that reading the clock costs nothing beside it.</summary>
    private sealed class Shortest((string Type, byte[] Body)[] resources, Func<(string Type, byte[] Body), int> run)
    {
        private const int Handful = 32;

        private readonly long[] _ticks = [.. resources.Chunk(Handful).Select(_ => long.MaxValue)];

        /// <summary>What a round gave.</summary>
        public int Sum { get; private set; }

        /// <summary>A resource.</summary>
        public double Microseconds => _ticks.Sum() * 1e6 / Stopwatch.Frequency / resources.Length;

        public void Round()
        {
            Sum = 0;
            for (int i = 0; i < _ticks.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                foreach (var resource in resources.AsSpan(i * Handful, Math.Min(Handful, resources.Length - (i * Handful))))
                    Sum += run(resource);
                _ticks[i] = Math.Min(_ticks[i], Stopwatch.GetTimestamp() - start);
            }
        }
    }
}

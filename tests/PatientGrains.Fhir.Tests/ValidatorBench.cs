using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace PatientGrains.Fhir.Tests;

/// <summary>What a scan costs beside JsonDocument.Parse of the same bytes, taken in turns in one run so that a noisy machine hits
/// both.</summary>
internal static class ValidatorBench
{
    private const int Rounds = 12;

    /// <param name="output">Receives a line for each way.</param>
    /// <param name="path">Folder of Synthea Bundles (*.json.gz) under the real data.</param>
    /// <returns>Bytes that one scan of a resource allocates, result included.</returns>
    public static double Run(TextWriter output, string path)
    {
        var resources = Sample(path);
        long bytes = resources.Sum(x => (long)x.Length);
        var scanner = new FhirScanner();
        var scan = new Way("FhirScanner.Scan", x => scanner.Scan(x).IsValid);
        var finish = new Way("Scan + Finish", x => scanner.Scan(x).Finish("a").Body.Length > 0);
        var parse = new Way("JsonDocument.Parse", x => Parse(x));
        for (int round = 0; round < Rounds; round++)
        {
            foreach (var way in new[] { parse, scan, finish })
                way.Take(resources);
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{resources.Length} Synthea resources, {bytes / resources.Length} bytes each on average, pretty-printed"));
        foreach (var way in new[] { parse, scan, finish })
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{way.Name,-20} {way.Best / resources.Length:0.00} us/resource (best of {Rounds}), {way.Allocated / resources.Length:0}" +
                    $" B/resource, {way.Best / parse.Best:0.00} x JsonDocument"));
        return scan.Allocated / resources.Length;
    }

    private static bool Parse(byte[] resource)
    {
        using var document = JsonDocument.Parse(resource);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }

    /// <summary>Every resource of some Bundles, as it stands in them.</summary>
    private static byte[][] Sample(string path)
    {
        var scanner = new FhirScanner();
        return [.. RealData.Files(path, "*.json.gz").Where((_, i) => i % 12 == 3)
            .SelectMany(x => scanner.Scan(RealData.Read(x)).Bundle!.Entries).Select(x => x.Resource!.Source.ToArray())];
    }

    private sealed class Way(string name, Func<byte[], bool> run)
    {
        public string Name => name;
        public double Best { get; private set; } = double.MaxValue;
        public double Allocated { get; private set; }

        public void Take(byte[][] resources)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            int valid = 0;
            foreach (byte[] resource in resources)
                valid += run(resource) ? 1 : 0;
            double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            Assert.Equal(resources.Length, valid);
            Best = Math.Min(Best, microseconds);
            Allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}

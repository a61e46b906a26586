using System.Diagnostics;
using System.Text.Json;
using PatientGrains.Fhir;

namespace PatientGrains.LoadTests;

/// <summary>Validation and extraction of single resources beside
/// <see cref="JsonDocument.Parse(ReadOnlyMemory{byte}, JsonDocumentOptions)"/> of the same bytes, in turns, on one thread.</summary>
internal static class Validation
{
    private const double BudgetMicros = 8;

    public static void Measure(Settings settings, Report report)
    {
        using (var corpus = Corpus.Read(settings))
        {
            report.Title($"validate, {corpus}");
            var resources = corpus.Documents.SelectMany(
                document => document.Resources.Select(range => (ReadOnlyMemory<byte>)document.Json.AsMemory()[range]));
            double micros = Compare(settings, report, [.. resources]);
            report.Budget($"validation of a resource, {corpus.Name}", micros, "us", BudgetMicros, atMost: true);
        }
        if (!File.Exists(settings.Examples))
        {
            report.Line($"   official examples: {settings.Examples} is not there");
            return;
        }
        var examples = Lines(Corpus.Unpack(File.ReadAllBytes(settings.Examples)));
        report.Title($"validate, {examples.Count:N0} official examples");
        Compare(settings, report, examples);
    }

    private static double Compare(Settings settings, Report report, List<ReadOnlyMemory<byte>> resources)
    {
        var scanner = new FhirScanner();
        int valid = 0;
        var ours = new List<Figure>();
        var peers = new List<Figure>();
        for (int round = 0; round <= settings.Rounds; round++)
        {
            valid = 0;
            var scan = Run(resources, resource => valid += scanner.Scan(resource).IsValid ? 1 : 0);
            var parse = Run(resources, resource => JsonDocument.Parse(resource).Dispose());
            if (round == 0)
                continue;
            ours.Add(scan);
            peers.Add(parse);
        }
        double micros = Report.Median(ours.Select(figure => figure.Micros));
        double peer = Report.Median(peers.Select(figure => figure.Micros));
        report.Line($"   {valid:N0} of {resources.Count:N0} valid, {resources.Average(resource => resource.Length):N0} bytes on average");
        report.Line($"   our scan            {micros,7:N2} us  {Report.Median(ours.Select(figure => figure.Allocated)),7:N0} B each");
        report.Line($"   JsonDocument.Parse  {peer,7:N2} us  {Report.Median(peers.Select(figure => figure.Allocated)),7:N0} B each");
        report.Line($"   ours : JsonDocument.Parse {Report.Median(ours.Zip(peers, (a, b) => a.Micros / b.Micros)):F2}");
        return micros;
    }

    private readonly record struct Figure(double Micros, double Allocated);

    private static Figure Run(List<ReadOnlyMemory<byte>> resources, Action<ReadOnlyMemory<byte>> work)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long before = Stopwatch.GetTimestamp();
        foreach (var resource in resources)
            work(resource);
        double micros = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
        return new Figure(micros / resources.Count, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)resources.Count);
    }

    private static List<ReadOnlyMemory<byte>> Lines(byte[] text)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        for (int start = 0, end; start < text.Length; start = end + 1)
        {
            end = Array.IndexOf(text, (byte)'\n', start);
            end = end < 0 ? text.Length : end;
            if (end > start)
                lines.Add(text.AsMemory(start, end - start));
        }
        return lines;
    }
}

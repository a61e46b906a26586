using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests;

public class Probe(ITestOutputHelper output)
{
    [Fact]
    public void Examples()
    {
        var scanner = new FhirScanner();
        int bad = 0, n = 0;
        foreach (var line in RealData.OfficialExamples)
        {
            n++;
            var s = scanner.Scan(line);
            if (s.IsValid) continue;
            bad++;
            output.WriteLine($"{s.Type}/{s.Id}: " + string.Join("; ", s.Issues.Take(4).Select(x => $"{x.Rule} at {x.Location} c{x.Column} {x.Message}")));
        }
        output.WriteLine($"{bad} of {n}");
    }

    [Fact]
    public void Synthea()
    {
        var scanner = new FhirScanner();
        var seen = new Dictionary<string, int>();
        long n = 0;
        foreach (var file in RealData.Files("synthea", "*.json.gz"))
        {
            var s = scanner.Scan(RealData.Read(file));
            n += s.Bundle?.Entries.Count ?? 0;
            foreach (var x in s.Issues)
            {
                string k = $"{x.Rule} {System.Text.RegularExpressions.Regex.Replace(x.Location, "\\d+", "n")} {x.Message}";
                seen[k] = seen.GetValueOrDefault(k) + 1;
            }
        }
        foreach (var (k, v) in seen) output.WriteLine($"{v} {k}");
        output.WriteLine($"{n} entries");
    }
}

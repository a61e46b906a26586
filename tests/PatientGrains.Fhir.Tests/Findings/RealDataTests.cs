using System.Globalization;
using PatientGrains.Core.Screening;
using PatientGrains.Fhir.Tests.Mutations;
using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests.Findings;

public class RealDataTests(ITestOutputHelper output)
{
    /// <summary>
    /// All observations of the table's variables are measured but two: mean arterial pressures with the system of units and no unit. The
    /// 2 cultures and 24 drugs are of the few patients who were in intensive care.
    /// </summary>
    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void Synthea_gives_these_findings_and_doubts()
    {
        var scanner = new FhirScanner();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string path in RealData.Files("synthea", "*.json.gz"))
        {
            foreach (var entry in scanner.Scan(RealData.Read(path)).Bundle!.Entries)
            {
                foreach (var finding in FhirFindings.Of(entry.Resource!.Type, entry.Resource.Source.Span, ObservationTests.Now))
                {
                    string name = Name(finding);
                    counts[name] = counts.GetValueOrDefault(name) + 1;
                }
            }
        }
        string text = string.Concat(counts.Select(x => string.Create(CultureInfo.InvariantCulture, $"{x.Key} {x.Value}\n")));
        output.WriteLine(text);
        Assert.Equal(File.ReadAllText(RealData.InRepository("tests/PatientGrains.Fhir.Tests/Findings/synthea.txt")), text);
    }

    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void No_official_example_and_no_mutation_of_one_makes_it_throw()
    {
        string[] types =
            ["Observation", "DiagnosticReport", "Specimen", "MedicationAdministration", "MedicationRequest", "Encounter", "Patient"];
        var scanner = new FhirScanner();
        var random = new Random(20261122);
        int findings = 0, tried = 0;
        foreach (byte[] example in RealData.OfficialExamples.Where(x => x.Length < 30_000))
        {
            string type = scanner.Scan(example).Type;
            findings += FhirFindings.Of(type, example, ObservationTests.Now).Length;
            if (!types.Contains(type))
                continue;
            foreach (var kind in MutationKinds.All)
            {
                if (kind.Break(example, random) is { } mutation)
                    _ = FhirFindings.Of(type, mutation.Broken, ObservationTests.Now);
            }
            for (int i = 0; i < 200; i++, tried++)
            {
                byte[] damaged = example[..random.Next(example.Length + 1)];
                for (int changes = random.Next(4); changes > 0 && damaged.Length > 0; changes--)
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(32, 127);
                _ = FhirFindings.Of(types[random.Next(types.Length)], damaged, ObservationTests.Now);
            }
        }
        output.WriteLine($"{findings} findings in the examples, {tried} damaged bodies");
        Assert.True(findings > 20);
    }

    private static string Name(Finding finding) => finding switch
    {
        Measured x => $"measured {x.Variable}",
        Doubted x => $"doubted {x.Variable} {x.Doubt}",
        Given x => $"given {x.Drug}",
        _ => finding.GetType().Name.ToLowerInvariant(),
    };
}

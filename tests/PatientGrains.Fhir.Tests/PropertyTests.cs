using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FsCheck;
using FsCheck.Fluent;
using PatientGrains.Core.Tests;

namespace PatientGrains.Fhir.Tests;

public class PropertyTests
{
    private static readonly string[] _pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"",
            "\\", "\\u00", "\\ud83d", "\\ude00", "null", "true", "-", "0", "1.5e", "12", " ", "\n", "é", "\"resourceType\"",
            "\"Patient\"", "\"Bundle\"", "\"entry\"", "\"name\"", "\"_name\"", "\"id\"",
        "\"extension\"", "\"url\"", "\"div\"", "\"<div>\"", "{\"resourceType\":\"Patient\",",
            "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":",
    ];

    [Fact]
    public void A_scan_never_throws_and_never_takes_what_is_no_JSON()
    {
        var scanner = new FhirScanner();
        var pieces = Gen.Elements(_pieces).ArrayOf().Select(x => Encoding.UTF8.GetBytes(string.Concat(x)));
        var bytes = Gen.OneOf(ArbMap.Default.GeneratorFor<byte[]>(), pieces);
        Check.One(Drawn.Cases(), Prop.ForAll(bytes.ToArbitrary(), x => Agrees(scanner, x)));
    }

    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void Damaged_resources_are_read_as_JSON_exactly_as_the_platforms_own_reader_reads_them()
    {
        var scanner = new FhirScanner();
        var random = new Random(4711);
        foreach (byte[] example in RealData.OfficialExamples.Where((x, i) => i % 3 == 0 && x.Length < 20_000))
        {
            for (int round = 0; round < 12; round++)
                Assert.True(Agrees(scanner, Damage(example, random)));
        }
    }

    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void Every_beginning_of_a_resource_is_refused()
    {
        var scanner = new FhirScanner();
        foreach (byte[] example in RealData.OfficialExamples.Where((x, i) => i % 40 == 0 && x.Length < 6_000))
        {
            for (int length = 0; length < example.Length; length++)
                Assert.False(scanner.Scan(example.AsMemory(0, length)).IsValid);
        }
    }

    [Fact]
    public void Any_text_survives_as_it_was_sent()
    {
        var scanner = new FhirScanner();
        Check.One(Drawn.Cases(), Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), text =>
        {
            string clean = string.Concat(text.Get.EnumerateRunes().Where(x => x.Value >= 32));
            if (clean.Length == 0)
                return true;
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(new { resourceType = "Patient", id = "a", name =
                new[] { new { text = clean } } });
            var scanned = scanner.Scan(json);
            var finished = scanned.Finish("a");
            string found = "";
            foreach (var term in finished.Terms)
                found = Encoding.UTF8.GetString(term.First);
            return finished.Body.Span.SequenceEqual(json) && found == clean;
        }));
    }

    private static byte[] Damage(byte[] example, Random random)
    {
        byte[] damaged = [.. example];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(damaged.Length);
            switch (random.Next(4))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << random.Next(7));
                    break;
                case 1:
                    damaged = [.. damaged[..at], .. damaged[(at + 1)..], (byte)' '];
                    break;
                case 2:
                    damaged = [.. damaged[..at], (byte)"{}[],:\"\\0-.eEtfn \n"[random.Next(18)], .. damaged[at..]];
                    break;
                default:
                    damaged = damaged[..Math.Max(1, at)];
                    break;
            }
        }
        return damaged;
    }

    /// <summary>What System.Text.Json refuses, the scan refuses; what it takes, the scan does not call broken JSON.</summary>
    private static bool Agrees(FhirScanner scanner, byte[] bytes)
    {
        var scanned = scanner.Scan(bytes);
        bool fatal = scanned.Issues.Any(x => x.Severity == FhirSeverity.Fatal);
        if (!Utf8.IsValid(bytes))
            return fatal && !scanned.IsValid;
        bool isJson = true;
        try
        {
            JsonDocument.Parse(bytes).Dispose();
        }
        catch (JsonException)
        {
            isJson = false;
        }
        bool broken = scanned.Issues.Any(x => x.Rule is "json" or "trailing" or "bom" or "surrogate" or "depth");
        bool isObject = isJson && JsonDocument.Parse(bytes).RootElement.ValueKind == JsonValueKind.Object;
        return isJson ? !isObject || !scanned.Issues.Any(x => x.Rule is "json" or "trailing") : broken && !scanned.IsValid;
    }
}

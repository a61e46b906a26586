using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests;

/// <summary>HL7's own examples for R4 4.0.1: each is accepted, or stands in the table with the element and the rule of the standard that
/// it breaks.</summary>
public class OfficialExamplesTests(ITestOutputHelper output)
{
    /// <summary>Example, rule, location of the first violation, and why it is one; each was looked up in the definitions by hand.</summary>
    private static readonly (string Example, string Rule, string Location, string Why)[] _exceptions =
    [
        ("ActivityDefinition/blood-tubes-supply", "txt-2", "ActivityDefinition.text.div", "the div holds white space only"),
        ("ActivityDefinition/heart-valve-replacement", "txt-2", "ActivityDefinition.text.div", "the div holds white space only"),
        ("Bundle/10bb101f-a121-4264-a920-67be9cb82c74", "fullurl", "Bundle.entry[2].fullUrl",
            "fullUrl ends in Patient/pat12, the resource's id is pat2"),
        ("Bundle/3a0707d3-549e-4467-b8b8-5a2ab3800efe", "fullurl", "Bundle.entry[3].fullUrl",
            "fullUrl ends in Patient/pat12, the resource's id is pat2"),
        ("Bundle/lri-example", "fullurl", "Bundle.entry[1].fullUrl",
            "fullUrl ends in Observation/lri-gramstain1, the resource's id is gramstain1"),
        ("DeviceMetric/example", "reference-target", "DeviceMetric.parent", "a DeviceDefinition where only a Device may be"),
        ("DeviceUseStatement/example", "reference-target", "DeviceUseStatement.reasonReference[0]",
            "a Procedure; allowed are Condition, Observation, DiagnosticReport, DocumentReference, Media"),
        ("EventDefinition/example", "txt-2", "EventDefinition.text.div", "the div holds white space only"),
        ("ImplementationGuide/fhir", "reference-format", "ImplementationGuide.manifest.resource[11904].reference.reference",
            "an id of 70 characters; name and status, both 1..1, are missing too"),
        ("MedicationRequest/medrx0301", "reference-target", "MedicationRequest.dispenseRequest.performer",
            "a Practitioner where only an Organization may be"),
        ("Observation/clinical-gender", "reference-target", "Observation.performer[0]",
            "an Encounter; allowed are people, roles, teams and organizations"),
        ("Questionnaire/qs1", "cardinality-min", "Questionnaire.item[0].item[0]", "linkId is 1..1"),
        ("Questionnaire/zika-virus-exposure-assessment", "txt-2", "Questionnaire.text.div", "a pre that holds white space only"),
    ];

    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void Every_official_example_is_accepted_or_breaks_the_rule_that_the_table_cites()
    {
        var scanner = new FhirScanner();
        var types = new HashSet<string>();
        var found = new HashSet<string>();
        int accepted = 0;
        int refused = 0;
        foreach (byte[] line in RealData.OfficialExamples)
        {
            var scanned = scanner.Scan(line);
            types.Add(scanned.Type);
            if (scanned.IsValid)
            {
                accepted++;
                continue;
            }
            refused++;
            string name = $"{scanned.Type}/{scanned.Id}";
            var first = scanned.Issues[0];
            Assert.Contains(_exceptions, x => x.Example == name && x.Rule == first.Rule && x.Location == first.Location);
            found.Add(name);
        }
        output.WriteLine($"{accepted} of {accepted + refused} official examples of {types.Count} types accepted, {refused} refused:");
        foreach (var (example, rule, location, why) in _exceptions)
            output.WriteLine($"  {example}: {rule} at {location}: {why}");
        Assert.Equal(_exceptions.Length, found.Count);
        Assert.Equal(978, accepted + refused);
    }

    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void HL7s_own_definitions_are_accepted()
    {
        var scanner = new FhirScanner();
        int resources = 0;
        foreach (string file in RealData.Files("fhir-r4", "*.json.gz"))
        {
            var scanned = scanner.Scan(RealData.Read(file));
            Assert.True(scanned.IsValid, Path.GetFileName(file) + Show(scanned));
            resources += scanned.Bundle?.Entries.Count ?? 1;
        }
        output.WriteLine($"{resources} definitions accepted");
    }

    [RealDataFact("audit/ihe-balp", "IHE BALP 1.1.5")]
    public void Every_AuditEvent_of_IHE_BALP_is_accepted()
    {
        var scanner = new FhirScanner();
        foreach (string file in RealData.Files("audit/ihe-balp", "AuditEvent-*.json"))
        {
            var scanned = scanner.Scan(File.ReadAllBytes(file));
            Assert.True(scanned.IsValid, Path.GetFileName(file) + Show(scanned));
        }
    }

    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void A_finished_example_scanned_again_has_no_issues_and_the_same_terms()
    {
        var scanner = new FhirScanner();
        foreach (byte[] line in RealData.OfficialExamples)
        {
            var scanned = scanner.Scan(line);
            if (!scanned.IsValid)
                continue;
            var finished = scanned.Finish("a-new.id", link => link.Text.StartsWith("urn:", StringComparison.Ordinal)
                || link.Text.StartsWith('#') ? null : link.Text);
            var again = scanner.Scan(finished.Body);
            Assert.True(again.IsValid, scanned.Type + Show(again));
            Assert.Equal("a-new.id", again.Id);
            var twice = again.Finish("a-new.id");
            Assert.True(finished.Body.Span.SequenceEqual(twice.Body.Span));
            Assert.True(finished.Terms.Bytes.Span.SequenceEqual(twice.Terms.Bytes.Span), scanned.Type + "/" + scanned.Id);
            Assert.Equal(finished.Meta, twice.Meta);
        }
    }

    internal static string Show(ScannedResource scanned) =>
        string.Concat(scanned.Issues.Take(5).Select(x => $"\n  {x.Rule} at {x.Location}: {x.Message}"));
}

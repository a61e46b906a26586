using System.Text;
using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests;

public class SyntheaTests(ITestOutputHelper output)
{
    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void Every_Synthea_resource_is_accepted_names_its_patient_and_keeps_its_bytes()
    {
        var scanner = new FhirScanner();
        int entries = 0;
        int ofPatients = 0;
        foreach (string file in RealData.Files("synthea", "*.json.gz"))
        {
            byte[] bytes = RealData.Read(file);
            var scanned = scanner.Scan(bytes);
            Assert.True(scanned.IsValid, Path.GetFileName(file) + OfficialExamplesTests.Show(scanned));
            string? patient = scanned.Bundle!.Entries.FirstOrDefault(x => x.Resource!.Type == "Patient")?.FullUrl;
            foreach (var entry in scanned.Bundle.Entries)
            {
                entries++;
                var resource = entry.Resource!;
                Assert.Equal(resource.Type, entry.Url!.Split('?')[0]);
                Assert.Equal(FhirTypes.CanBelongToPatient(resource.Type) && resource.Type is not ("Patient" or "Device" or "Provenance")
                    ? patient : null, resource.Type is "Device" or "Provenance" ? null : resource.PatientReference);
                ofPatients += resource.PatientReference is null ? 0 : 1;
                if (entries % 10 == 0)
                    Assert.True(resource.Finish(resource.Id!).Body.Span.SequenceEqual(resource.Source.Span));
            }
        }
        output.WriteLine($"{entries} resources accepted, {ofPatients} name their patient");
        Assert.Equal(92114, entries);
    }

    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void A_resource_alone_gives_what_it_gives_in_its_Bundle()
    {
        var scanner = new FhirScanner();
        var bundle = scanner.Scan(RealData.Read(RealData.Files("synthea", "*.json.gz")[5])).Bundle!;
        foreach (var entry in bundle.Entries)
        {
            var alone = scanner.Scan(entry.Resource!.Source.ToArray());
            Assert.True(alone.IsValid);
            Assert.Equal(entry.Resource.PatientReference, alone.PatientReference);
            Assert.Equal(entry.Resource.Links.Select(x => (x.Offset, x.Length, x.Kind, x.Text)),
                alone.Links.Select(x => (x.Offset, x.Length, x.Kind, x.Text)));
            Assert.True(entry.Resource.Finish("x").Terms.Bytes.Span.SequenceEqual(alone.Finish("x").Terms.Bytes.Span));
        }
    }

    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void References_of_a_transaction_are_replaced_and_nothing_else()
    {
        var scanner = new FhirScanner();
        var bundle = scanner.Scan(RealData.Read(RealData.Files("synthea", "*.json.gz")[7])).Bundle!;
        var places = bundle.Entries.ToDictionary(x => x.FullUrl!, x => $"{x.Resource!.Type}/{x.Resource.Id}");
        foreach (var entry in bundle.Entries)
        {
            var finished = entry.Resource!.Finish("new", link => places.GetValueOrDefault(link.Text));
            string expected = Encoding.UTF8.GetString(entry.Resource.Source.Span).Replace($"\"id\": \"{entry.Resource.Id}\"",
                "\"id\": \"new\"", StringComparison.Ordinal);
            foreach (var (url, place) in places)
                expected = expected.Replace($"\"reference\": \"{url}\"", $"\"reference\": \"{place}\"", StringComparison.Ordinal);
            Assert.Equal(expected, Encoding.UTF8.GetString(finished.Body.Span));
        }
    }
}

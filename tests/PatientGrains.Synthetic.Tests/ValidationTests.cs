using System.Text;
using PatientGrains.Fhir;

namespace PatientGrains.Synthetic.Tests;

/// <summary>Our own validator accepts everything that is generated, in every form.</summary>
public class ValidationTests
{
    private readonly FhirScanner _scanner = new();
    private int _scanned;

    [Fact]
    public void Every_form_of_a_population_is_valid()
    {
        var options = new SyntheticOptions { Seed = 23, Patients = 200, Years = 10 };
        Valid(SyntheticPopulation.DirectoryBundle(options));
        foreach (var resource in SyntheticPopulation.DirectoryResources(options))
            Valid(resource);
        foreach (var patient in SyntheticPopulation.Patients(options))
        {
            Valid(patient.TransactionBundle());
            foreach (var resource in patient.Resources())
                Valid(resource);
        }
        Assert.True(_scanned > 20_000);
    }

    [Fact]
    public void Every_form_of_the_sources_is_valid()
    {
        foreach (var record in SyntheticSources.People(new() { Seed = 24, Patients = 100 }).SelectMany(x => x.Records))
        {
            foreach (var bytes in record.Bundles().Concat(record.Resources()))
                Valid(bytes);
        }
        Assert.True(_scanned > 10_000);
    }

    [Fact]
    public void Every_form_of_a_ward_is_valid()
    {
        var options = new WardOptions { Seed = 25, Stays = 50, SepsisShare = 0.4, RevisionShare = 0.05 };
        foreach (var stay in SyntheticWard.Stays(options))
            Valid(stay.Registration);
        foreach (var sent in SyntheticWard.Replay(options))
            Valid(sent.Resource);
        Assert.True(_scanned > 10_000);
    }

    private void Valid(ReadOnlyMemory<byte> utf8)
    {
        var scanned = _scanner.Scan(utf8);
        Assert.True(
            scanned.IsValid && scanned.Issues.Count == 0,
            string.Join('\n', scanned.Issues.Take(5)) + "\n" + Encoding.UTF8.GetString(utf8.Span[..Math.Min(utf8.Length, 2_000)]));
        _scanned++;
    }
}

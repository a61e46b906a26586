using System.Text;
using System.Text.Json;

namespace PatientGrains.Synthetic.Tests;

public class StructureTests
{
    private static readonly Lazy<StructureCheck> Definitions = new(() => new StructureCheck());

    [FactWithDefinitions]
    public void Every_resource_of_a_population_has_the_structure_that_R4_defines()
    {
        var options = new SyntheticOptions { Seed = 17, Patients = 60, Years = 8 };
        var resources = SyntheticPopulation.DirectoryResources(options)
            .Append(SyntheticPopulation.DirectoryBundle(options))
            .Concat(SyntheticPopulation.Patients(options).SelectMany(x => x.Resources().Append(x.TransactionBundle())))
            .ToList();
        var types = resources.Select(Json.Parse).Select(x => x.Type()).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "AllergyIntolerance", "Bundle", "Condition", "DiagnosticReport", "Encounter", "Immunization", "Location",
                "MedicationRequest", "Observation", "Organization", "Patient", "Practitioner", "Procedure",
            },
            types);
        Valid(resources);
    }

    [FactWithDefinitions]
    public void Every_resource_of_the_sources_has_the_structure_that_R4_defines() =>
        Valid(SyntheticSources.People(new() { Seed = 18, Patients = 40 }).SelectMany(x => x.Records)
            .SelectMany(x => x.Bundles().Concat(x.Resources())));

    [FactWithDefinitions]
    public void Every_resource_of_a_ward_has_the_structure_that_R4_defines()
    {
        var options = new WardOptions { Seed = 19, Stays = 15, SepsisShare = 0.5, RevisionShare = 0.05 };
        Valid(SyntheticWard.Stays(options).Select(x => x.Registration));
        Valid(SyntheticWard.Replay(options).Select(x => x.Resource));
    }

    [FactWithDefinitions]
    public void The_check_itself_finds_what_is_wrong()
    {
        foreach (var (wrong, reason) in new[]
                 {
                     ("""{"resourceType":"Patient","gendr":"male"}""", "unknown"),
                     ("""{"resourceType":"Patient","gender":"man"}""", "is not in"),
                     ("""{"resourceType":"Patient","birthDate":"1990-13-01"}""", "is no date"),
                     ("""{"resourceType":"Patient","name":{"family":"X"}}""", "array or not"),
                     ("""{"resourceType":"Observation","status":"final"}""", "lacks Observation.code"),
                     ("""{"resourceType":"Patient","managingOrganization":{"reference":"Patient/1"}}""", "is no target"),
                     ("""{"resourceType":"Patient","active":true,"name":[]}""", "empty"),
                 })
            Assert.Contains(Definitions.Value.Check(Json.Parse(Encoding.UTF8.GetBytes(wrong))), x => x.Contains(reason));
    }

    private static void Valid(IEnumerable<ReadOnlyMemory<byte>> resources)
    {
        var count = 0;
        foreach (var bytes in resources)
        {
            var problems = Definitions.Value.Check(Json.Parse(bytes));
            Assert.True(problems.Count == 0, string.Join('\n', problems.Take(5)) + "\n"
                + Encoding.UTF8.GetString(bytes.Span[..Math.Min(bytes.Length, 2_000)]));
            count++;
        }
        Assert.True(count > 0);
    }
}

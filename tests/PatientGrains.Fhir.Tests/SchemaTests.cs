using System.Text;
using PatientGrains.Fhir.Generator;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests;

public class SchemaTests
{
    [RealDataFact("fhir-r4", "HL7 hl7.fhir.r4.examples 4.0.1")]
    public void The_committed_schema_is_what_the_generator_makes_of_the_definitions()
    {
        var left = new List<string>();
        string made = SchemaText.Write(Definitions.Load(Path.Combine(RealData.Folder, "fhir-r4")), left);
        Assert.Equal(made, File.ReadAllText(RealData.InRepository("src/PatientGrains.Fhir/Schema/r4.txt"), Encoding.UTF8));
        Assert.StartsWith("MolecularSequence.structureVariant.variantType: ", Assert.Single(left), StringComparison.Ordinal);
    }

    [Fact]
    public void All_concrete_resource_types_and_only_those_are_resource_types()
    {
        Assert.Equal(146, FhirTypes.ResourceTypes.Count);
        Assert.True(FhirTypes.IsResourceType("Observation"));
        Assert.True(FhirTypes.IsResourceType("Observation"u8));
        Assert.False(FhirTypes.IsResourceType("DomainResource"));
        Assert.False(FhirTypes.IsResourceType("HumanName"));
        Assert.False(FhirTypes.IsResourceType(""));
    }

    [Fact]
    public void A_name_table_finds_every_name_of_every_type_and_no_near_miss()
    {
        foreach (var type in R4.Instance.Types)
        {
            foreach (var property in type.Properties)
            {
                Assert.Equal(property.Index, type.Names.Find(property.Utf8));
                Assert.Equal(-1, type.Names.Find([.. property.Utf8, (byte)'x']));
                Assert.Equal(-1, type.Names.Find([(byte)'x', .. property.Utf8]));
                byte[] changed = [.. property.Utf8];
                changed[changed.Length / 2] ^= 1;
                Assert.Equal(-1, type.Names.Find(changed));
            }
        }
    }

    [Fact]
    public void Whom_a_resource_is_about_is_asked_before_who_else_it_names()
    {
        Assert.Equal(["subject", "performer"], FhirTypes.PatientElements("Observation"));
        Assert.Equal("beneficiary", FhirTypes.PatientElements("Coverage")[0]);
        Assert.Equal(["for"], FhirTypes.PatientElements("Task"));
        Assert.Equal(["securityContext"], FhirTypes.PatientElements("Binary"));
        Assert.True(FhirTypes.CanBelongToPatient("Patient"));
        Assert.False(FhirTypes.CanBelongToPatient("Organization"));
        Assert.Empty(FhirTypes.PatientElements("Patient"));
    }

    [Fact]
    public void Every_search_parameter_is_extracted_but_those_that_the_README_lists()
    {
        var left = FhirTypes.ResourceTypes.SelectMany(t => FhirTypes.SearchParameters(t).Select(p => (Type: t, Parameter: p)))
            .Where(x => !x.Parameter.Extracted && x.Parameter.Type < SearchParameterType.Composite && !x.Parameter.Name.StartsWith('_'))
            .Select(x => $"{x.Type}.{x.Parameter.Name}").ToList();
        Assert.Equal(["Bundle.composition", "Bundle.message", "Observation.combo-value-quantity", "Observation.component-value-quantity",
            "Observation.value-quantity"], left);
        string readme = File.ReadAllText(RealData.InRepository("src/PatientGrains.Fhir/README.md"));
        Assert.All(left, x => Assert.Contains(x, readme, StringComparison.Ordinal));
    }

    [Fact]
    public void A_search_parameter_is_found_by_type_and_name()
    {
        var code = FhirTypes.SearchParameter("Observation", "code")!;
        Assert.Equal(SearchParameterType.Token, code.Type);
        Assert.Equal("Observation.code", code.Expression);
        Assert.Equal("http://hl7.org/fhir/SearchParameter/clinical-code", code.Definition);
        Assert.NotNull(FhirTypes.SearchParameter("Observation", "_id"));
        Assert.Null(FhirTypes.SearchParameter("Observation", "cod"));
        Assert.Empty(FhirTypes.SearchParameters("Nothing"));
    }
}

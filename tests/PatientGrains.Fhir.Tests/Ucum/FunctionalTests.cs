using System.Globalization;
using System.Text;
using System.Xml.Linq;
using PatientGrains.Fhir.Generator;
using PatientGrains.Fhir.Ucum;

namespace PatientGrains.Fhir.Tests.Ucum;

/// <summary>The UCUM functional test cases of FHIR/Ucum-java; every second one, the rest is held back.</summary>
public class FunctionalTests
{
    private const string Cases = "ucum/UcumFunctionalTests.half.xml";

    private static XElement[] Section(string name) =>
        [.. XDocument.Load(Path.Combine(RealData.Folder, Cases)).Root!.Element(name)!.Elements("case")];

    private static string Text(XElement of, string name) => (string)of.Attribute(name)!;

    private static UcumUnit Unit(string code) => UnitParser.Parse(code)!;

    [RealDataFact("ucum/ucum-essence.xml", "UCUM Organization")]
    public void The_committed_units_are_what_the_generator_makes_of_the_essence() => Assert.Equal(
        UcumText.Write(Path.Combine(RealData.Folder, "ucum/ucum-essence.xml")),
        File.ReadAllText(RealData.InRepository("src/PatientGrains.Fhir/Ucum/ucum.txt"), Encoding.UTF8));

    [RealDataFact(Cases, "FHIR/Ucum-java")]
    public void Codes_are_valid_or_not_as_the_functional_tests_say()
    {
        var cases = Section("validation");
        Assert.True(cases.Length > 250);
        var wrong = cases.Where(x => FhirUnits.IsValid(Text(x, "unit")) != (Text(x, "valid") == "true"));
        Assert.Equal([], wrong.Select(x => $"{Text(x, "id")}: {Text(x, "unit")}"));
    }

    [RealDataFact(Cases, "FHIR/Ucum-java")]
    public void Values_convert_as_the_functional_tests_say()
    {
        var cases = Section("conversion");
        Assert.NotEmpty(cases);
        foreach (var x in cases)
        {
            var conversion = UnitConversion.Between(Unit(Text(x, "srcUnit")), Unit(Text(x, "dstUnit")));
            AssertAgrees(conversion!.Exactly(Rational.Parse(Text(x, "value"))), Text(x, "outcome"), Text(x, "id"));
        }
    }

    [RealDataFact(Cases, "FHIR/Ucum-java")]
    public void Quantities_multiply_and_divide_as_the_functional_tests_say()
    {
        foreach (var (x, over) in Section("multiplication").Select(x => (x, false)).Concat(Section("division").Select(x => (x, true))))
        {
            var (v1, v2) = (Rational.Parse(Text(x, "v1")), Rational.Parse(Text(x, "v2")));
            var (u1, u2) = (Unit(Text(x, "u1")), Unit(Text(x, "u2")));
            var conversion = UnitConversion.Between((over ? u1.Over(u2) : u1.Times(u2))!, Unit(Text(x, "uRes")));
            AssertAgrees(conversion!.Exactly(over ? v1 / v2 : v1 * v2), Text(x, "vRes"), Text(x, "id"));
        }
    }

    /// <summary>To the digits that the expectation has, its last one give or take one.</summary>
    private static void AssertAgrees(Rational actual, string expected, string id)
    {
        string mantissa = expected.Split('e', 'E')[0];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        int places = point < 0 ? 0 : mantissa.Length - point - 1;
        int exponent = expected.Length > mantissa.Length ? int.Parse(expected[(mantissa.Length + 1)..], CultureInfo.InvariantCulture) : 0;
        var difference = actual - Rational.Parse(expected);
        var unit = Rational.Parse($"1e{exponent - places}");
        Assert.True(Math.Abs((difference / unit).ToDouble()) <= 1, $"{id}: {actual.ToDouble()} for {expected}");
    }
}

using PatientGrains.Fhir.Ucum;

namespace PatientGrains.Fhir.Tests.Ucum;

public class UnitTests
{
    [Theory]
    [InlineData("100.4", "[degF]", "Cel", "38")]
    [InlineData("37", "Cel", "K", "310.15")]
    [InlineData("310.15", "K", "Cel", "37")]
    [InlineData("37", "Cel", "[degF]", "98.6")]
    [InlineData("-40", "Cel", "[degF]", "-40")]
    [InlineData("29.6", "[degRe]", "Cel", "37")]
    [InlineData("37000", "mCel", "Cel", "37")]
    [InlineData("1", "kPa", "mm[Hg]", "7.5006375541921")]
    [InlineData("21", "%", "1", "0.21")]
    [InlineData("5", "10*3/uL", "10*9/L", "5")]
    [InlineData("5", "10^3/mm3", "10*9/L", "5")]
    [InlineData("3600", "1/h", "Hz", "1")]
    [InlineData("72", "{beats}/min", "/min", "72")]
    [InlineData("2", "[IU]/mL", "k[iU]/L", "2")]
    [InlineData("60", "U/L", "ukat/L", "1")]
    [InlineData("1", "m/(s/s)", "m", "1")]
    [InlineData("8", "g/2/2", "g", "2")]
    [InlineData("1", "Mibit", "bit", "1048576")]
    public void Values_convert_exactly(string value, string from, string to, string expected)
    {
        Assert.True(FhirUnits.TryConvert(Number(value), from, to, out decimal converted));
        Assert.Equal(Number(expected), decimal.Round(converted, 13));
    }

    [Theory]
    [InlineData(7.4, "[pH]", "nmol/L", 39.8107)]
    [InlineData(40, "nmol/L", "[pH]", 7.39794)]
    [InlineData(3, "B[V]", "V", 31.6228)]
    [InlineData(60, "dB[SPL]", "Pa", 0.02)]
    [InlineData(100, "%[slope]", "deg", 45)]
    [InlineData(45, "deg", "[p'diop]", 100)]
    [InlineData(2, "Np", "1", 7.38906)]
    [InlineData(8, "bit_s", "1", 256)]
    public void Levels_and_slopes_convert_by_their_functions(double value, string from, string to, double expected)
    {
        Assert.True(FhirUnits.TryConvert((decimal)value, from, to, out decimal converted));
        Assert.Equal(expected, (double)converted, expected * 1e-5);
    }

    [Theory]
    [InlineData("mg/dL", "mmHg")]
    [InlineData("mg/dL", "mmol/L")]
    [InlineData("[iU]", "[arb'U]")]
    [InlineData("[iU]/L", "U/L")]
    [InlineData("Cel", "m")]
    [InlineData("Cel/min", "K/min")]
    [InlineData("Cel2", "K2")]
    [InlineData("rad", "1")]
    public void What_is_not_comparable_does_not_convert(string from, string to) => Assert.False(FhirUnits.TryConvert(1, from, to, out _));

    [Theory]
    [InlineData("")]
    [InlineData(" m")]
    [InlineData("m m")]
    [InlineData("m^2")]
    [InlineData("m**2")]
    [InlineData("(m")]
    [InlineData("m)")]
    [InlineData("()")]
    [InlineData("m//s")]
    [InlineData("m..s")]
    [InlineData("m{a")]
    [InlineData("m{a}}")]
    [InlineData("m{{a}}")]
    [InlineData("m-")]
    [InlineData("m+-2")]
    [InlineData("2m")]
    [InlineData("k[in_i]")]
    [InlineData("kmin")]
    [InlineData("mmHg")]
    [InlineData("µg")]
    [InlineData("-1")]
    [InlineData("/(/m)")]
    [InlineData("1/0")]
    [InlineData("10*999")]
    public void What_the_grammar_does_not_say_is_refused(string code) => Assert.False(FhirUnits.IsValid(code));

    [Fact]
    public void Every_atom_is_a_unit_and_converts_to_itself()
    {
        Assert.Equal(312, UnitTable.Instance.Atoms.Count());
        foreach (string atom in UnitTable.Instance.Atoms)
        {
            Assert.True(FhirUnits.TryConvert(7, atom, atom, out decimal same), atom);
            Assert.Equal(7, (double)same, 1e-9);
        }
    }

    [Fact]
    public void Any_unit_converts_there_and_back_again()
    {
        var random = new Random(20261122);
        string[] times = ["s", "min", "h", "d", "wk", "ms", "us"];
        string[] masses = ["g", "kg", "mg", "ug", "[lb_av]", "[oz_av]", "u", "t"];
        string[] volumes = ["L", "dL", "mL", "uL", "m3", "cm3", "[gal_us]", "[pt_br]", "(10.cm3)"];
        string Any() => $"{random.Next(1, 9)}.{Pick(masses)}/{Pick(volumes)}/{Pick(times)}{(random.Next(2) == 0 ? "{x}" : "")}";
        string Pick(string[] of) => of[random.Next(of.Length)];
        for (int i = 0; i < 2000; i++)
        {
            var (one, other) = (UnitParser.Parse(Any())!, UnitParser.Parse(Any())!);
            var value = Rational.Of((decimal)random.Next(1, 1_000_000) / 1000);
            var there = UnitConversion.Between(one, other)!.Exactly(value);
            Assert.Equal(value, UnitConversion.Between(other, one)!.Exactly(there));
        }
    }

    [Fact]
    public void No_text_makes_the_parser_throw_or_linger()
    {
        const string Alphabet = "m[]{}()/.*^10-+2kgHzCel% '_\u00b5";
        var random = new Random(1);
        for (int i = 0; i < 50_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            FhirUnits.IsValid(text);
        }
        Assert.False(FhirUnits.IsValid(string.Concat(Enumerable.Repeat("[pi]99.", 28)) + "[pi]"));
        Assert.False(FhirUnits.IsValid(new string('(', 100) + "m" + new string(')', 99)));
        Assert.False(FhirUnits.IsValid(new string('9', 100_000)));
    }

    private static decimal Number(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}

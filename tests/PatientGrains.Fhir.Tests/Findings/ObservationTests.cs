using System.Globalization;
using System.Text;
using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Tests.Findings;

public class ObservationTests
{
    internal static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    internal const string Ucum = "http://unitsofmeasure.org";
    private const string Time = "\"effectiveDateTime\":\"2026-11-22T11:00:00+01:00\"";

    /// <summary>An observation that R4 finds valid.</summary>
    internal static Finding[] Find(string code, string rest, string status = "final", string time = Time) => Of($$"""
        {"resourceType":"Observation","status":"{{status}}","code":{{Code(code)}},"subject":{"reference":"Patient/p"}
        {{(time.Length > 0 ? "," + time : "")}}{{(rest.Length > 0 ? "," + rest : "")}}}
        """);

    /// <summary>A concept of LOINC codes, separated by spaces.</summary>
    internal static string Code(string codes)
    {
        var codings = codes.Split(' ').Select(code => $$"""{"system":"http://loinc.org","code":"{{code}}"}""");
        return $$"""{"coding":[{{string.Join(',', codings)}}]}""";
    }

    internal static Finding[] Of(string json)
    {
        var scanned = ValidatorTests.Scan(json);
        Assert.Empty(scanned.Issues);
        return [.. FhirFindings.Of(scanned.Type, scanned.Finish("a").Body.Span, Now)];
    }

    internal static string Quantity(string value, string code, string? unit = null, string? comparator = null) =>
        $$"""
        "valueQuantity":{"value":{{value}}{{(comparator is null ? "" : $",\"comparator\":\"{comparator}\"")}},"unit":"{{unit ?? code}}",
        "system":"{{Ucum}}","code":"{{code}}"}
        """;

    [Theory]
    [InlineData("8867-4", "72", "/min", Variable.HeartRate, "72")]
    [InlineData("8867-4", "72", "{beats}/min", Variable.HeartRate, "72")]
    [InlineData("8310-5", "100.4", "[degF]", Variable.BodyTemperature, "38")]
    [InlineData("8310-5", "38.5", "Cel", Variable.BodyTemperature, "38.5")]
    [InlineData("8310-5", "311.15", "K", Variable.BodyTemperature, "38")]
    [InlineData("8480-6", "16", "kPa", Variable.SystolicPressure, "120.010201")]
    [InlineData("2703-7", "10", "kPa", Variable.ArterialOxygen, "75.006376")]
    [InlineData("59408-5", "0.97", "1", Variable.OxygenSaturation, "97")]
    [InlineData("3150-0", "40", "%", Variable.InspiredOxygenFraction, "0.4")]
    [InlineData("3150-0", "0.4", "1", Variable.InspiredOxygenFraction, "0.4")]
    [InlineData("14682-9", "88.4", "umol/L", Variable.Creatinine, "0.999981")]
    [InlineData("2160-0", "1.2", "mg/dL", Variable.Creatinine, "1.2")]
    [InlineData("2345-7", "100", "mg/dL", Variable.Glucose, "5.550622")]
    [InlineData("17861-6", "10", "mg/dL", Variable.Calcium, "2.495134")]
    [InlineData("2000-8", "5", "meq/L", Variable.Calcium, "2.5")]
    [InlineData("2823-3", "4.1", "meq/L", Variable.Potassium, "4.1")]
    [InlineData("2951-2", "140", "meq/L", Variable.Sodium, "140")]
    [InlineData("2518-9", "18", "mg/dL", Variable.Lactate, "1.998224")]
    [InlineData("1975-2", "17.1", "umol/L", Variable.Bilirubin, "0.999769")]
    [InlineData("6690-2", "12000", "/uL", Variable.Leukocytes, "12")]
    [InlineData("6690-2", "12", "10*3/uL", Variable.Leukocytes, "12")]
    [InlineData("777-3", "150", "10*9/L", Variable.Platelets, "150")]
    [InlineData("718-7", "95", "g/L", Variable.Hemoglobin, "9.5")]
    [InlineData("6301-6", "1.3", "{INR}", Variable.Inr, "1.3")]
    [InlineData("9269-2", "14", "{score}", Variable.GlasgowComaScale, "14")]
    [InlineData("2744-1", "7.32", "[pH]", Variable.ArterialPh, "7.32")]
    [InlineData("2744-1", "50", "nmol/L", Variable.ArterialPh, "7.30103")]
    [InlineData("29463-7", "180", "[lb_av]", Variable.BodyWeight, "81.646627")]
    [InlineData("9187-6", "0.4", "L", Variable.UrineOutput, "400")]
    public void A_quantity_is_measured_in_the_canonical_unit(string loinc, string value, string unit, Variable variable, string expected)
    {
        var measured = Assert.IsType<Measured>(Assert.Single(Find(loinc, Quantity(value, unit))));
        Assert.Equal((variable, decimal.Parse(expected, CultureInfo.InvariantCulture)), (measured.Variable, measured.Value));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero), measured.At);
        Assert.Equal(TimeSpan.Zero, measured.At.Offset);
        Assert.Null(measured.From);
        Assert.False(measured.IsPreliminary);
    }

    [Theory]
    [InlineData(Doubt.NoTime, "8867-4", "72", "/min", "")]
    [InlineData(Doubt.NoTime, "8867-4", "72", "/min", "\"issued\":\"2026-11-22T11:00:00Z\"")]
    [InlineData(Doubt.NoTime, "8867-4", "72", "/min", "\"effectiveDateTime\":\"2026-11\"")]
    [InlineData(Doubt.NoTime, "8867-4", "72", "/min", "\"effectiveDateTime\":\"2026\"")]
    [InlineData(Doubt.NoTime, "8867-4", "72", "/min", "\"effectivePeriod\":{\"start\":\"2026-11-22T11:00:00Z\"}")]
    [InlineData(Doubt.NoTime, "8867-4", "72", "/min", "\"effectiveTiming\":{\"event\":[\"2026-11-22T11:00:00Z\"]}")]
    [InlineData(Doubt.FutureTime, "8867-4", "72", "/min", "\"effectiveDateTime\":\"2026-11-22T13:00:01Z\"")]
    [InlineData(Doubt.FutureTime, "8867-4", "72", "/min", "\"effectiveDateTime\":\"2062-11-22T13:00:01Z\"")]
    [InlineData(Doubt.WrongUnit, "8867-4", "72", "mg/dL")]
    [InlineData(Doubt.WrongUnit, "2823-3", "7.4", "mg/dL")]
    [InlineData(Doubt.WrongUnit, "2951-2", "300", "mg/dL")]
    [InlineData(Doubt.WrongUnit, "8867-4", "72", "bpm")]
    [InlineData(Doubt.WrongUnit, "6690-2", "12", "mmol/L")]
    [InlineData(Doubt.WrongUnit, "2160-0", "2", "meq/L")]
    [InlineData(Doubt.WrongUnit, "6301-6", "100", "%")]
    [InlineData(Doubt.WrongUnit, "9269-2", "15", "/min")]
    [InlineData(Doubt.WrongUnit, "2345-7", "300", "mosm/L")]
    [InlineData(Doubt.WrongUnit, "9187-6", "50", "mL/h")]
    [InlineData(Doubt.WrongUnit, "3150-0", "0.4", "L/min")]
    [InlineData(Doubt.Implausible, "8867-4", "720", "/min")]
    [InlineData(Doubt.Implausible, "8867-4", "-72", "/min")]
    [InlineData(Doubt.Implausible, "8310-5", "98.6", "Cel")]
    [InlineData(Doubt.Implausible, "8310-5", "37", "[degF]")]
    [InlineData(Doubt.Implausible, "8310-5", "38.5", "K")]
    [InlineData(Doubt.Implausible, "59408-5", "97", "1")]
    [InlineData(Doubt.Implausible, "3150-0", "40", "1")]
    [InlineData(Doubt.Implausible, "2160-0", "1e30", "mg/dL")]
    [InlineData(Doubt.Implausible, "9269-2", "13.5", "{score}")]
    [InlineData(Doubt.Implausible, "9269-2", "2", "{score}")]
    [InlineData(Doubt.UnknownCode, "80288-4", "2", "{score}")]
    [InlineData(Doubt.AmbiguousCode, "8867-4 9279-1", "72", "/min")]
    public void A_bad_observation_is_doubted_for_its_reason_and_never_measured(
        Doubt doubt, string loinc, string value, string unit, string time = Time)
    {
        var doubted = Assert.IsType<Doubted>(Assert.Single(Find(loinc, Quantity(value, unit), time: time)));
        Assert.Equal(doubt, doubted.Doubt);
        Assert.Equal($"{value} {unit}", doubted.Written);
    }

    [Theory]
    [InlineData(Doubt.NoValue, "", null)]
    [InlineData(Doubt.NoValue, "\"valueQuantity\":{\"code\":\"/min\",\"system\":\"http://unitsofmeasure.org\"}", "/min")]
    [InlineData(Doubt.NoUnit, "\"valueQuantity\":{\"value\":72}", "72")]
    [InlineData(Doubt.NoUnit, "\"valueInteger\":72", "72")]
    [InlineData(Doubt.NoUnit, "\"valueString\":\"72 /min\"", "72 /min")]
    [InlineData(Doubt.WrongUnit, "\"valueQuantity\":{\"value\":72,\"unit\":\"beats/minute\"}", "72 beats/minute")]
    [InlineData(Doubt.WrongUnit, "\"valueQuantity\":{\"value\":72,\"unit\":\"beats\",\"system\":\"http://x\",\"code\":\"/min\"}",
        "72 /min")]
    [InlineData(Doubt.WrongUnit,
        "\"valueQuantity\":{\"value\":72,\"unit\":\"/h\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"/min\"}", "72 /min")]
    [InlineData(Doubt.Bounded, "\"valueQuantity\":{\"value\":40,\"comparator\":\"<\",\"unit\":\"/min\"}", "<40 /min")]
    [InlineData(Doubt.Bounded, "\"valueRange\":{\"low\":{\"value\":70,\"unit\":\"/min\"}}", "valueRange")]
    [InlineData(Doubt.UnknownCode, "\"valueCodeableConcept\":{\"text\":\"fast\"}", "fast")]
    [InlineData(Doubt.NoValue, "\"valuePeriod\":{\"start\":\"2026\"}", "valuePeriod")]
    public void What_is_no_clear_value_is_doubted(Doubt doubt, string value, string? written)
    {
        var doubted = Assert.IsType<Doubted>(Assert.Single(Find("8867-4", value)));
        Assert.Equal((Variable.HeartRate, doubt, written), (doubted.Variable, doubted.Doubt, doubted.Written));
    }

    [Theory]
    [InlineData("entered-in-error")]
    [InlineData("cancelled")]
    [InlineData("registered")]
    [InlineData("unknown")]
    public void What_has_no_result_says_nothing(string status) => Assert.Empty(Find("8867-4", Quantity("72", "/min"), status));

    [Fact]
    public void Preliminary_results_are_marked_and_corrected_ones_are_not()
    {
        Assert.True(((Measured)Find("8867-4", Quantity("72", "/min"), "preliminary")[0]).IsPreliminary);
        Assert.False(((Measured)Find("8867-4", Quantity("72", "/min"), "corrected")[0]).IsPreliminary);
        Assert.False(((Measured)Find("8867-4", Quantity("72", "/min"), "amended")[0]).IsPreliminary);
    }

    [Theory]
    [InlineData("\"effectiveInstant\":\"2026-11-22T12:59:59.5Z\"", "2026-11-22T12:59:59.5Z", null)]
    [InlineData("\"effectiveDateTime\":\"2026-11-22\"", "2026-11-22T00:00:00Z", null)]
    [InlineData("\"effectivePeriod\":{\"start\":\"2026-11-22T04:00:00Z\",\"end\":\"2026-11-22T10:00:00Z\"}", "2026-11-22T10:00:00Z",
        "2026-11-22T04:00:00Z")]
    [InlineData("\"effectivePeriod\":{\"end\":\"2026-11-22T10:00:00Z\"}", "2026-11-22T10:00:00Z", null)]
    [InlineData("\"effectivePeriod\":{\"start\":\"2026-11-22T04:00:00Z\",\"end\":\"2026-11-22\"}", "2026-11-22T04:00:00Z",
        "2026-11-22T04:00:00Z")]
    public void The_time_is_when_it_held(string time, string at, string? from)
    {
        var measured = Assert.IsType<Measured>(Assert.Single(Find("9187-6", Quantity("300", "mL"), time: time)));
        Assert.Equal(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), measured.At);
        Assert.Equal(from is null ? null : DateTimeOffset.Parse(from, CultureInfo.InvariantCulture), measured.From);
    }

    [Fact]
    public void Urine_of_24_hours_sums_up_24_hours_whether_it_says_so_or_not()
    {
        var measured = Assert.IsType<Measured>(Assert.Single(Find("9192-6", Quantity("1500", "mL"))));
        Assert.Equal(measured.At.AddHours(-24), measured.From);
    }

    [Theory]
    [InlineData("\"valueQuantity\":{\"value\":7.1,\"unit\":\"mmol/l\"}", "7.1")]
    [InlineData("\"valueQuantity\":{\"value\":126,\"unit\":\"mg/dl\",\"system\":\"http://unitsofmeasure.org\"}", "6.993783")]
    [InlineData("\"valueQuantity\":{\"value\":7.1,\"unit\":\"mmol/L\",\"system\":\"http://snomed.info/sct\",\"code\":\"258813002\"}",
        "7.1")]
    public void The_units_text_counts_when_it_is_UCUM(string value, string expected) =>
        Assert.Equal(decimal.Parse(expected, CultureInfo.InvariantCulture), ((Measured)Assert.Single(Find("15074-8", value))).Value);

    [Fact]
    public void Scores_and_ratios_need_no_unit()
    {
        Assert.Equal(15, ((Measured)Assert.Single(Find("9269-2", "\"valueInteger\":15"))).Value);
        Assert.Equal(1.1m, ((Measured)Assert.Single(Find("6301-6", "\"valueQuantity\":{\"value\":1.1}"))).Value);
        Assert.Equal(7.4m, ((Measured)Assert.Single(Find("2744-1", "\"valueQuantity\":{\"value\":7.4,\"unit\":\"pH\"}"))).Value);
        Assert.Equal(Doubt.NoUnit, ((Doubted)Assert.Single(Find("3150-0", "\"valueQuantity\":{\"value\":0.4}"))).Doubt);
    }

    [Fact]
    public void Several_codes_of_one_variable_are_one_value() =>
        Assert.Equal(97, ((Measured)Assert.Single(Find("2708-6 59408-5", Quantity("97", "%")))).Value);

    [Fact]
    public void A_value_that_the_source_says_is_absent_is_no_doubt() => 
        Assert.Empty(Find("8867-4", "\"dataAbsentReason\":{\"text\":\"not performed\"}"));

    [Fact]
    public void What_is_no_variable_of_ours_says_nothing()
    {
        Assert.Empty(Find("72514-3", Quantity("3", "{score}")));
        Assert.Empty(Of("""
            {"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://example.org","code":"8867-4"}]},
            "effectiveDateTime":"2026-11-22","valueQuantity":{"value":72,"unit":"/min"}}
            """));
        Assert.Empty(Of("""{"resourceType":"Observation","status":"final","code":{"text":"8867-4"}}"""));
    }

    [Fact]
    public void What_was_written_is_cut_at_a_hundred_characters()
    {
        string unit = string.Concat(Enumerable.Repeat("\ud83e\ude78", 99));
        var doubted = (Doubted)Assert.Single(Find("8867-4", $$"""
            "valueQuantity":{"value":7,"unit":"{{unit}}"}
            """));
        Assert.InRange(doubted.Written!.Length, 98, 100);
        Assert.Equal(doubted.Written, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(doubted.Written)));
    }
}

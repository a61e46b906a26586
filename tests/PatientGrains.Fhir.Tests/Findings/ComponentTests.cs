using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Tests.Findings;

public class ComponentTests
{
    private static string Component(string loinc, string value) => $$"""{"code":{{ObservationTests.Code(loinc)}},{{value}}}""";

    private static (Variable, decimal)[] Values(Finding[] found) => [.. found.Select(x => (Measured)x).Select(x => (x.Variable, x.Value))];

    [Fact]
    public void A_blood_pressure_panel_gives_its_pressures() => Assert.Equal(
        [(Variable.SystolicPressure, 107), (Variable.DiastolicPressure, 60), (Variable.MeanArterialPressure, 76)],
        Values(ObservationTests.Find("85354-9", $"""
            "component":[{Component("8480-6", ObservationTests.Quantity("107", "mm[Hg]"))},
            {Component("8462-4", ObservationTests.Quantity("60", "mm[Hg]"))},
            {Component("8478-0", ObservationTests.Quantity("76", "mm[Hg]"))}]
            """)));

    [Fact]
    public void A_saturation_gives_its_oxygen_too() => Assert.Equal(
        [(Variable.OxygenSaturation, 93), (Variable.OxygenFlow, 6), (Variable.InspiredOxygenFraction, 0.4m)],
        Values(ObservationTests.Find("59408-5 2708-6", $"""
            {ObservationTests.Quantity("93", "%")},"component":[
            {Component("3151-8", ObservationTests.Quantity("6", "L/min"))},
            {Component("3150-0", ObservationTests.Quantity("40", "%"))}]
            """)));

    [Fact]
    public void A_coma_scale_panel_gives_its_total_and_not_its_parts() => Assert.Equal(
        [(Variable.GlasgowComaScale, 14)],
        Values(ObservationTests.Find("35088-4", $"""
            "component":[{Component("9267-6", "\"valueInteger\":4")},{Component("9270-0", "\"valueInteger\":4")},
            {Component("9268-4", "\"valueInteger\":6")},{Component("9269-2", "\"valueInteger\":14")}]
            """)));

    [Fact]
    public void Each_component_is_doubted_for_itself()
    {
        var found = ObservationTests.Find("85354-9", $"""
            "component":[{Component("8480-6", ObservationTests.Quantity("1070", "mm[Hg]"))},
            {Component("8462-4", ObservationTests.Quantity("60", "mm[Hg]"))},
            {Component("8478-0", "\"dataAbsentReason\":"+"{\"text\":\"x\"}")}]
            """);
        Assert.Equal(Doubt.Implausible, Assert.IsType<Doubted>(found[0]).Doubt);
        Assert.Equal(60, Assert.IsType<Measured>(found[1]).Value);
        Assert.Equal(2, found.Length);
    }

    [Fact]
    public void A_ventilators_setting_says_that_there_is_one() => Assert.Equal(
        [(Variable.InspiredOxygenFraction, 0.5m), (Variable.MechanicalVentilation, 1)],
        Values(ObservationTests.Find("19994-3", ObservationTests.Quantity("50", "%"))));

    [Theory]
    [InlineData("http://snomed.info/sct", "248234008", 0)]
    [InlineData("http://snomed.info/sct", "130987000", 1)]
    [InlineData("http://snomed.info/sct", "300202002", 2)]
    [InlineData("http://snomed.info/sct", "450847001", 3)]
    [InlineData("http://snomed.info/sct", "422768004", 4)]
    [InlineData("http://loinc.org", "LA9340-6", 0)]
    [InlineData("http://loinc.org", "LA6560-2", 1)]
    [InlineData("http://loinc.org", "LA17108-4", 2)]
    [InlineData("http://loinc.org", "LA17107-6", 3)]
    [InlineData("http://loinc.org", "LA9343-0", 4)]
    public void Consciousness_counts_by_ACVPU(string system, string code, decimal expected) => Assert.Equal(
        [(Variable.Consciousness, expected)],
        Values(ObservationTests.Find("67775-7", Concept((system, code)))));

    [Fact]
    public void Answers_that_contradict_each_other_or_are_not_known_are_doubted()
    {
        string[] answers =
        [
            Concept(("http://loinc.org", "LA9340-6"), ("http://snomed.info/sct", "422768004")),
            Concept(("http://loinc.org", "248234008")),
            Concept(("http://snomed.info/sct", "248234007")),
            "\"valueString\":\"alert\"",
            "\"valueBoolean\":true",
        ];
        var doubts = answers.Select(x => ((Doubted)Assert.Single(ObservationTests.Find("80288-4", x))).Doubt);
        Assert.Equal([Doubt.UnknownCode, Doubt.UnknownCode, Doubt.UnknownCode, Doubt.UnknownCode, Doubt.NoValue], doubts);
    }

    [Theory]
    [InlineData("\"valueBoolean\":true", 1)]
    [InlineData("\"valueBoolean\":false", 0)]
    [InlineData("\"valueCodeableConcept\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"373066001\"}]}", 1)]
    [InlineData("\"valueCodeableConcept\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"722742002\"}]}", 0)]
    public void Supplemental_oxygen_is_yes_or_no(string value, decimal expected) => Assert.Equal(
        [(Variable.SupplementalOxygen, expected)],
        Values(ObservationTests.Of($$"""
            {"resourceType":"Observation","status":"final","effectiveDateTime":"2026-11-22T10:00:00Z",
            "code":{"coding":[{"system":"http://snomed.info/sct","code":"371825009"}]},{{value}}}
            """)));

    private static string Concept(params (string System, string Code)[] codings) => $$"""
        "valueCodeableConcept":{"coding":[{{string.Join(',', codings.Select(x => $$"""{"system":"{{x.System}}","code":"{{x.Code}}"}"""))}}]}
        """;
}

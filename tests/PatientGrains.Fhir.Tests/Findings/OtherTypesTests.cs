using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Tests.Findings;

/// <summary>Drugs, cultures, stays and births.</summary>
public class OtherTypesTests
{
    private const string Atc = "http://www.whocc.no/atc";
    private const string RxNorm = "http://www.nlm.nih.gov/research/umls/rxnorm";
    private static readonly DateTimeOffset Ten = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static string Drug(string system, string code) =>
        $$"""
        "medicationCodeableConcept":{"coding":[{"system":"{{system}}","code":"{{code}}"}]}
        """;

    private static Finding[] Given(string drug, string rest = "\"effectiveDateTime\":\"2026-11-22T10:00:00Z\"",
        string status = "completed") => ObservationTests.Of($$"""
            {"resourceType":"MedicationAdministration","status":"{{status}}",{{drug}},"subject":{"reference":"Patient/p"},{{rest}}}
            """);

    private static Finding[] Ordered(string drug, string rest = "\"authoredOn\":\"2026-11-22T10:00:00Z\"", string status = "active",
        string intent = "order") => ObservationTests.Of($$"""
            {"resourceType":"MedicationRequest","status":"{{status}}","intent":"{{intent}}",{{drug}},
            "subject":{"reference":"Patient/p"},{{rest}}}
            """);

    [Theory]
    [InlineData(Atc, "J01CR05", Core.Screening.Drug.Antimicrobial)]
    [InlineData(Atc, "J02AC01", Core.Screening.Drug.Antimicrobial)]
    [InlineData(Atc, "J04AB02", Core.Screening.Drug.Antimicrobial)]
    [InlineData(Atc, "J05AB01", Core.Screening.Drug.Antimicrobial)]
    [InlineData(RxNorm, "11124", Core.Screening.Drug.Antimicrobial)]
    [InlineData("http://snomed.info/sct", "372735009", Core.Screening.Drug.Antimicrobial)]
    [InlineData(Atc, "C01CA03", Core.Screening.Drug.Norepinephrine)]
    [InlineData(RxNorm, "3992", Core.Screening.Drug.Epinephrine)]
    [InlineData(RxNorm, "3628", Core.Screening.Drug.Dopamine)]
    [InlineData(Atc, "C01CA07", Core.Screening.Drug.Dobutamine)]
    [InlineData(Atc, "H01BA01", Core.Screening.Drug.OtherVasopressor)]
    public void A_drug_that_was_given_is_known_by_its_code(string system, string code, Drug expected) =>
        Assert.Equal(new Given { Drug = expected, At = Ten }, Assert.Single(Given(Drug(system, code))));

    [Theory]
    [InlineData(Atc, "D06AX01")]
    [InlineData(Atc, "S01AA01")]
    [InlineData(Atc, "J07BB01")]
    [InlineData(Atc, "J01")]
    [InlineData(RxNorm, "J01CR05")]
    [InlineData("http://example.org", "11124")]
    public void What_is_no_systemic_antimicrobial_or_vasopressor_says_nothing(string system, string code) =>
        Assert.Empty(Given(Drug(system, code)));

    [Theory]
    [InlineData("not-done")]
    [InlineData("entered-in-error")]
    [InlineData("unknown")]
    public void What_was_not_given_says_nothing(string status) => Assert.Empty(Given(Drug(Atc, "J01CR05"), status: status));

    [Theory]
    [InlineData("\"rateQuantity\":{\"value\":0.1,\"system\":\"http://unitsofmeasure.org\",\"code\":\"ug/kg/min\"}", 0.1)]
    [InlineData("\"rateQuantity\":{\"value\":6,\"system\":\"http://unitsofmeasure.org\",\"code\":\"ug/kg/h\"}", 0.1)]
    [InlineData("\"rateQuantity\":{\"value\":0.0001,\"unit\":\"mg/(kg.min)\"}", 0.1)]
    [InlineData("\"rateRatio\":{\"numerator\":{\"value\":60,\"unit\":\"ug/kg\"},\"denominator\":{\"value\":10,\"unit\":\"min\"}}", 6.0)]
    [InlineData("\"rateRatio\":{\"numerator\":{\"value\":60,\"unit\":\"ug/kg\"},\"denominator\":{\"value\":0,\"unit\":\"min\"}}", null)]
    [InlineData("\"rateRatio\":{\"numerator\":{\"value\":60,\"unit\":\"ug/kg\"},\"denominator\":{\"unit\":\"min\"}}", null)]
    [InlineData("\"rateQuantity\":{\"value\":8,\"unit\":\"ug/min\"}", null)]
    [InlineData("\"rateQuantity\":{\"value\":8,\"unit\":\"mL/h\"}", null)]
    [InlineData("\"rateQuantity\":{\"value\":8,\"unit\":\"/min\"}", null)]
    [InlineData("\"rateQuantity\":{\"value\":800,\"unit\":\"ug/kg/min\"}", null)]
    public void A_vasopressors_rate_is_said_per_weight_and_time_or_not_at_all(string rate, double? expected)
    {
        string rest = "\"effectivePeriod\":{\"start\":\"2026-11-22T10:00:00Z\"},\"dosage\":{" + rate + "}";
        var given = Assert.IsType<Given>(Assert.Single(Given(Drug(Atc, "C01CA03"), rest, "in-progress")));
        Assert.Equal((decimal?)expected, given.RateMcgPerKgMin);
        Assert.True(given.IsRunning);
        Assert.Null(given.Until);
    }

    [Fact]
    public void What_has_ended_does_not_run()
    {
        var given = Assert.IsType<Given>(Assert.Single(Given(Drug(Atc, "C01CA03"), """
            "effectivePeriod":{"start":"2026-11-22T08:00:00Z","end":"2026-11-22T10:00:00Z"}
            """)));
        Assert.Equal((Ten.AddHours(-2), (DateTimeOffset?)Ten, false), (given.At, given.Until, given.IsRunning));
    }

    [Fact]
    public void A_contained_medication_is_looked_at_and_one_elsewhere_is_not()
    {
        const string Contained = """
            "contained":[{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"http://www.whocc.no/atc","code":"J01XA01"}]}}],
            "medicationReference":{"reference":"#m"}
            """;
        Assert.Equal(Core.Screening.Drug.Antimicrobial, Assert.IsType<Given>(Assert.Single(Given(Contained))).Drug);
        Assert.Empty(Given("\"medicationReference\":{\"reference\":\"Medication/m\"}"));
    }

    [Fact]
    public void What_acts_where_it_is_put_is_no_systemic_treatment()
    {
        const string Time = "\"effectiveDateTime\":\"2026-11-22T10:00:00Z\",";
        string Route(string code) => $$$"""
            "dosage":{"dose":{"value":1},"route":{"coding":[{"system":"http://snomed.info/sct","code":"{{{code}}}"}]}}
            """;
        Assert.Empty(Given(Drug(RxNorm, "11124"), Time + Route("54485002")));
        Assert.Single(Given(Drug(RxNorm, "11124"), Time + Route("47625008")));
    }

    [Fact]
    public void An_antimicrobial_that_is_ordered_counts_and_a_vasopressor_does_not()
    {
        Assert.Equal(new Given { Drug = Core.Screening.Drug.Antimicrobial, At = Ten }, Assert.Single(Ordered(Drug(Atc, "J01CR05"))));
        Assert.Single(Ordered(Drug(Atc, "J01CR05"), status: "completed", intent: "original-order"));
        Assert.Empty(Ordered(Drug(Atc, "C01CA03")));
    }

    [Theory]
    [InlineData("stopped", "order", "")]
    [InlineData("cancelled", "order", "")]
    [InlineData("on-hold", "order", "")]
    [InlineData("draft", "order", "")]
    [InlineData("entered-in-error", "order", "")]
    [InlineData("active", "proposal", "")]
    [InlineData("active", "plan", "")]
    [InlineData("active", "order", ",\"doNotPerform\":true")]
    public void What_is_no_standing_order_says_nothing(string status, string intent, string more) =>
        Assert.Empty(Ordered(Drug(Atc, "J01CR05"), "\"authoredOn\":\"2026-11-22T10:00:00Z\"" + more, status, intent));

    [Theory]
    [InlineData("\"authoredOn\":\"2026-11-22T13:00:01Z\"")]
    [InlineData("\"authoredOn\":\"2026-11\"")]
    [InlineData("\"note\":[{\"text\":\"x\"}]")]
    public void An_order_without_a_time_that_can_be_says_nothing(string time) => Assert.Empty(Ordered(Drug(Atc, "J01CR05"), time));

    [Theory]
    [InlineData("registered", "600-7", 1)]
    [InlineData("preliminary", "630-4", 1)]
    [InlineData("final", "6463-4", 1)]
    [InlineData("cancelled", "600-7", 0)]
    [InlineData("entered-in-error", "600-7", 0)]
    [InlineData("final", "58410-2", 0)]
    public void A_report_of_a_culture_says_when_it_was_taken(string status, string loinc, int count) => Assert.Equal(
        Enumerable.Repeat(new Cultured { At = Ten }, count),
        ObservationTests.Of($$"""
            {"resourceType":"DiagnosticReport","status":"{{status}}","code":{{ObservationTests.Code(loinc)}},
            "effectiveDateTime":"2026-11-22T10:00:00Z","issued":"2026-11-22T11:00:00Z"}
            """));

    [Fact]
    public void A_culture_as_observation_or_specimen_counts_and_without_a_time_it_does_not()
    {
        Assert.Equal(new Cultured { At = Ten }, Assert.Single(ObservationTests.Find("600-7", "\"valueString\":\"none\"")));
        Assert.Empty(ObservationTests.Find("600-7", "\"valueString\":\"none\"", time: ""));
        const string Specimen = """
            {"resourceType":"Specimen","type":{"coding":[{"system":"http://snomed.info/sct","code":"446131002"}]}
            """;
        Assert.Equal(
            new Cultured { At = Ten },
            Assert.Single(ObservationTests.Of(Specimen + ",\"collection\":{\"collectedDateTime\":\"2026-11-22T10:00:00Z\"}}")));
        Assert.Empty(ObservationTests.Of(Specimen + "}"));
        Assert.Empty(ObservationTests.Of("""{"resourceType":"Specimen","collection":{"collectedDateTime":"2026-11-22T10:00:00Z"}}"""));
    }

    [Fact]
    public void An_encounter_says_in_which_units_the_patient_lay()
    {
        var found = ObservationTests.Of("""
            {"resourceType":"Encounter","status":"in-progress","class":{"code":"IMP"},"period":{"start":"2026-11-20T10:00:00Z"},"location":[
            {"location":{"reference":"Location/er"},"status":"completed","period":{"end":"2026-11-21T10:00:00Z"}},
            {"location":{"reference":"Location/icu-3","display":"ICU 3"},"status":"active","period":{"start":"2026-11-22T10:00:00Z"}},
            {"location":{"display":"Ward 7"},"status":"planned"},{"location":{"display":"Ward 8"}}]}
            """);
        Assert.Equal(
            [
                new Placed { Unit = "Location/er", From = Ten.AddDays(-2), Until = Ten.AddDays(-1) },
                new Placed { Unit = "Location/icu-3", From = Ten },
                new Placed { Unit = "Ward 8", From = Ten.AddDays(-2) },
            ],
            found);
        Assert.Empty(ObservationTests.Of("""
            {"resourceType":"Encounter","status":"planned","class":{"code":"IMP"},"period":{"start":"2026-11-20"},"location":[
            {"location":{"reference":"Location/er"}}]}
            """));
    }

    [Theory]
    [InlineData("\"birthDate\":\"1950-02-03\"", 3, false)]
    [InlineData("\"birthDate\":\"1950-02\",\"deceasedBoolean\":false", 1, false)]
    [InlineData("\"birthDate\":\"1950-02\",\"deceasedBoolean\":true", 1, true)]
    [InlineData("\"deceasedDateTime\":\"2026\",\"birthDate\":\"1950-02-03\"", 3, true)]
    public void A_patient_is_born_on_the_first_day_that_may_be_meant(string member, int day, bool deceased) => Assert.Equal(
        new Born { On = new DateOnly(1950, 2, day), IsDeceased = deceased },
        Assert.Single(ObservationTests.Of($$"""{"resourceType":"Patient",{{member}}}""")));

    [Theory]
    [InlineData("\"deceasedBoolean\":true")]
    [InlineData("\"deceasedDateTime\":\"2026-11-20\",\"gender\":\"female\"")]
    public void A_death_is_told_without_a_birth_date(string member) => Assert.Equal(
        new Born { On = null, IsDeceased = true }, Assert.Single(ObservationTests.Of($$"""{"resourceType":"Patient",{{member}}}""")));

    [Fact]
    public void A_patient_of_whom_neither_is_said_has_no_finding() =>
        Assert.Empty(ObservationTests.Of("""{"resourceType":"Patient","deceasedBoolean":false}"""));
}

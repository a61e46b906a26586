using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests;

/// <summary>KDIGO 2012, chapter 2.1: definition and stages.</summary>
public class KdigoTests
{
    private const double Minute = 1.0 / 60;

    [Theory]
    [InlineData("1.0", "1.29", 0)]
    [InlineData("1.0", "1.3", 1)]
    [InlineData("0.5", "0.74", 0)]
    [InlineData("0.5", "0.75", 1)]
    [InlineData("1.0", "1.9", 1)]
    [InlineData("1.0", "1.99", 1)]
    [InlineData("1.0", "2.0", 2)]
    [InlineData("1.0", "2.9", 2)]
    [InlineData("1.0", "3.0", 3)]
    [InlineData("3.7", "3.99", 0)]
    [InlineData("3.8", "4.0", 0)]
    [InlineData("3.7", "4.0", 3)]
    [InlineData("2.6", "3.9", 1)]
    public void Creatinine_gives_the_stage(string before, string now, int stage)
    {
        var course = new Course().Measure(Variable.Creatinine, decimal.Parse(before), -24)
            .Measure(Variable.Creatinine, decimal.Parse(now), 0);
        var said = Say(course, 0);
        Assert.Equal((stage, SeverityOf(stage)), (said.Score, said.Severity));
        if (stage == 0)
        {
            Assert.Empty(said.Criteria);
            return;
        }
        Assert.Equal([(stage, Course.Key(2)), ((int?)null, Course.Key(1))], said.Criteria.Select(met => (met.Points, met.Key)));
        var met = said.Criteria[0];
        Assert.Equal((decimal.Parse(now), "mg/dL", Variable.Creatinine, Course.At(0)), (met.Value, met.Unit, met.Variable, met.At));
    }

    [Theory]
    [InlineData(-48, 1)]
    [InlineData(-48 - Minute, 0)]
    public void A_rise_of_a_third_of_a_milligram_takes_at_most_48_hours(double before, int stage) =>
        Assert.Equal(stage, Say(new Course().Measure(Variable.Creatinine, 1.0m, before).Measure(Variable.Creatinine, 1.3m, 0), 0).Score);

    [Fact]
    public void A_rise_to_one_and_a_half_takes_at_most_7_days_from_the_lowest_value()
    {
        var course = new Course().Measure(Variable.Creatinine, 1.0m, -168).Measure(Variable.Creatinine, 1.4m, -50)
            .Measure(Variable.Creatinine, 1.5m, 0);
        Assert.Equal(1, Say(course, 0).Score);
        Assert.Equal("creatinine >= 1.5 times baseline within 7 days", Say(course, 0).Criteria[0].Name);
        Assert.Equal(Course.Key(1), Say(course, 0).Criteria[1].Key);

        var older = new Course().Measure(Variable.Creatinine, 1.0m, -168 - Minute).Measure(Variable.Creatinine, 1.4m, -50)
            .Measure(Variable.Creatinine, 1.5m, 0);
        Assert.Equal(0, Say(older, 0).Score);
    }

    [Fact]
    public void The_first_creatinine_of_a_patient_is_no_acute_injury()
    {
        var said = Say(new Course().Measure(Variable.Creatinine, 9, 0), 0);
        Assert.Equal((null, false), (said.Score, said.IsMet));
        Assert.Equal([Variable.Creatinine, Variable.UrineOutput, Variable.BodyWeight], said.Missing.ToArray());
        Assert.False(Say(new Course(), 0).IsMet);
    }

    [Fact]
    public void The_newest_creatinine_stands_for_48_hours_and_recovers_by_a_lower_one()
    {
        var course = new Course().Measure(Variable.Creatinine, 1.0m, -24).Measure(Variable.Creatinine, 2.0m, 0);
        Assert.True(Say(course, 48).IsMet);
        Assert.False(Say(course, 48 + Minute).IsMet);
        Assert.False(Say(course.Measure(Variable.Creatinine, 1.2m, 30), 30).IsMet);
    }

    [Fact]
    public void A_rise_in_micromoles_is_not_lost_to_digits()
    {
        // 26.5 umol/L is the guideline's own translation of 0.3 mg/dL.
        const decimal MilligramPerMicromole = 0.011312m;
        var course = new Course().Measure(Variable.Creatinine, 100m * MilligramPerMicromole, -24)
            .Measure(Variable.Creatinine, 126.5m * MilligramPerMicromole, 0);
        Assert.Equal(1, Say(course, 0).Score);
        var less = new Course().Measure(Variable.Creatinine, 100m * MilligramPerMicromole, -24)
            .Measure(Variable.Creatinine, 126m * MilligramPerMicromole, 0);
        Assert.Equal(0, Say(less, 0).Score);
    }

    // 80 kg: 0.5 mL/kg/h is 40 mL/h, 0.3 is 24 mL/h.
    [Theory]
    [InlineData(6, "40", 0)]
    [InlineData(6, "39.9", 1)]
    [InlineData(11, "1", 1)]
    [InlineData(12, "40", 0)]
    [InlineData(12, "39.9", 2)]
    [InlineData(12, "0.1", 2)]
    [InlineData(12, "0", 3)]
    [InlineData(23, "23.9", 2)]
    [InlineData(24, "24", 2)]
    [InlineData(24, "23.9", 3)]
    public void Urine_gives_the_stage_by_weight_and_time(int hours, string perHour, int stage)
    {
        var course = new Course().Measure(Variable.BodyWeight, 80, -100);
        for (int hour = 0; hour < hours; hour++)
            course.Measure(Variable.UrineOutput, decimal.Parse(perHour), -hour, from: -hour - 1);
        var said = Say(course, 0);
        Assert.Equal((stage, SeverityOf(stage)), (said.Score, said.Severity));
        if (stage > 0)
            Assert.Equal([(stage, Course.Key(2)), ((int?)null, Course.Key(1))], said.Criteria.Select(met => (met.Points, met.Key)));
    }

    [Fact]
    public void Urine_without_weight_or_for_less_than_6_hours_says_nothing()
    {
        var noWeight = Say(new Course().Measure(Variable.UrineOutput, 0, 0, from: -24), 0);
        Assert.Equal((null, false), (noWeight.Score, noWeight.IsMet));
        Assert.Contains(Variable.BodyWeight, noWeight.Missing);
        var brief = Say(new Course().Measure(Variable.BodyWeight, 80, 0).Measure(Variable.UrineOutput, 0, 0, from: -5.9), 0);
        Assert.Equal((null, false), (brief.Score, brief.IsMet));
        Assert.Contains(Variable.UrineOutput, brief.Missing);
    }

    [Fact]
    public void The_worse_of_creatinine_and_urine_is_the_stage_and_both_are_named()
    {
        var course = new Course().Measure(Variable.BodyWeight, 80, 0).Measure(Variable.UrineOutput, 200, 0, from: -12)
            .Measure(Variable.Creatinine, 1, -24).Measure(Variable.Creatinine, 1.4m, 0);
        var said = Say(course, 0);
        Assert.Equal((2m, Severity.Warning), (said.Score, said.Severity));
        Assert.Equal([1, 2], said.Criteria.Where(met => met.Points is not null).Select(met => met.Points!.Value));
        Assert.Empty(said.Missing);
    }

    [Fact]
    public void A_late_baseline_and_a_corrected_creatinine_change_the_answer()
    {
        var course = new Course().Measure(Variable.Creatinine, 2, 0);
        Assert.False(Say(course, 0).IsMet);
        Assert.Equal(2, Say(course.Measure(Variable.Creatinine, 1, -100), 0).Score);
        Assert.Equal(0, Say(course.Correct(2, Variable.Creatinine, 1.9m, -100), 0).Score);
        Assert.Null(Say(course.Delete(2), 0).Score);
    }

    private static Severity? SeverityOf(int stage) => stage switch
    {
        1 => Severity.Notice,
        2 => Severity.Warning,
        3 => Severity.Urgent,
        _ => null,
    };

    private static Assessment Say(Course course, double at) => ScreeningRules.Find("kdigo")!.Assess(course.Chart, Course.At(at));
}

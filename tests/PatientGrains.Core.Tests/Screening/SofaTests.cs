using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests;

/// <summary>Vincent 1996, and table 1 of Singer 2016: both sides of every limit.</summary>
public class SofaTests
{
    private const double Now = 0;

    [Theory]
    [InlineData(Variable.Platelets, "150", 0)]
    [InlineData(Variable.Platelets, "149.9", 1)]
    [InlineData(Variable.Platelets, "100", 1)]
    [InlineData(Variable.Platelets, "99.9", 2)]
    [InlineData(Variable.Platelets, "50", 2)]
    [InlineData(Variable.Platelets, "49.9", 3)]
    [InlineData(Variable.Platelets, "20", 3)]
    [InlineData(Variable.Platelets, "19.9", 4)]
    [InlineData(Variable.Bilirubin, "1.1", 0)]
    [InlineData(Variable.Bilirubin, "1.2", 1)]
    [InlineData(Variable.Bilirubin, "1.9", 1)]
    [InlineData(Variable.Bilirubin, "1.99", 1)]
    [InlineData(Variable.Bilirubin, "2.0", 2)]
    [InlineData(Variable.Bilirubin, "5.9", 2)]
    [InlineData(Variable.Bilirubin, "6.0", 3)]
    [InlineData(Variable.Bilirubin, "11.9", 3)]
    [InlineData(Variable.Bilirubin, "12.0", 4)]
    [InlineData(Variable.MeanArterialPressure, "70", 0)]
    [InlineData(Variable.MeanArterialPressure, "69.9", 1)]
    [InlineData(Variable.MeanArterialPressure, "30", 1)]
    [InlineData(Variable.GlasgowComaScale, "15", 0)]
    [InlineData(Variable.GlasgowComaScale, "14", 1)]
    [InlineData(Variable.GlasgowComaScale, "13", 1)]
    [InlineData(Variable.GlasgowComaScale, "12", 2)]
    [InlineData(Variable.GlasgowComaScale, "10", 2)]
    [InlineData(Variable.GlasgowComaScale, "9", 3)]
    [InlineData(Variable.GlasgowComaScale, "6", 3)]
    [InlineData(Variable.GlasgowComaScale, "5", 4)]
    [InlineData(Variable.Creatinine, "1.1", 0)]
    [InlineData(Variable.Creatinine, "1.2", 1)]
    [InlineData(Variable.Creatinine, "1.9", 1)]
    [InlineData(Variable.Creatinine, "2.0", 2)]
    [InlineData(Variable.Creatinine, "3.4", 2)]
    [InlineData(Variable.Creatinine, "3.5", 3)]
    [InlineData(Variable.Creatinine, "4.9", 3)]
    [InlineData(Variable.Creatinine, "5.0", 4)]
    public void Each_cell_begins_where_the_table_says(Variable variable, string value, int points)
    {
        var said = Say(new Course().Measure(variable, decimal.Parse(value), Now));
        Assert.Equal(points, said.Score);
        if (points == 0)
        {
            Assert.Empty(said.Criteria);
            return;
        }
        var met = Assert.Single(said.Criteria);
        Assert.Equal((variable, decimal.Parse(value), points), (met.Variable, met.Value, met.Points));
        Assert.Equal((Variables.Of(variable).Unit, 1), (met.Unit, met.Version));
        Assert.Equal((Course.Key(1), Course.At(Now)), (met.Key, met.At));
    }

    [Theory]
    [InlineData("200", "0.5", false, 0)]
    [InlineData("199.9", "0.5", false, 1)]
    [InlineData("150", "0.5", false, 1)]
    [InlineData("149.9", "0.5", false, 2)]
    [InlineData("100", "0.5", false, 2)]
    [InlineData("99.9", "0.5", false, 2)]
    [InlineData("30", "0.5", false, 2)]
    [InlineData("100", "0.5", true, 2)]
    [InlineData("99.9", "0.5", true, 3)]
    [InlineData("50", "0.5", true, 3)]
    [InlineData("49.9", "0.5", true, 4)]
    public void Oxygenation_is_a_ratio_and_its_worst_cells_need_support(string arterial, string fraction, bool isVentilated, int points)
    {
        var course = new Course().Measure(Variable.InspiredOxygenFraction, decimal.Parse(fraction), -1)
            .Measure(Variable.MechanicalVentilation, isVentilated ? 1 : 0, -2)
            .Measure(Variable.ArterialOxygen, decimal.Parse(arterial), Now);
        var said = Say(course);
        Assert.Equal(points, said.Score);
        if (points == 0)
            return;
        Assert.Equal([(points, Course.Key(3)), ((int?)null, Course.Key(1))], said.Criteria.Select(met => (met.Points, met.Key)));
        Assert.Equal(decimal.Parse(arterial) / decimal.Parse(fraction), said.Criteria[0].Value);
        Assert.Equal(points > 2, said.Criteria[0].Name.EndsWith("with respiratory support", StringComparison.Ordinal));
    }

    [Fact]
    public void Room_air_is_a_fifth_oxygen_and_an_unknown_fraction_is_no_ratio()
    {
        var roomAir = new Course().Measure(Variable.SupplementalOxygen, 0, -1).Measure(Variable.ArterialOxygen, 62.9m, Now);
        Assert.Equal(2, Say(roomAir).Score);
        Assert.Equal(1, Say(new Course().Measure(Variable.SupplementalOxygen, 0, -1).Measure(Variable.ArterialOxygen, 63m, Now)).Score);

        var unknown = Say(new Course().Measure(Variable.SupplementalOxygen, 1, -1).Measure(Variable.ArterialOxygen, 40, Now));
        Assert.Null(unknown.Score);
        Assert.Contains(Variable.InspiredOxygenFraction, unknown.Missing);
        var stale = new Course().Measure(Variable.InspiredOxygenFraction, 1, -8.1).Measure(Variable.ArterialOxygen, 40, Now);
        Assert.Null(Say(stale).Score);
    }

    [Theory]
    [InlineData(Drug.Dobutamine, "0.1", 2)]
    [InlineData(Drug.Dobutamine, "40", 2)]
    [InlineData(Drug.Dobutamine, null, 2)]
    [InlineData(Drug.Dopamine, "4.9", 2)]
    [InlineData(Drug.Dopamine, "5", 2)]
    [InlineData(Drug.Dopamine, "5.1", 3)]
    [InlineData(Drug.Dopamine, "15", 3)]
    [InlineData(Drug.Dopamine, "15.1", 4)]
    [InlineData(Drug.Dopamine, null, 2)]
    [InlineData(Drug.Epinephrine, "0.1", 3)]
    [InlineData(Drug.Epinephrine, "0.11", 4)]
    [InlineData(Drug.Epinephrine, null, 3)]
    [InlineData(Drug.Norepinephrine, "0.01", 3)]
    [InlineData(Drug.Norepinephrine, "0.1", 3)]
    [InlineData(Drug.Norepinephrine, "0.11", 4)]
    [InlineData(Drug.Norepinephrine, "0", 0)]
    [InlineData(Drug.OtherVasopressor, "0.04", 0)]
    [InlineData(Drug.Antimicrobial, null, 0)]
    public void Vasopressors_score_by_drug_and_dose(Drug drug, string? rate, int points)
    {
        var course = new Course().Measure(Variable.MeanArterialPressure, 80, Now)
            .Give(drug, at: -1, rate: rate is null ? null : decimal.Parse(rate), isRunning: true);
        var said = Say(course);
        Assert.Equal(points, said.Score);
        if (points > 0)
        {
            var met = Assert.Single(said.Criteria);
            Assert.Equal((null, rate is null ? null : decimal.Parse(rate), Course.Key(2)), (met.Variable, met.Value, met.Key));
        }
    }

    [Fact]
    public void A_dose_counts_when_it_has_run_for_an_hour_through_changes_of_rate_and_drug()
    {
        var started = new Course().Give(Drug.Norepinephrine, at: -0.9, rate: 0.3m, isRunning: true);
        Assert.Null(Say(started).Score);
        Assert.Equal(4, Say(started, at: 0.1).Score);

        var raised = new Course().Give(Drug.Norepinephrine, at: -2, until: -0.5, rate: 0.05m)
            .Give(Drug.Epinephrine, at: -0.5, rate: 0.3m, isRunning: true);
        Assert.Equal(3, Say(raised).Score);
        Assert.Equal("norepinephrine <= 0.1 ug/kg/min for at least 1 h", Say(raised).Criteria.Single().Name);
        Assert.Equal(4, Say(raised, at: 0.5).Score);

        var broken = new Course().Give(Drug.Norepinephrine, at: -1.5, until: -1, rate: 0.05m)
            .Give(Drug.Norepinephrine, at: -0.9, until: Now);
        Assert.Null(Say(broken).Score);
        Assert.Null(Say(new Course().Give(Drug.Norepinephrine, at: -5, rate: 0.3m)).Score);
    }

    [Fact]
    public void Pressure_is_derived_only_where_no_mean_was_measured_at_that_time()
    {
        var cuff = new Course().Measure(Variable.SystolicPressure, 90, Now).Measure(Variable.DiastolicPressure, 59, Now);
        var met = Say(cuff).Criteria;
        Assert.Equal("mean arterial pressure < 70 mm[Hg], derived as (systolic + 2 diastolic) / 3", met[0].Name);
        Assert.Equal((69.3m, 1, Course.Key(2)), (met[0].Value, met[0].Points, met[0].Key));
        Assert.Equal((Variable.SystolicPressure, 90m, Course.Key(1)), (met[1].Variable, met[1].Value, met[1].Key));
        Assert.Null(met[1].Points);

        Assert.Equal(0, Say(cuff.Measure(Variable.MeanArterialPressure, 75, Now)).Score);
        Assert.Equal(0, Say(new Course().Measure(Variable.SystolicPressure, 90, Now).Measure(Variable.DiastolicPressure, 60, Now)).Score);
        Assert.Null(Say(new Course().Measure(Variable.SystolicPressure, 90, -0.1).Measure(Variable.DiastolicPressure, 40, Now)).Score);
    }

    [Fact]
    public void Derived_pressures_stand_beside_measured_ones_and_the_worst_of_both_counts()
    {
        var course = new Course().Measure(Variable.MeanArterialPressure, 66, -20).Measure(Variable.MeanArterialPressure, 80, -10)
            .Measure(Variable.SystolicPressure, 100, -5).Measure(Variable.DiastolicPressure, 50, -5)
            .Measure(Variable.SystolicPressure, 120, -4).Measure(Variable.DiastolicPressure, 70, -4);
        Assert.Equal((Course.Key(4), 66.6m), (Say(course).Criteria[0].Key, Say(course).Criteria[0].Value));
        Assert.Equal((Course.Key(1), 66m), (Say(course, at: -6).Criteria[0].Key, Say(course, at: -6).Criteria[0].Value));
        Assert.Equal(1, Say(course, at: 18.9).Score);
        Assert.Equal(0, Say(course, at: 19).Score);
    }

    [Fact]
    public void Of_many_equal_values_the_newest_is_named_and_a_gap_of_more_than_a_day_ends_them()
    {
        var course = new Course();
        for (int minute = -60; minute <= 0; minute++)
            course.Measure(Variable.MeanArterialPressure, 60, minute / 60.0);
        Assert.Equal((61, 1m), (int.Parse(Say(course).Criteria.Single().Key.Id[1..]), Say(course).Score));
        Assert.Null(Say(course, at: 24).Score);
        Assert.Equal(0, Say(course.Measure(Variable.MeanArterialPressure, 80, 25), at: 25).Score);
    }

    [Theory]
    [InlineData(500, 0)]
    [InlineData(499, 3)]
    [InlineData(200, 3)]
    [InlineData(199, 4)]
    public void Urine_of_a_whole_day_scores(int millilitres, int points)
    {
        var course = new Course();
        for (int hour = 0; hour < 24; hour += 6)
            course.Measure(Variable.UrineOutput, millilitres / 4m, Now - hour, from: Now - hour - 6);
        Assert.Equal(points, Say(course).Score);
    }

    [Fact]
    public void Urine_with_a_gap_or_without_a_period_says_nothing()
    {
        var gap = new Course().Measure(Variable.UrineOutput, 10, -12, from: -24).Measure(Variable.UrineOutput, 10, Now, from: -11.9);
        Assert.Null(Say(gap).Score);
        Assert.Null(Say(new Course().Measure(Variable.UrineOutput, 10, Now)).Score);
        Assert.Null(Say(new Course().Measure(Variable.UrineOutput, 10, Now, from: -23.9)).Score);
        Assert.Equal(4, Say(new Course().Measure(Variable.UrineOutput, 210, Now, from: -26)).Score);
    }

    [Fact]
    public void Kidneys_score_by_the_worse_of_creatinine_and_urine()
    {
        var course = new Course().Measure(Variable.Creatinine, 2.5m, -3).Measure(Variable.UrineOutput, 300, Now, from: -24);
        Assert.Equal((3, Variable.UrineOutput), (Say(course).Score, Say(course).Criteria.Single().Variable));
        Assert.Equal(4, Say(course.Measure(Variable.Creatinine, 5.5m, -1)).Score);
        Assert.Equal(Variable.Creatinine, Say(course).Criteria.Single().Variable);
    }

    [Fact]
    public void The_worst_value_of_24_hours_stands_and_then_no_longer()
    {
        var course = new Course().Measure(Variable.Platelets, 40, -23).Measure(Variable.Platelets, 160, Now);
        Assert.Equal(3, Say(course, at: 0.99).Score);
        Assert.Equal(Course.Key(1), Say(course, at: 0.99).Criteria.Single().Key);
        Assert.Equal(0, Say(course, at: 1).Score);
    }

    [Fact]
    public void The_highest_score_is_24_and_nothing_is_missing()
    {
        var said = Say(Worst());
        Assert.Equal((24m, 0), (said.Score, said.Missing.Length));
        Assert.Equal([4, 4, 4, 4, 4, 4], said.Criteria.Where(met => met.Points is not null).Select(met => met.Points!.Value));
    }

    [Fact]
    public void Unknown_organs_count_nothing_and_are_listed()
    {
        var said = Say(new Course().Measure(Variable.Platelets, 90, Now));
        Assert.Equal(2, said.Score);
        Assert.Equal(
            [
                Variable.ArterialOxygen, Variable.InspiredOxygenFraction, Variable.Bilirubin, Variable.MeanArterialPressure,
                Variable.GlasgowComaScale, Variable.Creatinine,
            ], said.Missing.ToArray());
        var nothing = Say(new Course());
        Assert.Equal((null, false), (nothing.Score, nothing.IsMet));
    }

    [Fact]
    public void By_itself_it_warns_of_a_rise_of_2_between_known_days_only()
    {
        Assert.False(Say(Worst()).IsMet);
        var risen = new Course().Measure(Variable.Platelets, 160, -24).Measure(Variable.Platelets, 99, Now);
        Assert.Equal(Severity.Warning, Say(risen).Severity);
        Assert.False(Say(new Course().Measure(Variable.Platelets, 160, -24).Measure(Variable.Platelets, 100, Now)).IsMet);
        Assert.False(Say(new Course().Measure(Variable.Platelets, 160, -23.9).Measure(Variable.Platelets, 99, Now)).IsMet);

        var another = new Course().Measure(Variable.Platelets, 60, -30).Measure(Variable.Platelets, 60, Now)
            .Measure(Variable.Bilirubin, 7, Now);
        Assert.False(Say(another).IsMet);
        var twoOrgans = new Course().Measure(Variable.Platelets, 160, -30).Measure(Variable.GlasgowComaScale, 15, -30)
            .Measure(Variable.Platelets, 149, Now).Measure(Variable.GlasgowComaScale, 14, Now);
        Assert.Equal(Severity.Warning, Say(twoOrgans).Severity);
        Assert.False(Say(twoOrgans.Measure(Variable.Creatinine, 1.5m, -30).Measure(Variable.Creatinine, 1, Now)).IsMet);
    }

    [Fact]
    public void A_late_value_counts_from_when_it_held_and_a_correction_takes_its_points_away()
    {
        var course = new Course().Measure(Variable.Platelets, 99, Now);
        Assert.False(Say(course).IsMet);
        Assert.True(Say(course.Measure(Variable.Platelets, 160, -30)).IsMet);
        Assert.False(Say(course.Correct(1, Variable.Platelets, 199, Now)).IsMet);
        Assert.Equal(0, Say(course).Score);
        Assert.Null(Say(course.Delete(1)).Score);
    }

    private static Course Worst() => new Course()
        .Measure(Variable.ArterialOxygen, 40, Now).Measure(Variable.InspiredOxygenFraction, 1, Now)
        .Measure(Variable.MechanicalVentilation, 1, Now).Measure(Variable.Platelets, 5, Now).Measure(Variable.Bilirubin, 20, Now)
        .Give(Drug.Norepinephrine, at: -3, rate: 1, isRunning: true).Measure(Variable.MeanArterialPressure, 40, Now)
        .Measure(Variable.GlasgowComaScale, 3, Now).Measure(Variable.Creatinine, 9, Now);

    private static Assessment Say(Course course, double at = Now) => ScreeningRules.Find("sofa")!.Assess(course.Chart, Course.At(at));
}

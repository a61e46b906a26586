using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests;

/// <summary>Singer 2016 and Seymour 2016: the windows of suspected infection and of the rise of SOFA, and septic shock.</summary>
public class Sepsis3Tests
{
    private const double Minute = 1.0 / 60;

    // Culture first: the antimicrobial within 72 h. Antimicrobial first: the culture within 24 h (Singer 2016, Seymour 2016).
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 72, true)]
    [InlineData(0, 72 + Minute, false)]
    [InlineData(24, 0, true)]
    [InlineData(24 + Minute, 0, false)]
    public void Infection_is_suspected_by_culture_and_antimicrobial_close_enough(double culture, double antimicrobial, bool isSuspected)
    {
        double at = Math.Max(culture, antimicrobial);
        // Two points that stand all the time, so that only the suspicion decides.
        var course = new Course().Culture(culture).Give(Drug.Antimicrobial, antimicrobial);
        for (double hour = 0; hour <= at; hour += 12)
            course.Measure(Variable.Platelets, 90, hour);
        var said = Say(course, at);
        Assert.Equal(isSuspected, said.IsMet);
        if (isSuspected)
        {
            Assert.Equal(["body fluid culture", "antimicrobial", "platelets < 100 10*9/L"], said.Criteria.Select(met => met.Name));
            Assert.Equal([Course.At(culture), Course.At(antimicrobial)], said.Criteria.Take(2).Select(met => met.At));
            Assert.Equal([Course.Key(1), Course.Key(2)], said.Criteria.Take(2).Select(met => met.Key));
        }
    }

    [Fact]
    public void One_of_the_two_alone_is_no_suspicion_nor_is_what_is_yet_to_come()
    {
        Assert.Same(Assessment.None, Say(new Course().Culture(0).Measure(Variable.Platelets, 10, 0), at: 1));
        Assert.Same(Assessment.None, Say(new Course().Give(Drug.Antimicrobial, 0).Measure(Variable.Platelets, 10, 0), at: 1));
        Assert.Same(Assessment.None, Say(new Course().Culture(0).Give(Drug.Dopamine, 0).Measure(Variable.Platelets, 10, 0), at: 1));
        Assert.Same(Assessment.None, Say(new Course().Culture(0).Give(Drug.Antimicrobial, 2).Measure(Variable.Platelets, 10, 0), at: 1));
    }

    // The rise lies between 48 h before the onset and 24 h after it, whichever of the two came first.
    [Theory]
    [InlineData(-48, true)]
    [InlineData(-48 - Minute, false)]
    [InlineData(0, true)]
    [InlineData(24, true)]
    [InlineData(24 + Minute, false)]
    public void Sofa_rises_between_48_hours_before_and_24_after_the_onset(double risen, bool isMet)
    {
        // One value out of the window stands for a day: the one before the window is baseline, the one behind it comes too late.
        var course = new Course().Suspect(0).Measure(Variable.Platelets, 90, risen);
        Assert.Equal(isMet, Say(course, at: Math.Max(0, risen)).IsMet);
    }

    [Fact]
    public void The_onset_is_the_earlier_of_culture_and_antimicrobial()
    {
        var cultureFirst = new Course().Culture(0).Give(Drug.Antimicrobial, 40);
        Assert.False(Say(cultureFirst.Measure(Variable.Platelets, 90, 40), at: 40).IsMet);
        var drugFirst = new Course().Give(Drug.Antimicrobial, 0).Culture(20);
        Assert.True(Say(drugFirst.Measure(Variable.Platelets, 90, 24), at: 24).IsMet);
        Assert.False(Say(new Course().Give(Drug.Antimicrobial, 0).Culture(20).Measure(Variable.Platelets, 90, 25), at: 25).IsMet);
    }

    [Fact]
    public void A_rise_is_two_points_above_the_last_known_baseline_and_above_zero_when_none_is_known()
    {
        var course = new Course().Measure(Variable.Platelets, 90, -60).Suspect(0);
        Assert.Equal((false, 0m), Met(Say(course.Measure(Variable.Platelets, 90, 0), 0)));
        Assert.Equal((false, 1m), Met(Say(course.Measure(Variable.Platelets, 49, 0), 0)));
        Assert.Equal((true, 2m), Met(Say(course.Measure(Variable.Platelets, 19, 0), 0)));

        // Another organ, of which nothing was known, had 0.
        var other = new Course().Measure(Variable.Platelets, 90, -60).Suspect(0).Measure(Variable.Bilirubin, 2, 0);
        Assert.Equal((true, 2m), Met(Say(other, 0)));
        // The last before the window, not the lowest ever: it improved to 1 point, then stood at 3.
        var last = new Course().Measure(Variable.Platelets, 120, -200).Measure(Variable.Platelets, 40, -72).Suspect(0);
        Assert.Equal((false, 1m), Met(Say(last.Measure(Variable.Platelets, 19, 0), 0)));
    }

    [Fact]
    public void An_organ_that_got_better_makes_up_for_one_that_got_worse()
    {
        var course = new Course().Measure(Variable.Platelets, 90, -60).Suspect(0).Measure(Variable.Bilirubin, 2, 0);
        Assert.True(Say(course, 0).IsMet);
        Assert.False(Say(course.Measure(Variable.Platelets, 200, 0), 0).IsMet);
    }

    [Fact]
    public void Points_of_different_organs_add_up_while_they_stand_together()
    {
        var together = new Course().Measure(Variable.Platelets, 149, -47).Measure(Variable.GlasgowComaScale, 14, -24).Suspect(0);
        var said = Say(together, 0);
        Assert.Equal((true, 2m), Met(said));
        Assert.Equal(Course.At(-24), said.Criteria[^1].At);
        var apart = new Course().Measure(Variable.Platelets, 149, -47).Measure(Variable.GlasgowComaScale, 14, -23).Suspect(0);
        Assert.False(Say(apart, 0).IsMet);
    }

    [Fact]
    public void It_holds_through_the_window_and_then_as_long_as_the_dysfunction()
    {
        var course = new Course().Suspect(0).Measure(Variable.Platelets, 90, -10);
        Assert.True(Say(course, 13).IsMet);
        Assert.True(Say(course, 24).IsMet);
        Assert.False(Say(course, 24 + Minute).IsMet);
        course.Measure(Variable.Platelets, 90, 24);
        Assert.True(Say(course, 47).IsMet);
        Assert.False(Say(course, 48).IsMet);
    }

    [Fact]
    public void A_suspicion_lasts_a_week()
    {
        var course = new Course().Suspect(0);
        for (int hour = 0; hour <= 170; hour += 12)
            course.Measure(Variable.Platelets, 90, hour);
        Assert.True(Say(course, 168).IsMet);
        Assert.Same(Assessment.None, Say(course, 168 + Minute));
    }

    [Fact]
    public void A_second_infection_is_measured_against_what_the_first_left()
    {
        var course = new Course().Suspect(0).Measure(Variable.Platelets, 90, 0).Measure(Variable.Platelets, 90, 100)
            .Measure(Variable.Platelets, 45, 150).Suspect(150);
        Assert.Equal((true, 3m), Met(Say(course, 150)));
        // Forgotten after a week, the first leaves its baseline of 2 to the second, of which 3 is no rise.
        Assert.Equal((false, 1m), Met(Say(course.Measure(Variable.Platelets, 45, 169), 169)));
    }

    [Theory]
    [InlineData(Drug.Norepinephrine, "2.1", Severity.Critical)]
    [InlineData(Drug.Norepinephrine, "2", Severity.Urgent)]
    [InlineData(Drug.OtherVasopressor, "2.1", Severity.Critical)]
    [InlineData(Drug.Dobutamine, "2.1", Severity.Urgent)]
    [InlineData(Drug.Norepinephrine, null, Severity.Urgent)]
    public void Shock_is_sepsis_with_a_vasopressor_and_lactate_above_2(Drug drug, string? lactate, Severity severity)
    {
        var course = new Course().Suspect(0).Measure(Variable.Platelets, 90, 0).Give(drug, at: 0, rate: 0.05m, isRunning: true);
        if (lactate is not null)
            course.Measure(Variable.Lactate, decimal.Parse(lactate), 0);
        var said = Say(course, at: 0.5);
        Assert.Equal(severity, said.Severity);
        if (severity == Severity.Critical)
        {
            Assert.Equal((null, 0.05m, "ug/kg/min", Course.Key(4)), Parts(said.Criteria[^2]));
            Assert.Equal((Variable.Lactate, 2.1m, "mmol/L", Course.Key(5)), Parts(said.Criteria[^1]));
        }
    }

    [Fact]
    public void Shock_needs_the_vasopressor_to_run_and_sepsis_to_be_there()
    {
        var ended = new Course().Suspect(0).Measure(Variable.Platelets, 90, 0).Measure(Variable.Lactate, 4, 0)
            .Give(Drug.Norepinephrine, at: -3, until: -2, rate: 0.05m);
        Assert.Equal(Severity.Urgent, Say(ended, 0).Severity);
        var noInfection = new Course().Measure(Variable.Platelets, 90, 0).Measure(Variable.Lactate, 4, 0)
            .Give(Drug.Norepinephrine, at: -3, rate: 0.05m, isRunning: true);
        Assert.False(Say(noInfection, 0).IsMet);
    }

    [Fact]
    public void Late_findings_count_from_when_they_held_and_corrections_take_them_away()
    {
        // The culture is told last, the platelets turn out to be another patient's.
        var course = new Course().Measure(Variable.Platelets, 90, 1).Give(Drug.Antimicrobial, 0);
        Assert.False(Say(course, 2).IsMet);
        course.Culture(-5);
        Assert.True(Say(course, 2).IsMet);
        Assert.Equal(Course.At(-5), Say(course, 2).Criteria[0].At);
        course.Correct(1, Variable.Platelets, 190, 1);
        Assert.False(Say(course, 2).IsMet);
        course.Measure(Variable.Bilirubin, 3, 1);
        Assert.True(Say(course, 2).IsMet);
        Assert.Same(Assessment.None, Say(course.Delete(2), 2));
    }

    [Fact]
    public void What_sofa_lacks_is_listed_whether_it_is_met_or_not()
    {
        Assert.Contains(Variable.ArterialOxygen, Say(new Course().Suspect(0).Measure(Variable.Platelets, 90, 0), 0).Missing);
        Assert.Contains(Variable.Bilirubin, Say(new Course().Suspect(0).Measure(Variable.Platelets, 190, 0), 0).Missing);
    }

    [Fact]
    public void The_highest_rise_in_the_window_is_that_of_the_score_looked_at_every_hour()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var course = new Course();
            for (int i = 0; i < 30; i++)
            {
                (Variable variable, decimal low, decimal high) = random.Next(5) switch
                {
                    0 => (Variable.Platelets, 10m, 200m),
                    1 => (Variable.Bilirubin, 0m, 15m),
                    2 => (Variable.MeanArterialPressure, 50m, 100m),
                    3 => (Variable.GlasgowComaScale, 3m, 15m),
                    _ => (Variable.Creatinine, 0.5m, 6m),
                };
                course.Measure(variable, low + (high - low) * random.Next(100) / 100, random.Next(-100, 30));
            }
            course.Give(Drug.Norepinephrine, at: random.Next(-40, 0), until: random.Next(0, 20), rate: random.Next(30) / 100m);
            var before = SofaScore.Before(course.Chart, Course.At(-48.5));
            int highest = 0;
            for (int hour = -48; hour <= 24; hour++)
                highest = Math.Max(highest, SofaScore.At(course.Chart, Course.At(hour)).RiseFrom(before, isUnknownZero: true));
            var (rise, when) = SofaScore.HighestRise(course.Chart, before, Course.At(-48), Course.At(24));
            Assert.Equal(highest, rise);
            if (rise > 0)
                Assert.Equal(rise, SofaScore.At(course.Chart, when).RiseFrom(before, isUnknownZero: true));
        }
    }

    private static (bool, decimal?) Met(Assessment said) => (said.IsMet, said.Score);

    private static (Variable?, decimal?, string?, Record.ResourceKey) Parts(MetCriterion met) =>
        (met.Variable, met.Value, met.Unit, met.Key);

    private static Assessment Say(Course course, double at) => ScreeningRules.Find("sepsis3")!.Assess(course.Chart, Course.At(at));
}

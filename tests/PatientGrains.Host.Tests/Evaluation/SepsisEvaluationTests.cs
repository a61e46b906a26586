using PatientGrains.Core.Screening;
using PatientGrains.Host.Evaluation;

namespace PatientGrains.Host.Tests;

/// <summary>Figures of three hand-made stays, computed by hand beside the code.</summary>
public class SepsisEvaluationTests
{
    private const string Well = "HR=80 Resp=15 Temp=37 WBC=8";
    private const string Ill = "HR=120 Resp=30 Temp=37 WBC=8";

    /// <summary>Onset in row 12: 4 hours well, 8 hours with two criteria of SIRS, labelled from row 6.</summary>
    private static readonly string[] Septic = Psv.Lines(6, [.. Enumerable.Repeat(Well, 4), .. Enumerable.Repeat(Ill, 8)]);
    private static readonly string[] Healthy = Psv.Lines(null, Enumerable.Repeat(Well, 24));
    private static readonly string[] Alarming = Psv.Lines(null, Enumerable.Repeat(Ill, 12));

    [Fact]
    public void Figures_of_hand_made_stays_are_those_computed_by_hand()
    {
        var figures = Evaluate(Septic, Healthy, Alarming);
        Assert.Equal((3, 1, 48, 6), (figures.Stays, figures.SepticStays, figures.Hours, figures.LabelledHours));
        var sirs = figures.Rules.Single(rule => rule.Rule == "sirs");

        // Six labelled hours score 2; of 42 others 28 score 0 and 14 score 2.
        Assert.Equal((28 + 14 * 0.5) / 42, sirs.Auroc.Value!.Value, 12);
        Assert.Equal(1, sirs.HourSensitivity.Value);
        Assert.Equal(6 / 20.0, sirs.HourPpv.Value);
        Assert.Equal(1, sirs.StaySensitivity.Value);
        Assert.Equal(1 / 2.0, sirs.StayPpv.Value);
        Assert.Equal(2 / 2.0, sirs.AlertsPerPatientDay.Value);
        Assert.Equal((8, 8, 8), (sirs.LeadHours.Value, sirs.LeadFrom, sirs.LeadTo));

        // Alarms from 8 hours before the onset: 4/6 + 5/6 + 1 + (8 + 7 + 6 + 5 + 4)/9, less 12 false ones; the best adds 1/6 + 2/6 + 3/6.
        double observed = 2.5 + 30 / 9.0 - 12 * 0.05;
        double optimal = 3.5 + 30 / 9.0;
        double inaction = -2 * 15 / 9.0;
        Assert.Equal((observed - inaction) / (optimal - inaction), sirs.Utility.Value!.Value, 12);
        double always = optimal - 36 * 0.05;
        Assert.Equal((always - inaction) / (optimal - inaction), figures.AlwaysUtility!.Value, 12);
    }

    [Fact]
    public void The_same_stays_give_the_same_intervals()
    {
        var once = Evaluate(Septic, Healthy, Alarming).Rules.Single(rule => rule.Rule == "sirs");
        var again = Evaluate(Septic, Healthy, Alarming).Rules.Single(rule => rule.Rule == "sirs");
        Assert.Equal((once.Auroc, once.Utility, once.LeadHours), (again.Auroc, again.Utility, again.LeadHours));
        Assert.InRange(once.Auroc.Value!.Value, once.Auroc.Low!.Value, once.Auroc.High!.Value);
    }

    [Fact]
    public void An_alert_that_ended_long_before_the_onset_found_nothing()
    {
        // Ill for two hours, then well for 40: the onset is row 40, the window begins with row 28.
        string[] rows = [.. Enumerable.Repeat(Ill, 2), .. Enumerable.Repeat(Well, 38)];
        var sirs = Evaluate(Psv.Lines(34, rows)).Rules.Single(rule => rule.Rule == "sirs");
        Assert.Equal((0, 0), (sirs.StaySensitivity.Value, sirs.StayPpv.Value));
        Assert.Null(sirs.LeadHours.Value);
        Assert.Equal(1 / (40 / 24.0), sirs.AlertsPerPatientDay.Value!.Value, 12);
    }

    [Fact]
    public void What_a_rule_asks_for_and_never_hears_is_told()
    {
        var figures = Evaluate(Septic, Healthy, Alarming);
        Assert.Contains(Variable.BandNeutrophils, figures.Rules.Single(rule => rule.Rule == "sirs").NeverKnown);
        var sepsis = figures.Rules.Single(rule => rule.Rule == "sepsis3");
        Assert.Equal((false, null, null), (sepsis.IsEvaluable, sepsis.Auroc.Value, sepsis.StaySensitivity.Value));
        Assert.Equal((1, 0), (Fresh(Variable.HeartRate), Fresh(Variable.ArterialOxygen)));
        Assert.Contains("sirs", figures.Coverage.Single(of => of.Variable == Variable.HeartRate).AskedBy);

        double Fresh(Variable variable) => figures.Coverage.Single(of => of.Variable == variable).Fresh;
    }

    [Fact]
    public void What_the_replay_says_is_what_the_rules_say_of_the_chart()
    {
        var stay = SepsisStay.Read("p", Septic);
        var replayed = SepsisReplay.Run(stay, ScreeningRules.All);
        Assert.Equal(ScreeningRules.All.Length, replayed.Hours.Length);
        var sirs = replayed.Hours[ScreeningRules.All.IndexOf(ScreeningRules.Find("sirs")!)];
        Assert.Equal([0m, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2], sirs.Select(hour => hour.Score!.Value));
        Assert.Equal([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], sirs.Select(hour => hour.Raised));
        Assert.Equal([null, null, null, null, 4, 4, 4, 4, 4, 4, 4, 4], sirs.Select(hour => hour.OpenSince));
        Assert.Equal((48, 0), (replayed.Measured, replayed.Doubted));
    }

    private static SepsisFigures Evaluate(params string[][] stays)
    {
        var evaluation = new SepsisEvaluation(ScreeningRules.All);
        foreach (string[] lines in stays)
            evaluation.Add(SepsisReplay.Run(SepsisStay.Read("p", lines), ScreeningRules.All));
        return evaluation.Figures();
    }
}

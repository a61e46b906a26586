using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Alerts.Bedside;

namespace PatientGrains.Core.Tests.Alerts;

/// <summary>When an episode begins, grows and ends.</summary>
public class EpisodeTests
{
    private readonly Bedside _bed = new();

    private static TimeSpan Hours(double hours) => TimeSpan.FromHours(hours);

    [Fact]
    public void A_met_rule_raises_an_alert_in_the_commit_that_brought_the_value()
    {
        _bed.Say("Encounter/e", new Placed { Unit = "Location/icu", From = _bed.Now - Hours(1) });
        var raised = Assert.IsType<AlertRaised>(Assert.Single(_bed.Beats(125, "Observation/a")));
        Assert.Equal((1, 1, "heart", Severity.Warning, "Location/icu"),
            (raised.Alert, raised.Number, raised.Rule, raised.Severity, raised.Unit));
        Assert.Equal((_bed.Now, _bed.Now + Hours(1)), (raised.Reason.AssessedAt, raised.EscalatesAt!.Value));
        var criterion = Assert.Single(raised.Reason.Criteria);
        Assert.Equal((new ResourceKey("Observation", "a"), 1), (criterion.Key, criterion.Version));
        Assert.Equal(
            [typeof(ResourceStored), typeof(SubmissionAccepted), typeof(AlertRaised), typeof(AccessRecorded)],
            _bed.Last.Events.Select(happened => happened.GetType()));
    }

    [Fact]
    public void A_repeat_adds_nothing_and_worse_raises_the_level_not_the_number()
    {
        _bed.Beats(125);
        Assert.Empty(_bed.Beats(130));
        var worsened = Assert.IsType<AlertWorsened>(Assert.Single(_bed.Beats(155)));
        Assert.Equal((1, 2, Severity.Critical), (worsened.Alert, worsened.Number, worsened.Severity));
        Assert.Empty(_bed.Beats(140));
        Assert.Equal(Severity.Critical, Assert.Single(_bed.Record.Episodes.Open).Severity);
    }

    [Fact]
    public void Two_rules_have_an_episode_each()
    {
        _bed.Beats(125);
        var raised = Assert.IsType<AlertRaised>(Assert.Single(_bed.Say("Observation/l", LactateOf(5, _bed.Now))));
        Assert.Equal((2, 2, "lactate"), (raised.Alert, raised.Number, raised.Rule));
    }

    [Fact]
    public void It_closes_when_fresh_values_show_it_unmet_for_the_recovery_time()
    {
        _bed.Beats(125);
        _bed.Now += Hours(1);
        Assert.Empty(_bed.Beats(90));
        _bed.Now += Hours(1);
        Assert.Empty(_bed.Beats(91));
        _bed.Now += Hours(1);
        var closed = Assert.IsType<AlertClosed>(Assert.Single(_bed.Beats(92)));
        Assert.Equal((AlertEnd.Recovered, 1), (closed.End, closed.Alert));
        Assert.Equal(AlertStatus.Closed, Assert.Single(_bed.Record.Episodes.Ended).Status);
    }

    [Fact]
    public void A_relapse_within_the_recovery_time_keeps_it_open()
    {
        _bed.Beats(125);
        foreach (int rate in (int[])[90, 125, 90, 90])
        {
            _bed.Now += Hours(1);
            Assert.Empty(_bed.Beats(rate));
        }
        _bed.Now += Hours(1);
        Assert.IsType<AlertClosed>(Assert.Single(_bed.Beats(90)));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void It_closes_over_more_values_than_are_looked_at_unless_it_was_met_lately(bool relapses)
    {
        _bed.Beats(125);
        for (int second = 1; second <= 7201 && !_bed.Record.Episodes.Open.IsEmpty; second++)
        {
            _bed.Now += TimeSpan.FromSeconds(1);
            _bed.Beats(relapses && second is > 3600 and < 3700 ? 125 : 90);
        }
        Assert.Equal(relapses, !_bed.Record.Episodes.Open.IsEmpty);
    }

    [Fact]
    public void A_new_episode_after_the_end_has_the_next_number()
    {
        It_closes_when_fresh_values_show_it_unmet_for_the_recovery_time();
        var raised = Assert.IsType<AlertRaised>(Assert.Single(_bed.Beats(125)));
        Assert.Equal((2, 3), (raised.Alert, raised.Number));
    }

    [Fact]
    public void Another_value_that_moves_the_present_on_shows_recovery_as_well()
    {
        _bed.Say("Observation/l1", LactateOf(5, _bed.Now));
        _bed.Now += Hours(1);
        Assert.Empty(_bed.Say("Observation/l2", LactateOf(2, _bed.Now)));
        _bed.Now += Hours(1);
        var closed = Assert.IsType<AlertClosed>(Assert.Single(_bed.Beats(80)));
        Assert.Equal(("lactate", AlertEnd.Recovered), (closed.Rule, closed.End));
    }

    [Fact]
    public void Stale_values_are_no_recovery_and_close_after_a_day_without_data()
    {
        var first = _bed.Now;
        _bed.Beats(125);
        _bed.Now += Hours(12);
        Assert.Empty(_bed.Say("Observation/l", LactateOf(1, _bed.Now)));
        _bed.Do(new AcknowledgeAlert { Who = Samples.Clinician, Alert = 1 });
        Assert.Equal(first + Hours(24), _bed.Due);
        _bed.Now = first + Hours(24) - TimeSpan.FromSeconds(1);
        Assert.Empty(_bed.Wake());
        _bed.Now = first + Hours(24);
        Assert.Equal(AlertEnd.NoData, Assert.IsType<AlertClosed>(Assert.Single(_bed.Wake())).End);
        Assert.Null(_bed.Due);
    }

    [Fact]
    public void A_correction_that_removes_the_cause_withdraws_and_names_itself()
    {
        _bed.Beats(125, "Observation/a");
        var withdrawn = Assert.IsType<AlertWithdrawn>(Assert.Single(_bed.Say("Observation/a", HeartRate(75, _bed.Now))));
        Assert.Equal((new ResourceKey("Observation", "a"), 2), (withdrawn.Corrected, withdrawn.CorrectedVersion));
        var ended = Assert.Single(_bed.Record.Episodes.Ended);
        Assert.Equal((AlertStatus.Withdrawn, "Observation/a/_history/2"), (ended.Status, ended.EndedBecause));
        Assert.Null(_bed.Due);
    }

    [Fact]
    public void So_does_a_deletion_even_of_the_only_value()
    {
        _bed.Beats(125, "Observation/a");
        Assert.Equal(2, Assert.IsType<AlertWithdrawn>(Assert.Single(_bed.Remove("Observation/a"))).CorrectedVersion);
    }

    [Fact]
    public void A_correction_that_leaves_a_cause_does_not_withdraw()
    {
        _bed.Beats(125, "Observation/a");
        Assert.Empty(_bed.Say("Observation/a", HeartRate(122, _bed.Now)));
        Assert.Single(_bed.Record.Episodes.Open);
        // The third version is held against what the alert rests on, not against the second.
        Assert.IsType<AlertWithdrawn>(Assert.Single(_bed.Say("Observation/a", HeartRate(70, _bed.Now))));
    }

    [Fact]
    public void A_correction_of_a_value_that_the_alert_does_not_rest_on_changes_nothing()
    {
        _bed.Say("Observation/old", HeartRate(118, _bed.Now - Hours(1)));
        _bed.Beats(125, "Observation/a");
        Assert.Empty(_bed.Say("Observation/old", HeartRate(60, _bed.Now - Hours(1))));
    }

    [Fact]
    public void A_withdrawal_and_a_new_alert_share_a_commit_when_the_present_has_its_own_cause()
    {
        _bed.Beats(125, "Observation/a");
        _bed.Now += Hours(1);
        Assert.Empty(_bed.Beats(126, "Observation/b"));
        var news = _bed.Say("Observation/a", HeartRate(75, _bed.Now - Hours(1)));
        Assert.Equal([typeof(AlertWithdrawn), typeof(AlertRaised)], news.Select(happened => happened.GetType()));
        Assert.Equal([1, 2], news.Select(happened => happened.Alert));
        Assert.Equal([2, 3], news.Select(happened => happened.Number));
    }

    [Fact]
    public void A_late_value_older_than_the_present_alerts_nobody()
    {
        _bed.Beats(80);
        Assert.Empty(_bed.Say("Observation/late", HeartRate(170, _bed.Now - Hours(1))));
    }

    [Fact]
    public void Imported_history_alerts_nobody()
    {
        Assert.Empty(_bed.Say("Observation/a", HeartRate(170, _bed.Now - Hours(24))));
        Assert.Null(_bed.Due);
        var justYoungEnough = HeartRate(170, _bed.Now - Hours(24) + TimeSpan.FromSeconds(1));
        Assert.IsType<AlertRaised>(Assert.Single(_bed.Say("Observation/b", justYoungEnough)));
    }

    [Fact]
    public void A_value_of_the_future_waits_for_its_time()
    {
        _bed.Beats(80);
        Assert.Empty(_bed.Say("Observation/b", HeartRate(170, _bed.Now + TimeSpan.FromMinutes(30))));
        _bed.Now += Hours(1);
        var raised = Assert.IsType<AlertRaised>(Assert.Single(_bed.Say("Observation/c", HeartRate(171, _bed.Now))));
        Assert.Equal(171, raised.Reason.Score);
    }

    [Fact]
    public void What_is_doubted_alerts_nobody() =>
        Assert.Empty(_bed.Say("Observation/a", new Doubted { Variable = Variable.HeartRate, Doubt = Doubt.Implausible, Written = "900" }));

    [Fact]
    public void Who_is_known_to_be_too_young_is_not_screened_and_who_is_of_unknown_age_is()
    {
        _bed.Say("Patient/p", new Born { On = new DateOnly(2020, 1, 1) });
        Assert.Empty(_bed.Beats(170));
        Assert.Equal("lactate", Assert.Single(_bed.Say("Observation/l", LactateOf(5, _bed.Now))).Rule);
    }

    [Fact]
    public void A_birth_date_that_makes_the_rule_inapplicable_withdraws()
    {
        _bed.Beats(170);
        var withdrawn = Assert.IsType<AlertWithdrawn>(Assert.Single(_bed.Say("Patient/p", new Born { On = new DateOnly(2020, 1, 1) })));
        Assert.Equal(new ResourceKey("Patient", "p"), withdrawn.Corrected);
    }

    [Fact]
    public void A_value_of_the_year_1_does_not_stop_the_record_when_nothing_else_is_left()
    {
        var bed = new Bedside(published: true);
        var first = bed.Now - Hours(24);
        bed.Say("Observation/old", LactateOf(1, DateTimeOffset.MinValue));
        bed.Say("Observation/c", Creatinine(1, first));
        bed.Say("Observation/c2", Creatinine(1, first));
        bed.Say("Observation/a", Creatinine(2, bed.Now));
        bed.Say("Observation/b", Creatinine(2, bed.Now));
        Assert.Contains(bed.Record.Episodes.Open, open => open.Rule == "kdigo");
        foreach (string key in new[] { "c2", "b", "a", "c" })
            bed.Remove("Observation/" + key);
        bed.Now += Hours(25);
        bed.Wake();
        Assert.Empty(bed.Record.Episodes.Open);
    }

    private static Measured Creatinine(decimal mgPerDl, DateTimeOffset at) =>
        new() { Variable = Variable.Creatinine, Value = mgPerDl, At = at };

    [Fact]
    public void A_death_without_a_birth_date_closes_what_is_open()
    {
        _bed.Beats(170);
        Assert.IsType<AlertClosed>(Assert.Single(_bed.Say("Patient/p", new Born { IsDeceased = true })));
    }

    [Fact]
    public void Death_closes_what_is_open_and_nothing_is_raised_after_it()
    {
        _bed.Beats(170);
        var closed = Assert.IsType<AlertClosed>(Assert.Single(
            _bed.Say("Patient/p", new Born { On = new DateOnly(1950, 1, 1), IsDeceased = true })));
        Assert.Equal(AlertEnd.Deceased, closed.End);
        Assert.Empty(_bed.Beats(180));
        Assert.Null(_bed.Due);
    }

    [Fact]
    public void Ended_episodes_are_held_up_to_a_number()
    {
        for (int i = 0; i < Episodes.MaxEnded + 5; i++)
        {
            _bed.Beats(125, "Observation/a");
            _bed.Remove("Observation/a");
        }
        var episodes = _bed.Record.Episodes;
        Assert.Equal((Episodes.MaxEnded, Episodes.MaxEnded + 5), (episodes.Ended.Length, episodes.Count));
        Assert.Equal(episodes.Count, episodes.Ended[0].Number);
        Assert.Null(episodes.Find(1));
    }

    [Fact]
    public void An_event_about_an_episode_that_never_was_is_folded_without_complaint()
    {
        RecordFold.Evolve(_bed.Record, new AlertAcknowledged
        {
            Alert = 7, Number = 9, At = _bed.Now, Rule = "x", Severity = Severity.Notice, By = "y",
        });
        Assert.Equal((7, 9, 0), (_bed.Record.Episodes.Count, _bed.Record.Episodes.Lines, _bed.Record.Episodes.Open.Length));
    }
}

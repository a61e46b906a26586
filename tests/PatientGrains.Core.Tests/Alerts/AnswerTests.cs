using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests.Alerts;

/// <summary>Acknowledge, snooze, override; and what happens when nobody does.</summary>
public class AnswerTests
{
    private readonly Bedside _bed = new();

    private static readonly AcknowledgeAlert Acknowledge = new() { Who = Clinician, Alert = 1, Note = "on my way" };

    private static readonly SnoozeAlert Snooze = new() { Who = Clinician, Alert = 1, For = TimeSpan.FromHours(1), Reason = "in theatre" };

    private static readonly OverrideAlert Override = new() { Who = Clinician, Alert = 1, Reason = "palliative care" };

    [Fact]
    public void Nobody_comes_and_it_escalates_three_times()
    {
        _bed.Beats(140);
        for (int step = 1; step <= 3; step++)
        {
            Assert.Equal(_bed.Now + TimeSpan.FromMinutes(15), _bed.Due);
            _bed.Now += TimeSpan.FromMinutes(14);
            Assert.Empty(_bed.Wake());
            _bed.Now += TimeSpan.FromMinutes(1);
            Assert.Equal(step, Assert.IsType<AlertEscalated>(Assert.Single(_bed.Wake())).Step);
            Assert.Empty(_bed.Wake());
        }
        // What is left is the end of the episode itself.
        Assert.Equal(_bed.Alerts.First().At + TimeSpan.FromDays(1), _bed.Due);
    }

    [Fact]
    public void An_engine_that_wakes_late_escalates_once_and_not_in_a_burst()
    {
        _bed.Beats(140);
        _bed.Now += TimeSpan.FromHours(5);
        Assert.Equal(1, Assert.IsType<AlertEscalated>(Assert.Single(_bed.Wake())).Step);
        Assert.Equal(_bed.Now + TimeSpan.FromMinutes(15), _bed.Due);
    }

    [Fact]
    public void A_notice_never_escalates() => Assert.Null(Escalation.First(Severity.Notice, _bed.Now));

    [Fact]
    public void Acknowledging_stops_escalation_and_repeating_it_adds_only_an_entry()
    {
        _bed.Beats(140);
        var answered = Assert.IsType<AlertAnswered>(_bed.Do(Acknowledge));
        Assert.Equal((AlertStatus.Acknowledged, Clinician.Subject, null), (answered.Alert.Status, answered.Alert.AcknowledgedBy,
            answered.Alert.EscalatesAt));
        var entry = Assert.IsType<AccessRecorded>(_bed.Last.Events[^1]).Entry;
        Assert.Equal(("operation", "alerts/1/acknowledge"), (entry.Interaction, entry.Asked));
        Assert.Equal(answered.Alert.Reason.Versions.AsEnumerable(), entry.Versions);
        _bed.Now += TimeSpan.FromHours(1);
        Assert.Equal(answered.Alert.AcknowledgedAt, Assert.IsType<AlertAnswered>(_bed.Do(Acknowledge)).Alert.AcknowledgedAt);
        Assert.IsType<AccessRecorded>(Assert.Single(_bed.Last.Events));
        Assert.Empty(_bed.Wake());
    }

    [Fact]
    public void Worsening_asks_again()
    {
        _bed.Beats(125);
        _bed.Do(Acknowledge);
        _bed.Now += TimeSpan.FromMinutes(10);
        _bed.Beats(140);
        var open = Assert.Single(_bed.Record.Episodes.Open);
        Assert.Equal((AlertStatus.Open, null, _bed.Now + TimeSpan.FromMinutes(15)), (open.Status, open.AcknowledgedAt, open.EscalatesAt));
    }

    [Fact]
    public void A_snooze_ends_with_asking_again()
    {
        _bed.Beats(140);
        Assert.Equal(AlertStatus.Snoozed, Assert.IsType<AlertAnswered>(_bed.Do(Snooze)).Alert.Status);
        Assert.Equal(_bed.Now + TimeSpan.FromHours(1), _bed.Due);
        _bed.Now += TimeSpan.FromMinutes(30);
        Assert.Empty(_bed.Wake());
        _bed.Do(Snooze);
        Assert.IsType<AccessRecorded>(Assert.Single(_bed.Last.Events));
        _bed.Now += TimeSpan.FromMinutes(30);
        var resumed = Assert.IsType<AlertResumed>(Assert.Single(_bed.Wake()));
        Assert.Equal(_bed.Now + TimeSpan.FromMinutes(15), resumed.EscalatesAt);
        Assert.Equal(AlertStatus.Open, Assert.Single(_bed.Record.Episodes.Open).Status);
    }

    [Fact]
    public void Another_snooze_replaces_the_first()
    {
        _bed.Beats(140);
        _bed.Do(Snooze);
        _bed.Do(Snooze with { For = TimeSpan.FromHours(2) });
        Assert.Equal(_bed.Now + TimeSpan.FromHours(2), Assert.Single(_bed.Record.Episodes.Open).SnoozedUntil);
    }

    [Fact]
    public void Worsening_ends_a_snooze_at_once()
    {
        _bed.Beats(125);
        _bed.Do(Snooze);
        Assert.IsType<AlertWorsened>(Assert.Single(_bed.Beats(155)));
        Assert.Null(Assert.Single(_bed.Record.Episodes.Open).SnoozedUntil);
    }

    [Theory]
    [InlineData(8.0, "ok", 140, true)]
    [InlineData(8.1, "ok", 140, false)]
    [InlineData(0.0, "ok", 140, false)]
    [InlineData(-1.0, "ok", 140, false)]
    [InlineData(1.0, " ", 140, false)]
    [InlineData(1.0, "ok", 160, false)]
    public void A_snooze_is_bounded_has_a_reason_and_is_never_for_what_is_critical(double hours, string reason, int rate, bool allowed)
    {
        _bed.Beats(rate);
        var outcome = _bed.Do(Snooze with { For = TimeSpan.FromHours(hours), Reason = reason });
        Assert.Equal(allowed ? typeof(AlertAnswered) : typeof(Refused), outcome.GetType());
        if (!allowed)
            Assert.Equal(Rule.AnswerNotAllowed, ((Refused)outcome).Rule);
    }

    [Fact]
    public void Texts_are_bounded()
    {
        _bed.Beats(140);
        string fits = new('x', AnswerDecision.MaxTextChars);
        Assert.Equal(new Refused(Rule.AnswerNotAllowed), _bed.Do(Acknowledge with { Note = fits + "x" }));
        Assert.Equal(new Refused(Rule.AnswerNotAllowed), _bed.Do(Override with { Reason = fits + "x" }));
        Assert.Equal(new Refused(Rule.AnswerNotAllowed), _bed.Do(Override with { Reason = "" }));
        Assert.IsType<AlertAnswered>(_bed.Do(Acknowledge with { Note = fits }));
    }

    [Fact]
    public void An_override_silences_the_rule_until_its_end()
    {
        _bed.Beats(125);
        _bed.Do(Override);
        var until = Assert.IsType<AlertOverridden>(_bed.Last.Events[0]).Until;
        Assert.Equal(_bed.Now + TimeSpan.FromHours(24), until);
        Assert.IsType<AlertAnswered>(_bed.Do(Override));
        Assert.IsType<AccessRecorded>(Assert.Single(_bed.Last.Events));
        Assert.Empty(_bed.Beats(130));
        Assert.Null(_bed.Due);
        _bed.Now = until;
        Assert.Equal(2, Assert.IsType<AlertRaised>(Assert.Single(_bed.Beats(126))).Alert);
    }

    [Fact]
    public void What_is_worse_than_what_was_overridden_is_raised_all_the_same()
    {
        _bed.Beats(125);
        _bed.Do(Override);
        Assert.Equal(Severity.Urgent, Assert.IsType<AlertRaised>(Assert.Single(_bed.Beats(140))).Severity);
    }

    [Fact]
    public void An_unknown_or_ended_alert_takes_no_answer()
    {
        Assert.Equal(new Refused(Rule.AlertUnknown), _bed.Do(Acknowledge));
        _bed.Beats(140, "Observation/a");
        Assert.Equal(new Refused(Rule.AlertUnknown), _bed.Do(Acknowledge with { Alert = 2 }));
        Assert.Equal(new Refused(Rule.AlertUnknown), _bed.Do(Acknowledge with { Alert = 0 }));
        _bed.Remove("Observation/a");
        Assert.Equal(new Refused(Rule.AlertEnded), _bed.Do(Acknowledge));
        Assert.Equal(new Refused(Rule.AlertEnded), _bed.Do(Override));
    }

    [Fact]
    public void An_answer_that_took_effect_before_the_end_may_be_repeated_after_it()
    {
        _bed.Beats(140, "Observation/a");
        _bed.Do(Acknowledge);
        _bed.Remove("Observation/a");
        Assert.IsType<AlertAnswered>(_bed.Do(Acknowledge));
    }

    [Fact]
    public void Only_clinicians_answer_and_alerting_systems_read()
    {
        _bed.Beats(140);
        var system = Clinician with { Roles = [Role.Alerting] };
        Assert.Equal(new Refused(Rule.RoleNotPermitted), _bed.Do(Acknowledge with { Who = system }));
        Assert.Equal("RoleNotPermitted", Assert.IsType<AccessRecorded>(Assert.Single(_bed.Last.Events)).Entry.RefusedBy);
        Assert.Single(Assert.IsType<AlertsReleased>(_bed.Do(new ReadAlerts { Who = system })).Alerts);
    }

    [Fact]
    public void Alerts_are_read_open_ones_first_and_the_entry_names_the_values()
    {
        _bed.Beats(140, "Observation/a");
        _bed.Remove("Observation/a");
        _bed.Beats(141, "Observation/b");
        Assert.Equal([2], Assert.IsType<AlertsReleased>(_bed.Do(new ReadAlerts { Who = Clinician })).Alerts.Select(alert => alert.Number));
        var all = Assert.IsType<AlertsReleased>(_bed.Do(new ReadAlerts { Who = Clinician, WithEnded = true }));
        Assert.Equal([2, 1], all.Alerts.Select(alert => alert.Number));
        Assert.Equal(["Observation/b", "Observation/a"],
            Assert.IsType<AccessRecorded>(Assert.Single(_bed.Last.Events)).Entry.Versions.Select(version => version.Key.ToString()));
    }
}

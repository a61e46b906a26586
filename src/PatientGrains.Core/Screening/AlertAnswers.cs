using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// What a human's answer makes of an alert. Each writes its access entry; what took effect already is accepted again without another event.
/// </summary>
internal static class AnswerDecision
{
    /// <summary>Note and reason of an answer: a paragraph. They are held with the episode and shown with it.</summary>
    public const int MaxTextChars = 500;

    /// <summary>A shift: who snoozes must not decide for the next one.</summary>
    private static readonly TimeSpan MaxSnooze = TimeSpan.FromHours(8);

    /// <summary>
    /// How long an override silences its rule: a day, until the next day's round looks again; for what is urgent or worse a shift, so that
    /// one team's judgement does not silence the rule for the next.
    /// </summary>
    private static TimeSpan SilenceOf(Severity severity) => TimeSpan.FromHours(severity >= Severity.Urgent ? 8 : 24);

    public static Decision Decide(PatientRecord record, AnswerAlert answer, Facts facts)
    {
        var entry = AccessEntry.For(answer, facts, "operation", $"alerts/{answer.Alert}/{VerbOf(answer)}");
        if (AccessPolicy.RefusalFor(answer.Who, AccessKind.AnswerAlerts) is { } denied)
            return ReadDecision.Refuse(entry, new Refused(denied));
        var episodes = record.Episodes;
        if (answer.Alert < 1 || answer.Alert > episodes.Count)
            return ReadDecision.Refuse(entry, new Refused(Rule.AlertUnknown));
        string by = answer.Who!.Subject;
        if (episodes.Find(answer.Alert) is not { } alert)
            return ReadDecision.Refuse(entry, new Refused(Rule.AlertEnded));
        if (!IsRepeat(alert, answer, by))
        {
            if (alert.EndedAt is not null)
                return ReadDecision.Refuse(entry, new Refused(Rule.AlertEnded));
            if (!IsAllowed(alert, answer))
                return ReadDecision.Refuse(entry, new Refused(Rule.AnswerNotAllowed));
            var draft = new AlertDraft(episodes, facts.Now);
            Apply(draft, alert, answer, by);
            return Answered(entry, draft.Events, draft.Episodes.Find(answer.Alert)!);
        }
        return Answered(entry, [], alert);
    }

    private static Decision Answered(AccessEntry entry, ImmutableArray<AlertEvent> events, Alert alert) => new(
        [.. events, new AccessRecorded { Entry = entry with { Versions = alert.Reason.Versions } }], new AlertAnswered(alert));

    private static void Apply(AlertDraft draft, Alert alert, AnswerAlert answer, string by)
    {
        switch (answer)
        {
            case AcknowledgeAlert acknowledge:
                draft.Acknowledge(alert, by, acknowledge.Note);
                break;
            case SnoozeAlert snooze:
                draft.Snooze(alert, by, snooze.For, snooze.Reason);
                break;
            case OverrideAlert overriding:
                draft.Override(alert, by, SilenceOf(alert.Severity), overriding.Reason);
                break;
        }
    }

    /// <summary>
    /// The same answer took effect before. Whoever acknowledges what is acknowledged finds it so; a snooze for another time or reason is
    /// another one.
    /// </summary>
    private static bool IsRepeat(Alert alert, AnswerAlert answer, string by) => answer switch
    {
        AcknowledgeAlert => alert.AcknowledgedAt is not null && alert.Status != AlertStatus.Snoozed,
        SnoozeAlert snooze => alert.Status == AlertStatus.Snoozed && alert.SnoozedBy == by && alert.Said == snooze.Reason
            && alert.SnoozedUntil - alert.SnoozedAt == snooze.For,
        OverrideAlert => alert.Status == AlertStatus.Overridden,
        _ => false,
    };

    private static bool IsAllowed(Alert alert, AnswerAlert answer) => answer switch
    {
        AcknowledgeAlert acknowledge => acknowledge.Note is null || acknowledge.Note.Length <= MaxTextChars,
        SnoozeAlert snooze => IsReason(snooze.Reason) && snooze.For > TimeSpan.Zero && snooze.For <= MaxSnooze
            && alert.Severity != Severity.Critical,
        OverrideAlert overriding => IsReason(overriding.Reason),
        _ => false,
    };

    private static bool IsReason(string reason) => !string.IsNullOrWhiteSpace(reason) && reason.Length <= MaxTextChars;

    private static string VerbOf(AnswerAlert answer) => answer switch
    {
        AcknowledgeAlert => "acknowledge",
        SnoozeAlert => "snooze",
        _ => "override",
    };
}

internal static class ReadAlertsDecision
{
    public static Decision Decide(PatientRecord record, ReadAlerts read, Facts facts)
    {
        var entry = AccessEntry.For(read, facts, "search-type", read.WithEnded ? "alerts?ended=true" : "alerts");
        if (AccessPolicy.RefusalFor(read.Who, AccessKind.ReceiveAlerts) is { } denied)
            return ReadDecision.Refuse(entry, new Refused(denied));
        var episodes = record.Episodes;
        ImmutableArray<Alert> alerts = read.WithEnded ? [.. episodes.Open, .. episodes.Ended] : episodes.Open;
        return Decision.Of(
            entry with { Versions = [.. alerts.SelectMany(alert => alert.Reason.Versions).Distinct()] }, new AlertsReleased(alerts));
    }
}

internal static class WakeUpDecision
{
    /// <summary>It releases nothing to anybody, so that it has no access entry; the alert events say what it did.</summary>
    public static Decision Decide(PatientRecord record, Facts facts, Screener screener) =>
        new([.. screener.Wake(record, facts.Now)], new Woken());
}

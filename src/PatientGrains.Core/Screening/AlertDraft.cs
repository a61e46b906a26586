using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>The alert events of one decision as they grow, each with the next number, over the episodes that they make.</summary>
internal sealed class AlertDraft(Episodes before, DateTimeOffset now)
{
    private readonly ImmutableArray<AlertEvent>.Builder _events = ImmutableArray.CreateBuilder<AlertEvent>(0);

    public Episodes Episodes { get; private set; } = before;

    public ImmutableArray<AlertEvent> Events => _events.ToImmutable();

    public void Raise(ScreeningRule rule, Severity severity, string? unit, AlertReason reason) => Add(new AlertRaised
    {
        Alert = Episodes.Count + 1, Number = Next, At = now, Rule = rule.Id, Severity = severity, Unit = unit, Reason = reason,
        EscalatesAt = Escalation.First(severity, now),
    });

    public void Worsen(Alert open, Severity severity, string? unit, AlertReason reason) => Add(new AlertWorsened
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = severity, Unit = unit, Reason = reason,
        EscalatesAt = Escalation.First(severity, now),
    });

    public void Close(Alert open, AlertEnd end, string? unit, AlertReason reason) => Add(new AlertClosed
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = open.Severity, Unit = unit, End = end, Reason = reason,
    });

    public void Withdraw(Alert open, ResourceKey corrected, int version, string? unit) => Add(new AlertWithdrawn
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = open.Severity, Unit = unit,
        Corrected = corrected, CorrectedVersion = version,
    });

    public void Escalate(Alert open, string? unit) => Add(new AlertEscalated
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = open.Severity, Unit = unit,
        Step = open.Escalations + 1, EscalatesAt = Escalation.After(open.Escalations + 1, open.Severity, now),
    });

    public void Resume(Alert open, string? unit) => Add(new AlertResumed
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = open.Severity, Unit = unit,
        EscalatesAt = Escalation.First(open.Severity, now),
    });

    public void Acknowledge(Alert open, string by, string? note) => Add(new AlertAcknowledged
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = open.Severity, Unit = open.Unit, By = by, Note = note,
    });

    public void Snooze(Alert open, string by, TimeSpan time, string reason) => Add(new AlertSnoozed
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = open.Severity, Unit = open.Unit, By = by,
        Until = now + time, Reason = reason,
    });

    public void Override(Alert open, string by, TimeSpan time, string reason) => Add(new AlertOverridden
    {
        Alert = open.Number, Number = Next, At = now, Rule = open.Rule, Severity = open.Severity, Unit = open.Unit, By = by,
        Until = now + time, Reason = reason,
    });

    private int Next => Episodes.Lines + 1;

    private void Add(AlertEvent happened)
    {
        _events.Add(happened);
        Episodes = Episodes.After(happened);
    }
}

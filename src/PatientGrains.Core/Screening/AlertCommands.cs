using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// A human's answer to an open alert. Repeating one that took effect already is accepted and adds only its access entry.
/// </summary>
public abstract record AnswerAlert : Command
{
    /// <summary><see cref="AlertEvent.Alert"/>.</summary>
    public required int Alert { get; init; }
}

public sealed record AcknowledgeAlert : AnswerAlert
{
    /// <summary>At most 500 characters.</summary>
    public string? Note { get; init; }
}

public sealed record SnoozeAlert : AnswerAlert
{
    /// <summary>At most 8 hours, and never for a Critical alert.</summary>
    public required TimeSpan For { get; init; }
    public required string Reason { get; init; }
}

public sealed record OverrideAlert : AnswerAlert
{
    public required string Reason { get; init; }
}

/// <summary>The alerts of this patient: open ones first, then those that ended, newest first. Logged like a read.</summary>
public sealed record ReadAlerts : Command
{
    /// <summary>Ended ones too.</summary>
    public bool WithEnded { get; init; }
}

/// <summary>
/// Something that was due later is due now (escalation, the end of a snooze, no data). Comes from the engine's own clock, never from a
/// front: it names nobody and releases nothing.
/// </summary>
public sealed record WakeUp : Command;

/// <summary>The answer was taken.</summary>
public sealed record AlertAnswered(Alert Alert) : Outcome;

/// <summary>The alerts, as <see cref="ReadAlerts"/> orders them.</summary>
public sealed record AlertsReleased(ImmutableArray<Alert> Alerts) : Outcome;

/// <summary>What was due has been done, or was done before.</summary>
public sealed record Woken : Outcome;

/// <summary>An episode as it stands.</summary>
public sealed record Alert
{
    /// <summary><see cref="AlertEvent.Alert"/>.</summary>
    public required int Number { get; init; }
    public required string Rule { get; init; }
    public required Severity Severity { get; init; }
    public required AlertStatus Status { get; init; }
    public string? Unit { get; init; }
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>What the rule said at its last change.</summary>
    public required AlertReason Reason { get; init; }

    /// <summary>When that was decided.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }
    public string? AcknowledgedBy { get; init; }
    public DateTimeOffset? EscalatesAt { get; init; }
    public int Escalations { get; init; }
    public DateTimeOffset? SnoozedAt { get; init; }
    public string? SnoozedBy { get; init; }
    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>The words of the newest answer.</summary>
    public string? Said { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>In words of the events: why it ended; null while it is open.</summary>
    public string? EndedBecause { get; init; }
}

public enum AlertStatus
{
    Open = 1,
    Acknowledged = 2,
    Snoozed = 3,
    Closed = 4,
    Withdrawn = 5,
    Overridden = 6,
}

using System.Collections.Immutable;
using System.Text.Json.Serialization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// A change of an alert, in the commit that caused it. An episode is open from <see cref="AlertRaised"/> until it is closed, withdrawn or
/// overridden; a patient has at most one open episode of a rule. Each of these is a line of the alert feed.
/// </summary>
public abstract record AlertEvent : Event
{
    /// <summary>Number of the episode in this record: 1, 2, 3...</summary>
    public required int Alert { get; init; }

    /// <summary>Number of this line in this patient's alert feed: 1, 2, 3..., without gaps.</summary>
    public required int Number { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary><see cref="ScreeningRule.Id"/>.</summary>
    public required string Rule { get; init; }

    /// <summary>The episode's severity after this.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Where the patient lay; null when no encounter says.</summary>
    public string? Unit { get; init; }
}

/// <summary>What a rule said when an alert was raised, raised further or closed.</summary>
public sealed record AlertReason
{
    public required int RuleVersion { get; init; }
    public required string Publication { get; init; }

    /// <summary>The effective time that was assessed.</summary>
    public required DateTimeOffset AssessedAt { get; init; }
    public decimal? Score { get; init; }
    public ImmutableArray<MetCriterion> Criteria { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableArray<Variable> Missing { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The versions that it names, each once.</summary>
    [JsonIgnore]
    public ImmutableArray<ReleasedVersion> Versions =>
        [.. Criteria.Select(criterion => new ReleasedVersion(criterion.Key, criterion.Version)).Distinct()];
}

/// <summary>A new episode.</summary>
public sealed record AlertRaised : AlertEvent
{
    public required AlertReason Reason { get; init; }

    /// <summary>When it escalates unless somebody acknowledges; null for a severity that does not.</summary>
    public DateTimeOffset? EscalatesAt { get; init; }
}

/// <summary>The open episode grew more severe; an acknowledgement before does not cover it.</summary>
public sealed record AlertWorsened : AlertEvent
{
    public required AlertReason Reason { get; init; }
    public DateTimeOffset? EscalatesAt { get; init; }
}

/// <summary>The episode ended by itself.</summary>
public sealed record AlertClosed : AlertEvent
{
    public required AlertEnd End { get; init; }

    /// <summary>What the rule said then.</summary>
    public required AlertReason Reason { get; init; }
}

public enum AlertEnd
{
    /// <summary>The rule has been unmet for its recovery time, by fresh values.</summary>
    Recovered = 1,
    /// <summary>Nothing fresh has been said of its criteria for a day: it is not known to go on, nor to be over.</summary>
    NoData = 2,
    Deceased = 3,
}

/// <summary>A correction or deletion removed the cause: the episode should not have been.</summary>
public sealed record AlertWithdrawn : AlertEvent
{
    /// <summary>The statement whose new version (or deletion) removed the cause.</summary>
    public required ResourceKey Corrected { get; init; }
    public required int CorrectedVersion { get; init; }
}

/// <summary>Somebody takes care; it does not escalate further at this severity.</summary>
public sealed record AlertAcknowledged : AlertEvent
{
    public required string By { get; init; }
    public string? Note { get; init; }
}

/// <summary>Nobody acknowledged in time.</summary>
public sealed record AlertEscalated : AlertEvent
{
    /// <summary>1 for the first escalation, 2 for the next.</summary>
    public required int Step { get; init; }
    public DateTimeOffset? EscalatesAt { get; init; }
}

/// <summary>Quiet until a time; worsening ends it at once.</summary>
public sealed record AlertSnoozed : AlertEvent
{
    public required string By { get; init; }
    public required DateTimeOffset Until { get; init; }
    public required string Reason { get; init; }
}

/// <summary>The snooze is over and the rule is still met: it asks for acknowledgement again.</summary>
public sealed record AlertResumed : AlertEvent
{
    public DateTimeOffset? EscalatesAt { get; init; }
}

/// <summary>A clinician judged it not applicable; the episode ends, and the rule stays silent for this patient until <see cref="Until"/>,
/// unless it worsens beyond the severity that was overridden.</summary>
public sealed record AlertOverridden : AlertEvent
{
    public required string By { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset Until { get; init; }
}

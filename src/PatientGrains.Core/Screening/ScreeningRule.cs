using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>How soon somebody must look. Stored by name.</summary>
public enum Severity
{
    /// <summary>Worth knowing at the next round.</summary>
    Notice = 1,
    /// <summary>Worth a look within the hour.</summary>
    Warning = 2,
    /// <summary>Somebody must come now.</summary>
    Urgent = 3,
    /// <summary>Life is in danger.</summary>
    Critical = 4,
}

/// <summary>A criterion that was met, and the version of the observation that met it.</summary>
public sealed record MetCriterion
{
    /// <summary>As the publication says it, for example <c>respiratory rate &gt;= 22/min</c>.</summary>
    public required string Name { get; init; }
    public required Variable? Variable { get; init; }

    /// <summary>The value in the variable's canonical unit; null for what is no value (a drug, a culture).</summary>
    public decimal? Value { get; init; }
    public string? Unit { get; init; }

    /// <summary>Points in the score; null where the rule counts none.</summary>
    public int? Points { get; init; }

    /// <summary>When it held.</summary>
    public required DateTimeOffset At { get; init; }
    public required ResourceKey Key { get; init; }
    public required int Version { get; init; }
}

/// <summary>What a rule says of a chart at a time.</summary>
public sealed record Assessment
{
    /// <summary>Nothing to say: not met, or not enough is known.</summary>
    public static readonly Assessment None = new();

    /// <summary>Null when the rule is not met.</summary>
    public Severity? Severity { get; init; }

    public bool IsMet => Severity is not null;

    /// <summary>The score, where the rule has one and anything is known; a partial one counts unknown parts as normal.</summary>
    public decimal? Score { get; init; }

    /// <summary>The criteria that were met, or carry points; in the publication's order.</summary>
    public ImmutableArray<MetCriterion> Criteria { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>What the publication asks for and no fresh value says: the score is partial.</summary>
    public ImmutableArray<Variable> Missing { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>A published screen. Pure: the same chart and time always get the same assessment.</summary>
/// <param name="Id">Stable name, stored with every alert: <c>news2</c>.</param>
/// <param name="Version">Raised when its answer for any chart changes; alerts name it.</param>
/// <param name="Title">For humans.</param>
/// <param name="Publication">Authors, journal, year, DOI.</param>
/// <param name="Variables">What can change its answer; it is assessed again only when one of these does.</param>
/// <param name="Recovery">How long it must have been unmet, by effective time, before its episode closes.</param>
/// <param name="MinimumAge">
/// Full years that its publication is about; younger patients, and those of unknown age, are told apart by the screener.
/// </param>
/// <param name="Assess">The rule.</param>
public sealed record ScreeningRule(
    string Id, int Version, string Title, string Publication, ImmutableArray<Variable> Variables, TimeSpan Recovery, int MinimumAge,
    Func<Chart, DateTimeOffset, Assessment> Assess);

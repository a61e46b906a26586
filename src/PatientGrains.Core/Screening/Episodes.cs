using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>
/// The alerts of a record as their events fold: what is open, what ended lately, which rules are silenced, and the next numbers. Immutable,
/// so that a decision can follow its own events.
/// </summary>
public sealed record Episodes
{
    /// <summary>
    /// How many ended episodes are held, newest first: more than a stay has, about 1 KB each. Older ones are in the log.
    /// </summary>
    public const int MaxEnded = 100;

    public static readonly Episodes None = new();

    /// <summary>Oldest first; at most one of a rule.</summary>
    public ImmutableArray<Alert> Open { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Newest first, at most <see cref="MaxEnded"/>.</summary>
    public ImmutableArray<Alert> Ended { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The newest override of each rule that was ever overridden.</summary>
    public ImmutableArray<Silence> Silences { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>How many episodes there were: the number of the newest.</summary>
    public int Count { get; init; }

    /// <summary>How many lines this record has in the alert feed: the <see cref="AlertEvent.Number"/> of the newest.</summary>
    public int Lines { get; init; }

    public Alert? OpenOf(string rule)
    {
        foreach (var alert in Open)
        {
            if (alert.Rule == rule)
                return alert;
        }
        return null;
    }

    /// <returns>Null when it never was, or ended too long ago to be held.</returns>
    public Alert? Find(int number) =>
        Open.FirstOrDefault(alert => alert.Number == number) ?? Ended.FirstOrDefault(alert => alert.Number == number);

    /// <summary>Whether a rule was overridden at this severity or a higher one, for a time that includes this one.</summary>
    public bool IsSilenced(string rule, Severity severity, DateTimeOffset now) =>
        Silences.Any(silence => silence.Rule == rule && now < silence.Until && severity <= silence.Severity);

    /// <summary>Never throws: an event about an episode that is not open only counts its line.</summary>
    internal Episodes After(AlertEvent happened)
    {
        var counted = this with { Lines = Math.Max(Lines, happened.Number), Count = Math.Max(Count, happened.Alert) };
        if (happened is AlertRaised raised)
            return counted with { Open = Open.Add(Raised(raised)) };
        int at = 0;
        while (at < Open.Length && Open[at].Number != happened.Alert)
            at++;
        if (at == Open.Length)
            return counted;
        var after = Change(Open[at] with { Severity = happened.Severity, Unit = happened.Unit }, happened);
        if (after.EndedAt is null)
            return counted with { Open = Open.SetItem(at, after) };
        var ended = Ended.Insert(0, after);
        return counted with
        {
            Open = Open.RemoveAt(at),
            Ended = ended.Length > MaxEnded ? ended.RemoveAt(MaxEnded) : ended,
            Silences = happened is AlertOverridden overridden ? Silenced(overridden) : Silences,
        };
    }

    private static Alert Raised(AlertRaised raised) => new()
    {
        Number = raised.Alert,
        Rule = raised.Rule,
        Severity = raised.Severity,
        Status = AlertStatus.Open,
        Unit = raised.Unit,
        RaisedAt = raised.At,
        ChangedAt = raised.At,
        Reason = raised.Reason,
        EscalatesAt = raised.EscalatesAt,
    };

    private static Alert Change(Alert alert, AlertEvent happened) => happened switch
    {
        AlertWorsened worsened => Asks(alert, worsened.EscalatesAt) with { Reason = worsened.Reason, ChangedAt = worsened.At },
        AlertAcknowledged taken => Quiet(alert) with
        {
            Status = AlertStatus.Acknowledged, AcknowledgedAt = taken.At, AcknowledgedBy = taken.By, Said = taken.Note,
        },
        AlertEscalated escalated => alert with { Escalations = escalated.Step, EscalatesAt = escalated.EscalatesAt },
        AlertSnoozed snoozed => Quiet(alert) with
        {
            Status = AlertStatus.Snoozed, SnoozedAt = snoozed.At, SnoozedBy = snoozed.By, SnoozedUntil = snoozed.Until,
            Said = snoozed.Reason,
        },
        AlertResumed resumed => Asks(alert, resumed.EscalatesAt),
        AlertClosed closed => Quiet(alert) with
        {
            Status = AlertStatus.Closed, EndedAt = closed.At, EndedBecause = closed.End.ToString(), Reason = closed.Reason,
        },
        AlertWithdrawn withdrawn => Quiet(alert) with
        {
            Status = AlertStatus.Withdrawn, EndedAt = withdrawn.At,
            EndedBecause = $"{withdrawn.Corrected}/_history/{withdrawn.CorrectedVersion}",
        },
        AlertOverridden overridden => Quiet(alert) with
        {
            Status = AlertStatus.Overridden, EndedAt = overridden.At, EndedBecause = overridden.Reason, Said = overridden.Reason,
        },
        _ => alert,
    };

    /// <summary>Open for answers, as if nobody had answered before.</summary>
    private static Alert Asks(Alert alert, DateTimeOffset? escalatesAt) => alert with
    {
        Status = AlertStatus.Open,
        AcknowledgedAt = null,
        AcknowledgedBy = null,
        SnoozedAt = null,
        SnoozedBy = null,
        SnoozedUntil = null,
        Escalations = 0,
        EscalatesAt = escalatesAt,
    };

    /// <summary>Neither escalates nor wakes.</summary>
    private static Alert Quiet(Alert alert) => alert with
    {
        EscalatesAt = null, SnoozedAt = null, SnoozedBy = null, SnoozedUntil = null,
    };

    private ImmutableArray<Silence> Silenced(AlertOverridden overridden) =>
        Silences.RemoveAll(silence => silence.Rule == overridden.Rule)
            .Add(new Silence(overridden.Rule, overridden.Severity, overridden.Until));
}

/// <summary>A rule that a clinician overrode: quiet up to this severity until a time.</summary>
/// <param name="Rule"><see cref="ScreeningRule.Id"/>.</param>
/// <param name="Severity">What was overridden; worse is raised again.</param>
/// <param name="Until">When the override ends.</param>
public sealed record Silence(string Rule, Severity Severity, DateTimeOffset Until);

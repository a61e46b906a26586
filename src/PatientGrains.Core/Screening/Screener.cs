using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Turns what a decision changed in the chart, or the passing of time, into alert events. Pure: the same record, changes and time give the
/// same events, so that a replay of the log raises the alerts that were raised.
/// </summary>
internal sealed class Screener(ImmutableArray<ScreeningRule> rules)
{
    /// <summary>With every rule that runs.</summary>
    public static readonly Screener Published = new(ScreeningRules.All);

    /// <param name="before">The record without the changes.</param>
    /// <param name="changes">The stored and deleted versions of one decision; each statement at most once.</param>
    /// <param name="now">When it is decided.</param>
    public ImmutableArray<AlertEvent> Screen(PatientRecord before, IReadOnlyList<Event> changes, DateTimeOffset now)
    {
        if (rules.IsEmpty && before.Episodes.Open.IsEmpty)
            return [];
        var changed = ChartChanges.Of(before, changes);
        if (changed.IsNothing)
            return [];
        var chart = changed.ApplyTo(before.Chart);
        var draft = new AlertDraft(before.Episodes, now);
        if (chart.Birth?.Finding.IsDeceased == true)
            Decease(draft, chart, now);
        else if (chart.Latest(now) is { } present)
            Look(draft, chart, present, changed, now);
        else
            WithdrawUncaused(draft, chart, changed, now);
        return draft.Events;
    }

    /// <summary>What is due at a time: episodes that end for want of values, snoozes that are over, escalations.</summary>
    public ImmutableArray<AlertEvent> Wake(PatientRecord record, DateTimeOffset now)
    {
        var draft = new AlertDraft(record.Episodes, now);
        foreach (var open in record.Episodes.Open)
        {
            string? unit = record.Chart.UnitAt(now);
            if (Ending.Of(open, Find(open.Rule), record.Chart, record.ChangedAt, now) is { } end)
                draft.Close(open, end, unit, ReasonNow(open, record.Chart, record.ChangedAt));
            else if (open.SnoozedUntil <= now)
                draft.Resume(open, unit);
            else if (open.EscalatesAt <= now)
                draft.Escalate(open, unit);
        }
        return draft.Events;
    }

    /// <summary>The next moment at which <see cref="Wake"/> does something to a record that stays as it is; null for none.</summary>
    public DateTimeOffset? DueAt(PatientRecord record)
    {
        DateTimeOffset? due = null;
        foreach (var open in record.Episodes.Open)
        {
            due = Earlier(due, open.EscalatesAt);
            due = Earlier(due, open.SnoozedUntil);
            due = Earlier(due, Ending.At(open, Find(open.Rule), record.Chart, record.ChangedAt));
        }
        return due;
    }

    private void Look(AlertDraft draft, Chart chart, DateTimeOffset present, ChartChanges changed, DateTimeOffset now)
    {
        string? unit = chart.UnitAt(present);
        WithdrawUncaused(draft, chart, changed, now);
        foreach (var rule in rules)
        {
            var open = draft.Episodes.OpenOf(rule.Id);
            if (changed.Concerns(rule))
                Assess(draft, rule, open, chart, present, now);
            // The present moved on without a word about this rule: its values may have stood long enough to show recovery.
            open = draft.Episodes.OpenOf(rule.Id);
            if (open is not null && Ending.Of(open, rule, chart, now, now) is { } end)
                draft.Close(open, end, unit, ReasonOf(rule, rule.Assess(chart, present), present));
        }
    }

    /// <summary>
    /// Raises an episode, or raises it further. Not when the newest of what the rule looks at is a day old: history that is imported alerts
    /// nobody.
    /// </summary>
    private static void Assess(AlertDraft draft, ScreeningRule rule, Alert? open, Chart chart, DateTimeOffset present, DateTimeOffset now)
    {
        if (Ending.IsSilent(rule, chart, present, now, now) || !AppliesTo(rule, chart, present))
            return;
        var said = rule.Assess(chart, present);
        if (said.Severity is not { } severity)
            return;
        if (open is null && !draft.Episodes.IsSilenced(rule.Id, severity, now))
            draft.Raise(rule, severity, chart.UnitAt(present), ReasonOf(rule, said, present));
        else if (open is not null && severity > open.Severity)
            draft.Worsen(open, severity, chart.UnitAt(present), ReasonOf(rule, said, present));
    }

    /// <summary>
    /// Takes back what a correction made groundless: a version that the episode rests on was replaced or deleted, or the birth date was,
    /// and by the corrected chart the rule would not have been met when it was last raised or worsened.
    /// </summary>
    private void WithdrawUncaused(AlertDraft draft, Chart chart, ChartChanges changed, DateTimeOffset now)
    {
        foreach (var open in draft.Episodes.Open)
        {
            if (changed.CorrectionOf(open) is not { } correction || Find(open.Rule) is not { } rule)
                continue;
            var then = open.Reason.AssessedAt;
            if (!AppliesTo(rule, chart, then) || !rule.Assess(chart, then).IsMet)
                draft.Withdraw(open, correction.Key, correction.Version, chart.UnitAt(chart.Latest(now) ?? then));
        }
    }

    private void Decease(AlertDraft draft, Chart chart, DateTimeOffset now)
    {
        foreach (var open in draft.Episodes.Open)
            draft.Close(open, AlertEnd.Deceased, chart.UnitAt(chart.Latest(now) ?? now), ReasonNow(open, chart, now));
    }

    /// <summary>What the rule says now; what it said last when there is nothing that it could say something of.</summary>
    private AlertReason ReasonNow(Alert open, Chart chart, DateTimeOffset now) =>
        Find(open.Rule) is { } rule && chart.Latest(now) is { } present
            ? ReasonOf(rule, rule.Assess(chart, present), present)
            : open.Reason;

    private static AlertReason ReasonOf(ScreeningRule rule, Assessment said, DateTimeOffset present) => new()
    {
        RuleVersion = rule.Version, Publication = rule.Publication, AssessedAt = present, Score = said.Score,
        Criteria = said.Criteria, Missing = said.Missing,
    };

    /// <summary>Its publication is about patients of this age; an unknown age keeps no alert back.</summary>
    private static bool AppliesTo(ScreeningRule rule, Chart chart, DateTimeOffset at) => !(chart.AgeAt(at) < rule.MinimumAge);

    private ScreeningRule? Find(string id) => rules.FirstOrDefault(rule => rule.Id == id);

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => other < one || one is null ? other : one;
}

using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Whether an open episode is over. Recovery must be shown: by values that stand, of every variable that had met a criterion, at every
/// instant of the rule's recovery time at which something changed. Values that are missing or stale show nothing; a variable that nothing
/// was said of for a day is given up, and what ends then is <see cref="AlertEnd.NoData"/>.
/// </summary>
internal static class Ending
{
    /// <summary>How long nothing may be said of a criterion before it is given up.</summary>
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>
    /// Instants of a recovery time that are assessed at most, since it happens in the grain's turn: of a day that is one every three
    /// minutes, so that what people chart is never thinned, and what monitors send is, evenly.
    /// </summary>
    private const int MaxInstants = 512;

    private const int Slices = 16;

    /// <param name="open">The episode.</param>
    /// <param name="rule">Its rule; null when this program does not have it.</param>
    /// <param name="chart">What is known.</param>
    /// <param name="known">
    /// When the chart was last added to. What it says of a later time is passed over: so, once an episode can end, time alone does not keep
    /// it open again, and whoever wakes late finds what was due.
    /// </param>
    /// <param name="now">Not before <paramref name="known"/>.</param>
    /// <returns>Null while the episode goes on.</returns>
    public static AlertEnd? Of(Alert open, ScreeningRule? rule, Chart chart, DateTimeOffset known, DateTimeOffset now)
    {
        if (rule is null || chart.Latest(known) is not { } present)
            return Lapsed(open.Reason.AssessedAt, now) ? AlertEnd.NoData : null;
        if (rule.Assess(chart, present).IsMet)
            return IsSilent(rule, chart, open.Reason.AssessedAt, known, now) ? AlertEnd.NoData : null;
        var asked = Asked(open, rule, chart, known);
        var left = asked.RemoveAll(variable => now >= LapseOf(variable, chart, known));
        if (left.IsEmpty)
            return asked.IsEmpty && !Lapsed(open.Reason.AssessedAt, now) ? null : AlertEnd.NoData;
        if (!IsRecovered(rule, chart, present, left))
            return null;
        return left.Length == asked.Length ? AlertEnd.Recovered : AlertEnd.NoData;
    }

    /// <summary>The next moment at which the episode ends although nothing more is said; null when only new values can end it.</summary>
    public static DateTimeOffset? At(Alert open, ScreeningRule? rule, Chart chart, DateTimeOffset known)
    {
        var moments = new SortedSet<DateTimeOffset> { open.Reason.AssessedAt + Day };
        if (rule is not null)
        {
            if (NewestOf(rule.Variables, chart, known) is { } newest)
                moments.Add(newest + Day);
            foreach (var variable in Asked(open, rule, chart, known))
                moments.Add(LapseOf(variable, chart, known));
        }
        foreach (var moment in moments)
        {
            var then = moment < known ? known : moment;
            if (Of(open, rule, chart, known, then) is not null)
                return then;
        }
        return null;
    }

    /// <summary>Whether nothing was said for a day of what a rule looks at; for a rule that looks at no values, since a time.</summary>
    public static bool IsSilent(ScreeningRule rule, Chart chart, DateTimeOffset otherwise, DateTimeOffset known, DateTimeOffset now) =>
        Lapsed(NewestOf(rule.Variables, chart, known) ?? otherwise, now);

    /// <summary>
    /// What must be shown normal: the variables that met the criteria; where those are no values (a drug, a culture) or were deleted, all
    /// that the rule looks at.
    /// </summary>
    private static ImmutableArray<Variable> Asked(Alert open, ScreeningRule rule, Chart chart, DateTimeOffset known)
    {
        var met = open.Reason.Criteria.Where(criterion => criterion.Variable is not null).Select(criterion => criterion.Variable!.Value);
        var asked = met.Distinct().Where(variable => chart.Newest(variable, known) is not null).ToImmutableArray();
        return asked.IsEmpty ? rule.Variables.RemoveAll(variable => chart.Newest(variable, known) is null) : asked;
    }

    private static bool IsRecovered(ScreeningRule rule, Chart chart, DateTimeOffset present, ImmutableArray<Variable> asked)
    {
        var start = present - rule.Recovery;
        // The start first: as long as the recovery time has not passed, the rule is still met there, and one look says so.
        if (!ShowsUnmet(rule, chart, start, asked) || !ShowsUnmet(rule, chart, present, asked))
            return false;
        // Backwards and slice by slice: where it was met lately, that is soon found.
        var slice = rule.Recovery / Slices;
        for (int i = 1; i <= Slices; i++)
        {
            var until = present - slice * (i - 1);
            var instants = Instants(rule, chart, i == Slices ? start : until - slice, until);
            int step = 1 + instants.Count / (MaxInstants / Slices);
            for (int at = instants.Count - 1; at >= 0; at -= step)
            {
                if (!ShowsUnmet(rule, chart, instants[at], asked))
                    return false;
            }
        }
        return true;
    }

    private static bool ShowsUnmet(ScreeningRule rule, Chart chart, DateTimeOffset at, ImmutableArray<Variable> asked) =>
        asked.All(variable => chart.Fresh(variable, at) is not null) && !rule.Assess(chart, at).IsMet;

    /// <summary>When something that the rule looks at changed, oldest first, each instant once.</summary>
    private static List<DateTimeOffset> Instants(ScreeningRule rule, Chart chart, DateTimeOffset after, DateTimeOffset until)
    {
        var instants = new List<DateTimeOffset>();
        foreach (var variable in rule.Variables)
        {
            foreach (ref readonly var reading in chart.Between(variable, after, until))
                instants.Add(reading.At);
        }
        instants.Sort();
        int count = 0;
        for (int i = 0; i < instants.Count; i++)
        {
            if (i == 0 || instants[i] != instants[count - 1])
                instants[count++] = instants[i];
        }
        instants.RemoveRange(count, instants.Count - count);
        return instants;
    }

    /// <summary>A value stands for at least a day here, and as long as it is fresh if that is longer.</summary>
    private static DateTimeOffset LapseOf(Variable variable, Chart chart, DateTimeOffset known)
    {
        var fresh = Variables.Of(variable).FreshFor;
        return chart.Newest(variable, known)!.Value.At + (fresh > Day ? fresh : Day);
    }

    private static DateTimeOffset? NewestOf(ImmutableArray<Variable> variables, Chart chart, DateTimeOffset known)
    {
        DateTimeOffset? newest = null;
        foreach (var variable in variables)
        {
            if (chart.NewestAt(variable, known) is { } at && !(at <= newest))
                newest = at;
        }
        return newest;
    }

    private static bool Lapsed(DateTimeOffset said, DateTimeOffset now) => now >= said + Day;
}

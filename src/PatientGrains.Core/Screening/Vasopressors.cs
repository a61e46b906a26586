namespace PatientGrains.Core.Screening;

/// <summary>Infusions that hold the blood pressure up, and what SOFA's table gives for them.</summary>
internal static class Vasopressors
{
    /// <summary>The table's note: catecholamines are given for at least an hour.</summary>
    private static readonly TimeSpan AtLeast = TimeSpan.FromHours(1);

    /// <summary>A stretch in which infusions gave at least some points without a break.</summary>
    /// <param name="From">When it had lasted an hour.</param>
    /// <param name="Until">Its end, or the time that was asked.</param>
    /// <param name="Last">The last infusion in it that gave so many points and no more: the one that decides.</param>
    public readonly record struct Run(DateTimeOffset From, DateTimeOffset Until, Charted<Given> Last);

    /// <summary>
    /// 2 for dobutamine, and dopamine up to 5; 3 for dopamine above 5, epinephrine or norepinephrine up to 0.1; 4 for dopamine above 15,
    /// epinephrine or norepinephrine above 0.1, all in ug/kg/min (Vincent 1996; Singer's table leaves dopamine of exactly 5 open). A drug
    /// whose rate is not known gets what its smallest rate gets. Vasopressin and phenylephrine are not in the table: no points.
    /// </summary>
    public static int Points(Given given) => (given.Drug, given.RateMcgPerKgMin) switch
    {
        (_, <= 0) => 0,
        (Drug.Dopamine, > 15) => 4,
        (Drug.Dopamine, > 5) => 3,
        (Drug.Dopamine or Drug.Dobutamine, _) => 2,
        (Drug.Epinephrine or Drug.Norepinephrine, > 0.1m) => 4,
        (Drug.Epinephrine or Drug.Norepinephrine, _) => 3,
        _ => 0,
    };

    /// <summary>As <see cref="Points"/> was reached, in the table's words.</summary>
    public static string Name(Given given)
    {
        string limit = (given.Drug, Points(given)) switch
        {
            _ when given.RateMcgPerKgMin is null => "at an unknown rate",
            (Drug.Dopamine, 4) => "> 15 ug/kg/min",
            (Drug.Dopamine, 3) => "> 5 ug/kg/min",
            (Drug.Dopamine, _) => "<= 5 ug/kg/min",
            (Drug.Dobutamine, _) => "at any rate",
            (_, 4) => "> 0.1 ug/kg/min",
            _ => "<= 0.1 ug/kg/min",
        };
        return $"{given.Drug.ToString().ToLowerInvariant()} {limit} for at least 1 h";
    }

    /// <summary>Stretches of at least so many points that lasted an hour, and go beyond a time; oldest first.</summary>
    public static IEnumerable<Run> Runs(Chart chart, int points, DateTimeOffset after, DateTimeOffset until)
    {
        Charted<Given>? last = null;
        DateTimeOffset start = default;
        DateTimeOffset end = default;
        foreach (var charted in chart.Drugs.Where(x => x.Finding.At < until && Points(x.Finding) >= points).OrderBy(x => x.Finding.At))
        {
            var ended = End(charted.Finding, until);
            if (last is not null && charted.Finding.At <= end)
            {
                end = ended > end ? ended : end;
                last = Points(charted.Finding) == points ? charted : last;
                continue;
            }
            if (last is not null && end - start >= AtLeast && end > after)
                yield return new Run(start + AtLeast, end, last);
            (start, end, last) = (charted.Finding.At, ended, charted);
        }
        if (last is not null && end - start >= AtLeast && end > after)
            yield return new Run(start + AtLeast, end, last);
    }

    /// <summary>
    /// A vasopressor that runs at a time, for septic shock: any of them. Dobutamine is none: it does not raise the pressure by itself.
    /// </summary>
    public static Charted<Given>? RunningAt(Chart chart, DateTimeOffset at) => chart.Drugs.LastOrDefault(x =>
        x.Finding is
        {
            Drug: Drug.Norepinephrine or Drug.Epinephrine or Drug.Dopamine or Drug.OtherVasopressor, RateMcgPerKgMin: null or > 0,
        }
        && x.Finding.At <= at && (x.Finding.Until > at || x.Finding is { Until: null, IsRunning: true }));

    /// <summary>A dose without an end that does not run is a single one, over at once.</summary>
    private static DateTimeOffset End(Given given, DateTimeOffset until)
    {
        var end = given.Until ?? (given.IsRunning ? until : given.At);
        return end < until ? end : until;
    }
}

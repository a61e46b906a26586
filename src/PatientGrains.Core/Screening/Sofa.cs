using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Sequential organ failure assessment: 0 to 4 points for each of six organs by its worst value of the last 24 hours (Vincent 1996), so
/// values stand for a day here, whatever their own freshness. An organ of which nothing is known counts 0 and is said to be missing.
/// <para>
/// The score describes; its publications give no number that calls somebody. Singer 2016 makes a rise of 2 points or more the mark of organ
/// dysfunction, and an alert only together with infection, which is <see cref="Sepsis3"/>. So by itself it is at most a Warning, and only
/// for a rise between values that are both known: the assumption that an unknown patient had 0 before is made for infected ones alone.
/// </para>
/// </summary>
internal static class Sofa
{
    /// <summary>Singer 2016: what makes organ dysfunction acute.</summary>
    public const int Rise = 2;

    /// <summary>What SOFA looks at, but for vasopressors, which are no variable.</summary>
    public static ImmutableArray<Variable> Variables { get; } =
    [
        Variable.ArterialOxygen, Variable.InspiredOxygenFraction, Variable.SupplementalOxygen, Variable.MechanicalVentilation,
        Variable.Platelets, Variable.Bilirubin, Variable.MeanArterialPressure, Variable.SystolicPressure, Variable.DiastolicPressure,
        Variable.GlasgowComaScale, Variable.Creatinine, Variable.UrineOutput,
    ];

    /// <summary>
    /// Recovery is short, because the score itself keeps the worst value for a day. Adults: Singer's criteria are theirs, and children's
    /// pressures and creatinine differ (pSOFA is another table).
    /// </summary>
    public static ScreeningRule Rule { get; } = new(
        "sofa", 1, "SOFA: a rise of 2 points over a day",
        "Vincent JL et al. Intensive Care Med 1996;22:707-710, doi:10.1007/BF01709751; Singer M et al. JAMA 2016;315:801-810, "
        + "doi:10.1001/jama.2016.0287",
        Variables, Recovery: TimeSpan.FromHours(6), MinimumAge: 18, Assess);

    private static Assessment Assess(Chart chart, DateTimeOffset at)
    {
        var now = SofaScore.At(chart, at);
        // Compared with the day before, as the score is taken daily: the two days do not share a value.
        bool isRisen = now.Total >= Rise && now.RiseFrom(SofaScore.Before(chart, at - SofaTable.Day), isUnknownZero: false) >= Rise;
        return new Assessment
        {
            Severity = isRisen ? Severity.Warning : null,
            Score = now.IsKnown ? now.Total : null,
            Criteria = now.Criteria,
            Missing = now.Missing,
        };
    }
}

/// <summary>The worst value of each organ, in the table's order; null for an organ of which nothing is known.</summary>
internal sealed class SofaScore
{
    private readonly SofaValue?[] _worst = new SofaValue?[SofaTable.Organs.Length];

    private SofaScore()
    {
    }

    public bool IsKnown => Array.Exists(_worst, static value => value is not null);
    public ImmutableArray<int?> Points => [.. _worst.Select(value => value?.Points)];

    public int Total
    {
        get
        {
            int total = 0;
            foreach (var value in _worst)
                total += value?.Points ?? 0;
            return total;
        }
    }

    public ImmutableArray<MetCriterion> Criteria =>
        Total == 0 ? [] : [.. _worst.SelectMany(value => value is { Points: > 0 } worst ? worst.Criteria() : [])];

    public ImmutableArray<Variable> Missing
    {
        get
        {
            var missing = ImmutableArray.CreateBuilder<Variable>();
            for (int i = 0; i < _worst.Length; i++)
            {
                if (_worst[i] is null)
                    missing.AddRange(SofaTable.Organs[i].Asked);
            }
            return missing.DrainToImmutable();
        }
    }

    /// <summary>The score of the 24 hours that end at a time.</summary>
    public static SofaScore At(Chart chart, DateTimeOffset at)
    {
        var score = new SofaScore();
        for (int i = 0; i < score._worst.Length; i++)
            score._worst[i] = Worst(SofaTable.Organs[i], chart, at);
        return score;
    }

    /// <summary>
    /// What each organ last showed, not after a time: the worst of the 24 hours that end with its last value, however long ago.
    /// </summary>
    public static SofaScore Before(Chart chart, DateTimeOffset time)
    {
        var score = new SofaScore();
        for (int i = 0; i < score._worst.Length; i++)
        {
            var organ = SofaTable.Organs[i];
            score._worst[i] = Worst(organ, chart, LastSeen(organ, chart, time));
        }
        return score;
    }

    /// <summary>
    /// The change in points from an earlier score. An organ that is not known now counts as unchanged; one that was not known before
    /// counts as 0 before, or as unchanged.
    /// </summary>
    public int RiseFrom(SofaScore before, bool isUnknownZero)
    {
        int rise = 0;
        for (int i = 0; i < _worst.Length; i++)
        {
            if (_worst[i] is { } now && (isUnknownZero || before._worst[i] is not null))
                rise += now.Points - (before._worst[i]?.Points ?? 0);
        }
        return rise;
    }

    /// <summary>The highest rise (of unknown organs from 0) at any time in [from, until], and when it began; 0 when none.</summary>
    public static (int Rise, DateTimeOffset At) HighestRise(Chart chart, SofaScore before, DateTimeOffset from, DateTimeOffset until)
    {
        // An organ's points are a staircase: step p is there while any value of at least p points stands. So the rise is the number of
        // steps there, less what the organs that are known had before; it can only reach a new height where a step begins.
        var steps = new List<(DateTimeOffset At, int Change)>();
        for (int i = 0; i < SofaTable.Organs.Length; i++)
        {
            var values = SofaTable.Organs[i].Values(chart, from, until).OrderBy(value => value.From).ToList();
            AddSteps(steps, values, -(before._worst[i]?.Points ?? 0));
            for (int points = 1; points <= 4; points++)
                AddSteps(steps, values.Where(value => value.Points >= points), 1);
        }
        steps.Sort();

        (int Rise, DateTimeOffset At) highest = (0, until);
        int rise = 0;
        for (int i = 0; i < steps.Count && steps[i].At <= until; i++)
        {
            rise += steps[i].Change;
            bool isWhole = i + 1 == steps.Count || steps[i + 1].At > steps[i].At;
            bool standsWithin = i + 1 == steps.Count || steps[i + 1].At > from;
            if (isWhole && standsWithin && rise > highest.Rise)
                highest = (rise, steps[i].At > from ? steps[i].At : from);
        }
        return highest;
    }

    private static void AddSteps(List<(DateTimeOffset At, int Change)> steps, IEnumerable<SofaValue> values, int change)
    {
        DateTimeOffset? end = null;
        foreach (var value in values)
        {
            if (!(value.From <= end))
            {
                if (end is { } over)
                    steps.Add((over, -change));
                steps.Add((value.From, change));
            }
            end = value.Until < end ? end : value.Until;
        }
        if (end is { } last)
            steps.Add((last, -change));
    }

    private static SofaValue? Worst(SofaOrgan organ, Chart chart, DateTimeOffset at)
    {
        SofaValue? worst = null;
        foreach (var value in organ.Values(chart, at, at))
        {
            if (value.From > at || value.Until <= at)
                continue;
            // Of equal ones the newest, so that the alert names what stands.
            if (worst is not { } other || (value.Points, value.From).CompareTo((other.Points, other.From)) >= 0)
                worst = value;
        }
        return worst;
    }

    private static DateTimeOffset LastSeen(SofaOrgan organ, Chart chart, DateTimeOffset time)
    {
        DateTimeOffset? last = null;
        foreach (var variable in organ.Seen)
        {
            if (chart.NewestAt(variable, time) is { } at && !(at <= last))
                last = at;
        }
        return last ?? time;
    }
}

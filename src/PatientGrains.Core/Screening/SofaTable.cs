using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>What an organ scored by one value, and when the day's worst may be this one: <c>From &lt;= t &lt; Until</c>.</summary>
internal sealed record SofaValue(
    int Points, string Name, Variable? Variable, decimal? Value, string? Unit, Reading Source, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>Other readings that the value was computed with; they carry no points of their own.</summary>
    public SofaBeside? Beside { get; init; }

    /// <summary>The value as a criterion, and what it was computed with.</summary>
    public IEnumerable<MetCriterion> Criteria()
    {
        yield return new MetCriterion
        {
            Name = Name, Variable = Variable, Value = Value, Unit = Unit, Points = Points, At = Source.At, Key = Source.Key,
            Version = Source.Version,
        };
        if (Beside is { } beside)
        {
            yield return new MetCriterion
            {
                Name = beside.Name, Variable = beside.Variable, Value = beside.Reading.Value, Unit = Variables.Of(beside.Variable).Unit,
                At = beside.Reading.At, Key = beside.Reading.Key, Version = beside.Reading.Version,
            };
        }
    }
}

/// <summary>A reading that a value was computed with: its correction changes the points too.</summary>
internal sealed record SofaBeside(Variable Variable, string Name, Reading Reading);

/// <summary>A row of the table.</summary>
/// <param name="Asked">What is missing when nothing is known of the organ.</param>
/// <param name="Seen">Variables whose newest value tells when the organ was last looked at.</param>
/// <param name="Values">All values that stand for any time in (from, until], with their points, 0 too.</param>
internal sealed record SofaOrgan(
    ImmutableArray<Variable> Asked, ImmutableArray<Variable> Seen,
    Func<Chart, DateTimeOffset, DateTimeOffset, IEnumerable<SofaValue>> Values);

/// <summary>
/// SOFA's table: Vincent JL et al., Intensive Care Med 1996;22:707-710, as printed in Singer M et al., JAMA 2016;315:801-810, table 1. The
/// printed cells have gaps between them (1.9 and 2.0 mg/dL); a cell ends where the next one begins. Where only the last cell says "more
/// than" (bilirubin 12.0, creatinine 5.0 mg/dL), the same table in umol/L (more than 204, more than 440) puts the limit itself into it.
/// </summary>
internal static class SofaTable
{
    /// <summary>Each organ scores by its worst value of a day (Vincent 1996).</summary>
    public static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private const decimal RoomAir = 0.21m;
    private const string DerivedName = "mean arterial pressure < 70 mm[Hg], derived as (systolic + 2 diastolic) / 3";

    private static readonly SofaCells Oxygenation = new("PaO2/FiO2", "mm[Hg]", IsLowBad: true, [400, 300, 200, 100]);
    private static readonly SofaCells Platelets = new("platelets", "10*9/L", IsLowBad: true, [150, 100, 50, 20]);
    private static readonly SofaCells Bilirubin = new("bilirubin", "mg/dL", IsLowBad: false, [1.2m, 2.0m, 6.0m, 12.0m]);
    private static readonly SofaCells Pressure = new("mean arterial pressure", "mm[Hg]", IsLowBad: true, [70]);
    private static readonly SofaCells Coma = new("Glasgow coma scale", "", IsLowBad: true, [15, 13, 10, 6]);
    private static readonly SofaCells Creatinine = new("creatinine", "mg/dL", IsLowBad: false, [1.2m, 2.0m, 3.5m, 5.0m]);

    /// <summary>In the publication's order.</summary>
    public static ImmutableArray<SofaOrgan> Organs { get; } =
    [
        new([Variable.ArterialOxygen, Variable.InspiredOxygenFraction], [Variable.ArterialOxygen], Respiration),
        Of(Variable.Platelets, Platelets),
        Of(Variable.Bilirubin, Bilirubin),
        new([Variable.MeanArterialPressure], [Variable.MeanArterialPressure, Variable.DiastolicPressure], Circulation),
        Of(Variable.GlasgowComaScale, Coma),
        new([Variable.Creatinine], [Variable.Creatinine], Kidneys),
    ];

    private static SofaOrgan Of(Variable variable, SofaCells cells) =>
        new([variable], [variable],
            (chart, from, until) => IsBlank(chart, variable) ? [] : Values(chart, variable, cells, from, until));

    /// <summary>Most patients have no value of most organs at all.</summary>
    private static bool IsBlank(Chart chart, params ReadOnlySpan<Variable> variables)
    {
        foreach (var variable in variables)
        {
            if (!chart.Series(variable).IsEmpty)
                return false;
        }
        return true;
    }

    /// <summary>
    /// Readings that follow each other within a day with the same points are one value, that of the last of them: minutes of a monitor
    /// are a few values a day.
    /// </summary>
    private static List<SofaValue> Values(Chart chart, Variable variable, SofaCells cells, DateTimeOffset from, DateTimeOffset until)
    {
        string unit = Variables.Of(variable).Unit;
        var values = new List<SofaValue>();
        (DateTimeOffset Start, int Points, Reading Last)? run = null;
        foreach (ref readonly var reading in chart.Between(variable, from - Day, until))
        {
            int points = cells.Points(reading.Value);
            bool goesOn = run is { } before && before.Points == points && reading.At - before.Last.At <= Day;
            if (!goesOn)
                End();
            run = (goesOn ? run!.Value.Start : reading.At, points, reading);
        }
        End();
        return values;

        void End()
        {
            if (run is var (start, points, last))
                values.Add(new(points, cells.Name(points), variable, last.Value, unit, last, start, last.At + Day));
        }
    }

    /// <summary>
    /// 3 and 4 points need respiratory support, else the worst is 2. FiO2 is the one that stood when the blood was drawn; without one,
    /// room air when no oxygen was given; else the ratio is not known.
    /// </summary>
    private static IEnumerable<SofaValue> Respiration(Chart chart, DateTimeOffset from, DateTimeOffset until)
    {
        if (IsBlank(chart, Variable.ArterialOxygen))
            return [];
        var values = new List<SofaValue>();
        foreach (var blood in chart.Between(Variable.ArterialOxygen, from - Day, until))
        {
            if (OxygenAt(chart, blood.At) is not { } oxygen)
                continue;
            decimal ratio = blood.Value / (oxygen.Variable == Variable.SupplementalOxygen ? RoomAir : oxygen.Reading.Value);
            bool isSupported = chart.Fresh(Variable.MechanicalVentilation, blood.At) is { Value: 1 };
            int points = Math.Min(Oxygenation.Points(ratio), isSupported ? 4 : 2);
            string name = Oxygenation.Name(points) + (points > 2 ? " with respiratory support" : "");
            values.Add(new(points, name, Variable.ArterialOxygen, Math.Round(ratio, 1, MidpointRounding.ToZero), "mm[Hg]", blood, blood.At,
                blood.At + Day) { Beside = oxygen });
        }
        return values;
    }

    private static SofaBeside? OxygenAt(Chart chart, DateTimeOffset at)
    {
        if (chart.Fresh(Variable.InspiredOxygenFraction, at) is { } measured)
            return new SofaBeside(Variable.InspiredOxygenFraction, "inspired oxygen fraction of PaO2/FiO2", measured);
        return chart.Fresh(Variable.SupplementalOxygen, at) is { Value: 0 } none
            ? new SofaBeside(Variable.SupplementalOxygen, "room air, FiO2 0.21", none)
            : null;
    }

    private static IEnumerable<SofaValue> Circulation(Chart chart, DateTimeOffset from, DateTimeOffset until)
    {
        if (chart.Drugs.IsEmpty && IsBlank(chart, Variable.MeanArterialPressure, Variable.DiastolicPressure))
            return [];
        var values = Values(chart, Variable.MeanArterialPressure, Pressure, from, until);
        AddDerivedPressures(values, chart, from, until);
        for (int points = 2; points <= 4 && !chart.Drugs.IsEmpty; points++)
        {
            foreach (var run in Vasopressors.Runs(chart, points, from - Day, until))
            {
                var given = run.Last.Finding;
                var source = new Reading(given.At, null, given.RateMcgPerKgMin ?? 0, false, run.Last.Key, run.Last.Version);
                values.Add(new(points, Vasopressors.Name(given), null, given.RateMcgPerKgMin,
                    given.RateMcgPerKgMin is null ? null : "ug/kg/min", source, run.From, run.Until + Day));
            }
        }
        return values;
    }

    /// <summary>
    /// The mean as (S + 2 D) / 3 where both pressures stand for one time and no mean was measured at it: what cuffs report that report no
    /// mean. The three series are walked side by side.
    /// </summary>
    private static void AddDerivedPressures(List<SofaValue> values, Chart chart, DateTimeOffset from, DateTimeOffset until)
    {
        var means = chart.Between(Variable.MeanArterialPressure, from - Day, until).GetEnumerator();
        var systolics = chart.Between(Variable.SystolicPressure, from - Day, until).GetEnumerator();
        bool isMean = means.MoveNext();
        bool isSystolic = systolics.MoveNext();
        Reading systolic = default;
        (DateTimeOffset Start, int Points, Reading Systolic, Reading Diastolic)? run = null;
        foreach (ref readonly var diastolic in chart.Between(Variable.DiastolicPressure, from - Day, until))
        {
            while (isMean && means.Current.At < diastolic.At)
                isMean = means.MoveNext();
            for (; isSystolic && systolics.Current.At <= diastolic.At; isSystolic = systolics.MoveNext())
                systolic = systolics.Current;
            bool isMeasured = isMean && means.Current.At == diastolic.At;
            if (isMeasured || systolic.At != diastolic.At || systolic.Value < diastolic.Value)
                continue;
            int points = Pressure.Points(Mean(systolic, diastolic));
            bool goesOn = run is { } before && before.Points == points && diastolic.At - before.Diastolic.At <= Day;
            if (run is { } ended && !goesOn)
                values.Add(Derived(ended.Start, ended.Points, ended.Systolic, ended.Diastolic));
            run = (goesOn ? run!.Value.Start : diastolic.At, points, systolic, diastolic);
        }
        if (run is { } last)
            values.Add(Derived(last.Start, last.Points, last.Systolic, last.Diastolic));
    }

    private static decimal Mean(in Reading systolic, in Reading diastolic) => (systolic.Value + 2 * diastolic.Value) / 3;

    private static SofaValue Derived(DateTimeOffset start, int points, Reading systolic, Reading diastolic)
    {
        decimal shown = Math.Round(Mean(systolic, diastolic), 1, MidpointRounding.ToZero);
        return new SofaValue(
            points, points == 0 ? "" : DerivedName, Variable.MeanArterialPressure, shown, "mm[Hg]", diastolic, start, diastolic.At + Day)
        {
            Beside = new SofaBeside(Variable.SystolicPressure, "systolic pressure of the mean arterial pressure", systolic),
        };
    }

    private static IEnumerable<SofaValue> Kidneys(Chart chart, DateTimeOffset from, DateTimeOffset until) =>
        IsBlank(chart, Variable.Creatinine, Variable.UrineOutput) ? [] : KidneyValues(chart, from, until);

    private static IEnumerable<SofaValue> KidneyValues(Chart chart, DateTimeOffset from, DateTimeOffset until)
    {
        foreach (var value in Values(chart, Variable.Creatinine, Creatinine, from, until))
            yield return value;
        foreach (var collection in chart.Between(Variable.UrineOutput, from - Day, until).ToArray())
        {
            if (collection.From is null || Urine.Volume(chart, collection.At, Day) is not { } volume)
                continue;
            int points = volume < 200 ? 4 : volume < 500 ? 3 : 0;
            string name = points == 4 ? "urine output < 200 mL/d" : "urine output < 500 mL/d";
            yield return new(points, name, Variable.UrineOutput, Math.Round(volume, 1, MidpointRounding.ToZero), "mL", collection,
                collection.At, collection.At + Day);
        }
    }
}

/// <summary>A row's limits: past the first a value scores 1, past the second 2...; "past" is below, or at and above.</summary>
internal sealed record SofaCells(string Of, string Unit, bool IsLowBad, ImmutableArray<decimal> Limits)
{
    private readonly ImmutableArray<string> _names =
        [.. Limits.Select(limit => $"{Of} {(IsLowBad ? "<" : ">=")} {limit} {Unit}".TrimEnd())];

    public int Points(decimal value)
    {
        int points = 0;
        while (points < Limits.Length && (IsLowBad ? value < Limits[points] : value >= Limits[points]))
            points++;
        return points;
    }

    public string Name(int points) => points == 0 ? Of : _names[points - 1];
}

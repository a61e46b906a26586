using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Acute kidney injury by KDIGO 2012 (chapter 2.1, table 2): creatinine up by 0.3 mg/dL within 48 h, or to 1.5 times the baseline within 7
/// days, or urine below 0.5 mL/kg/h for 6 h; stages 1 to 3, the worse of creatinine and urine. The baseline is the lowest creatinine of the
/// 7 days before: a baseline is never guessed, so a first creatinine, however high, is no acute injury. Renal replacement is not known
/// here.
/// <para>
/// The newest creatinine stands for 48 h, the guideline's own shorter window: one taken every morning would else be stale for an hour every
/// day. Urine is what was collected over the whole time, divided by the weight: a mean, not each hour by itself.
/// </para>
/// </summary>
internal static class Kdigo
{
    private static readonly TimeSpan Short = TimeSpan.FromHours(48);
    private static readonly TimeSpan Long = TimeSpan.FromDays(7);

    /// <summary>
    /// Stage 1 is worth knowing at the next round, 2 a look within the hour (drugs, volume), 3 is close to renal replacement. Creatinine is
    /// taken daily: an episode closes when two days' values say so. Adults: stage 3 of the young has an eGFR of its own, which is not
    /// computed here.
    /// </summary>
    public static ScreeningRule Rule { get; } = new(
        "kdigo", 1, "KDIGO acute kidney injury",
        "KDIGO Acute Kidney Injury Work Group. Kidney Int Suppl 2012;2:1-138, doi:10.1038/kisup.2012.1",
        [Variable.Creatinine, Variable.UrineOutput, Variable.BodyWeight], Recovery: TimeSpan.FromHours(48), MinimumAge: 18, Assess);

    private static Assessment Assess(Chart chart, DateTimeOffset at)
    {
        var creatinine = ByCreatinine(chart, at);
        var urine = ByUrine(chart, at);
        int? stage = creatinine is null ? urine?.Stage : urine is null ? creatinine.Stage : Math.Max(creatinine.Stage, urine.Stage);
        return new Assessment
        {
            Severity = stage switch
            {
                1 => Severity.Notice,
                2 => Severity.Warning,
                3 => Severity.Urgent,
                _ => null,
            },
            Score = stage,
            Criteria = [.. creatinine?.Criteria ?? [], .. urine?.Criteria ?? []],
            Missing = Missing(creatinine, urine, chart, at),
        };
    }

    /// <summary>What one of the two says; stage 0 for no injury.</summary>
    private sealed record Staged(int Stage, ImmutableArray<MetCriterion> Criteria);

    private static Staged? ByCreatinine(Chart chart, DateTimeOffset at)
    {
        if (chart.Newest(Variable.Creatinine, at) is not { } now || at - now.At > Short)
            return null;
        // The lowest of both windows: whichever value shows a rise, the lowest shows it most. Of equals the newest.
        Reading? ofTwoDays = null;
        Reading? ofWeek = null;
        foreach (var earlier in chart.Between(Variable.Creatinine, now.At - Long - Tick, now.At - Tick))
        {
            if (!(earlier.Value > ofWeek?.Value))
                ofWeek = earlier;
            if (now.At - earlier.At <= Short && !(earlier.Value > ofTwoDays?.Value))
                ofTwoDays = earlier;
        }
        if (ofWeek is not { } baseline)
            return null;

        // Labs report hundredths of a mg/dL; what was converted from umol/L (26.5 is the guideline's 0.3 mg/dL) has more digits than
        // meaning.
        bool isUp = ofTwoDays is { } recent && Math.Round(now.Value - recent.Value, 2) >= 0.3m;
        decimal times = Math.Round(now.Value / baseline.Value, 6);
        if (!isUp && times < 1.5m)
            return new Staged(0, []);
        var (stage, name) = now.Value >= 4.0m ? (3, "creatinine >= 4.0 mg/dL, risen acutely")
            : times >= 3.0m ? (3, "creatinine >= 3.0 times baseline")
            : times >= 2.0m ? (2, "creatinine >= 2.0 times baseline")
            : times >= 1.5m ? (1, "creatinine >= 1.5 times baseline within 7 days")
            : (1, "creatinine up by >= 0.3 mg/dL within 48 h");
        var from = times >= 1.5m ? baseline : ofTwoDays!.Value;
        return new Staged(stage, [
            Say(name, Variable.Creatinine, now.Value, "mg/dL", now, stage),
            Say("earlier creatinine that it rose from", Variable.Creatinine, from.Value, "mg/dL", from, null)]);
    }

    private static Staged? ByUrine(Chart chart, DateTimeOffset at)
    {
        if (Urine.Newest(chart, at) is not { } newest || chart.Fresh(Variable.BodyWeight, at) is not { Value: > 0 } weight)
            return null;
        decimal? Rate(int hours) =>
            Urine.Volume(chart, newest.At, TimeSpan.FromHours(hours)) is { } volume ? volume / weight.Value / hours : null;

        var (stage, hours, name) = Rate(24) < 0.3m ? (3, 24, "urine output < 0.3 mL/kg/h for 24 h")
            : Rate(12) == 0 ? (3, 12, "no urine for 12 h")
            : Rate(12) < 0.5m ? (2, 12, "urine output < 0.5 mL/kg/h for 12 h")
            : Rate(6) < 0.5m ? (1, 6, "urine output < 0.5 mL/kg/h for 6 h")
            : (0, 6, "");
        if (Rate(hours) is not { } rate)
            return null;
        return stage == 0
            ? new Staged(0, [])
            : new Staged(stage, [
                Say(name, Variable.UrineOutput, Math.Round(rate, 3, MidpointRounding.ToZero), "mL/kg/h", newest, stage),
                Say("weight of the urine output per kg", Variable.BodyWeight, weight.Value, "kg", weight, null)]);
    }

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private static MetCriterion Say(string name, Variable variable, decimal value, string unit, Reading reading, int? points) => new()
    {
        Name = name, Variable = variable, Value = value, Unit = unit, Points = points, At = reading.At, Key = reading.Key,
        Version = reading.Version,
    };

    private static ImmutableArray<Variable> Missing(Staged? creatinine, Staged? urine, Chart chart, DateTimeOffset at)
    {
        var missing = ImmutableArray.CreateBuilder<Variable>();
        if (creatinine is null)
            missing.Add(Variable.Creatinine);
        if (urine is null)
            missing.Add(Variable.UrineOutput);
        if (chart.Fresh(Variable.BodyWeight, at) is null)
            missing.Add(Variable.BodyWeight);
        return missing.ToImmutable();
    }
}

using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests.Alerts;

/// <summary>
/// Arbitrary days at the bedside: values that come late, out of order, twice, corrected, deleted, doubted, of the future, of two sources;
/// moves, birth dates, answers, and an engine that wakes now and then. Few keys, times and levels, so that they meet often.
/// </summary>
internal static class BedsideHistories
{
    private static readonly string[] Keys = ["Observation/a", "Observation/b", "Observation/c", "Observation/d", "Observation/e"];

    private static Gen<int> EffectiveMinutes => Gen.Frequency(
        (6, Gen.Constant(0)),
        (4, Gen.Choose(-8, -1).Select(n => n * 30)),
        (1, Gen.Constant(45)),
        (1, Gen.Choose(-40, -20).Select(n => n * 60)));

    private static Gen<Finding> Value(DateTimeOffset now) =>
        from minutes in EffectiveMinutes
        let at = now.AddMinutes(minutes)
        from finding in Gen.Frequency<Finding>(
            (8, Gen.Elements(70, 90, 118, 125, 140, 155).Select(Finding (rate) => Bedside.HeartRate(rate, at))),
            (4, Gen.Elements(1, 2, 4, 6).Select(Finding (lactate) => Bedside.LactateOf(lactate, at))),
            (3, Gen.Elements(10, 18, 24, 30).Select(Finding (rate) => new Measured
            {
                Variable = Variable.RespiratoryRate, Value = rate, At = at,
            })),
            (2, Gen.Elements(80, 95, 120).Select(Finding (pressure) => new Measured
            {
                Variable = Variable.SystolicPressure, Value = pressure, At = at,
            })),
            (1, Gen.Constant<Finding>(new Doubted { Variable = Variable.HeartRate, Doubt = Doubt.NoUnit, Written = "500" })),
            (1, Gen.Constant<Finding>(new Given { Drug = Drug.Antimicrobial, At = at })))
        select finding;

    /// <summary>A step is what happens next at the bedside, whenever that is.</summary>
    private static Gen<Action<Bedside>> Said =>
        from key in Gen.Elements(Keys)
        from source in Gen.Elements("local", "lab")
        from findings in Value(default(DateTimeOffset).AddYears(1)).NonEmptyListOf().Resize(2)
        select (Action<Bedside>)(bed => bed.Say(source, key, [.. findings.Select(finding => Moved(finding, bed.Now))]));

    private static Gen<Action<Bedside>> Answered =>
        from alert in Gen.Choose(-2, 0)
        from hours in Gen.Elements(1, 1, 2, 9)
        from answer in Gen.Elements<Func<int, AnswerAlert>>(
            number => new AcknowledgeAlert { Who = Clinician, Alert = number },
            number => new SnoozeAlert { Who = Clinician, Alert = number, For = TimeSpan.FromHours(hours), Reason = "busy" },
            number => new OverrideAlert { Who = Clinician, Alert = number, Reason = "known" })
        select (Action<Bedside>)(bed => bed.Do(answer(bed.Record.Episodes.Count + alert)));

    private static Gen<Action<Bedside>> AnyStep => Gen.Frequency(
        (12, Said),
        (6, Gen.Choose(1, 12).Select(Action<Bedside> (n) => bed => bed.Now += TimeSpan.FromMinutes(n * 15))),
        (1, Gen.Constant<Action<Bedside>>(bed => bed.Now += TimeSpan.FromHours(20))),
        (2, Gen.Elements(Keys).Select(Action<Bedside> (key) => bed => bed.Remove(key))),
        (5, Gen.Constant<Action<Bedside>>(bed => bed.Wake())),
        (2, Gen.Constant<Action<Bedside>>(bed => bed.SayAgain())),
        (3, Answered),
        (2, Gen.Constant<Action<Bedside>>(SleepOver)),
        (1, Gen.Elements("icu", "ward").Select(Action<Bedside> (unit) => bed =>
            bed.Say("Encounter/" + unit, new Placed { Unit = "Location/" + unit, From = bed.Now }))),
        (1,
            from year in Gen.Elements(1950, 1950, 2015)
            from isDeceased in Gen.Elements(false, false, true)
            select (Action<Bedside>)(bed => bed.Say("Patient/p", new Born { On = new DateOnly(year, 1, 1), IsDeceased = isDeceased }))));

    /// <summary>A snooze, its end, and whatever the engine does then.</summary>
    private static void SleepOver(Bedside bed)
    {
        int newest = bed.Record.Episodes.Open.LastOrDefault()?.Number ?? 1;
        bed.Do(new SnoozeAlert { Who = Clinician, Alert = newest, For = TimeSpan.FromHours(1), Reason = "busy" });
        bed.Now += TimeSpan.FromHours(1);
        bed.Wake();
    }

    public static Arbitrary<Action<Bedside>[]> Any => Arb.From(
        AnyStep.ArrayOf().Resize(60),
        steps => Enumerable.Range(0, steps.Length).Select(left => steps.Where((_, i) => i != left).ToArray()));

    /// <summary>Final sets of statements, each with its findings, in no order.</summary>
    public static Gen<(string Key, ImmutableArray<Finding> Findings)[]> Statements(DateTimeOffset now) =>
        (from number in Gen.Choose(0, 1000)
         from findings in Value(now).NonEmptyListOf().Resize(3)
         select (Key: $"Observation/{number}", Findings: findings.ToImmutableArray())).ArrayOf().Resize(30)
        .Select(statements => statements.DistinctBy(statement => statement.Key).ToArray());

    private static Finding Moved(Finding finding, DateTimeOffset now)
    {
        DateTimeOffset At(DateTimeOffset at) => now + (at - default(DateTimeOffset).AddYears(1));
        return finding switch
        {
            Measured measured => measured with { At = At(measured.At) },
            Given given => given with { At = At(given.At) },
            _ => finding,
        };
    }
}

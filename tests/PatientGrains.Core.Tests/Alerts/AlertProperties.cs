using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests.Alerts;

/// <summary>What holds of the alerts of every history, with two rules that are told by looking and with all that are published.</summary>
public class AlertProperties
{
    [Fact]
    public void The_histories_hold_every_kind_of_alert_event_and_of_end()
    {
        var seen = new HashSet<string>();
        foreach (var steps in Gen.Sample(BedsideHistories.Any.Generator, 60, Drawn.Beginning, 400))
        {
            var bed = new Bedside();
            Play(bed, steps);
            seen.UnionWith(bed.Alerts.Select(alert => alert.GetType().Name));
            seen.UnionWith(bed.Alerts.OfType<AlertClosed>().Select(closed => closed.End.ToString()));
        }
        string[] kinds = [.. Vocabulary.Events.OfType<AlertEvent>().Select(alert => alert.GetType().Name)];
        Assert.Equal([], kinds.Append("Recovered").Append("NoData").Append("Deceased").Except(seen));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void The_alerts_of_a_log_are_said_again_by_its_versions_and_times(bool published) => ForAll(published, (bed, steps) =>
    {
        Play(bed, steps);
        var replay = new AlertReplay(bed.Screener);
        foreach (var happened in bed.Log)
            replay.Add(WireCodec.Read<Event>(WireCodecTests.Frame(happened), out _));
        replay.End();
        int machines = bed.Alerts.Count(alert => alert is not (AlertAcknowledged or AlertSnoozed or AlertOverridden));
        return replay.Differences.Count == 0 && replay.Agreed == machines;
    });

    [Theory, InlineData(false), InlineData(true)]
    public void At_most_one_episode_of_a_rule_is_open_and_numbers_have_no_gaps(bool published) => ForAll(published, (bed, steps) =>
    {
        foreach (var step in steps)
        {
            step(bed);
            if (bed.Record.Episodes.Open.DistinctBy(alert => alert.Rule).Count() != bed.Record.Episodes.Open.Length)
                return false;
        }
        return bed.Alerts.Select(alert => alert.Number).SequenceEqual(Enumerable.Range(1, bed.Alerts.Count()))
            && bed.Alerts.OfType<AlertRaised>().Select(alert => alert.Alert).SequenceEqual(
                Enumerable.Range(1, bed.Record.Episodes.Count));
    });

    [Theory, InlineData(false), InlineData(true)]
    public void What_an_alert_rests_on_is_in_the_record_of_its_commit(bool published) => ForAll(published, (bed, steps) =>
        steps.All(step =>
        {
            int before = bed.Log.Count;
            step(bed);
            return bed.Log.Skip(before).All(happened => happened switch
            {
                AlertRaised raised => Rests(bed, raised.Reason),
                AlertWorsened worsened => Rests(bed, worsened.Reason),
                _ => true,
            });
        }));

    [Theory, InlineData(false), InlineData(true)]
    public void A_record_is_due_exactly_when_waking_does_something(bool published) => ForAll(published, (bed, steps) =>
        steps.All(step =>
        {
            step(bed);
            if (bed.Due is not { } due)
                return bed.Screener.Wake(bed.Record, bed.Now.AddDays(100)).IsEmpty;
            // What is due in the past is due now.
            var moment = due > bed.Now ? due : bed.Now;
            return !bed.Screener.Wake(bed.Record, moment).IsEmpty
                && (due <= bed.Now || bed.Screener.Wake(bed.Record, due.AddTicks(-1)).IsEmpty);
        }));

    [Theory, InlineData(false), InlineData(true)]
    public void Waking_settles_what_was_due(bool published) => ForAll(published, (bed, steps) =>
        steps.All(step =>
        {
            step(bed);
            bed.Wake();
            return !(bed.Due <= bed.Now);
        }));

    [Theory, InlineData(false), InlineData(true)]
    public void A_snapshot_and_the_rest_of_the_log_give_the_same_record(bool published) => ForAll(published, (bed, steps) =>
    {
        Play(bed, steps);
        string whole = Shape(bed.Record);
        for (int cut = 0; cut <= bed.Log.Count; cut += 7)
        {
            var output = new ArrayBufferWriter<byte>();
            RecordSnapshot.Write(Replay(new PatientRecord(), bed.Log.Take(cut)), output);
            if (Shape(Replay(RecordSnapshot.Read(output.WrittenMemory)!, bed.Log.Skip(cut))) != whole)
                return false;
        }
        return true;
    });

    [Fact]
    public void The_order_of_arrival_leaves_no_trace_in_what_the_rules_say()
    {
        var now = new Bedside().Now;
        var shuffled =
            from statements in BedsideHistories.Statements(now)
            from other in Gen.Shuffle(statements)
            select (statements, other);
        Check.One(Drawn.Cases(300), Prop.ForAll(shuffled.ToArbitrary(), pair =>
        {
            Bedside one = new(published: true), two = new(published: true);
            foreach (var (key, findings) in pair.statements)
                one.Say(key, findings);
            foreach (var (key, findings) in pair.other)
                two.Say(key, findings);
            return Said(one) == Said(two);
        }));
    }

    private static string Said(Bedside bed)
    {
        if (bed.Record.Chart.Latest(bed.Now) is not { } present)
            return "";
        return string.Join('\n', ScreeningRules.All.Add(Bedside.Heart).Select(rule => rule.Assess(bed.Record.Chart, present)).Select(said =>
            $"{said.Severity} {said.Score} {string.Join(',', said.Criteria.Select(c => (c.Name, c.Key, c.Value, c.At)))} "
            + string.Join(',', said.Missing)));
    }

    private static bool Rests(Bedside bed, AlertReason reason) => !reason.Criteria.IsEmpty && reason.Criteria.All(criterion =>
        bed.Record.Find(criterion.Key) is { Body: { } body } statement
        && statement.Version == criterion.Version
        && (criterion.Variable is null || body.Findings.OfType<Measured>().Any(measured =>
            measured.Variable == criterion.Variable && measured.Value == criterion.Value && measured.At == criterion.At)));

    /// <summary>Everything that a record holds for screening: its snapshot, and the chart that is made from it.</summary>
    private static string Shape(PatientRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        RecordSnapshot.Write(record, output);
        var series = Enum.GetValues<Variable>().Select(variable => string.Join(' ', record.Chart.Series(variable).ToArray()));
        return Convert.ToHexString(output.WrittenSpan) + string.Join('\n', series) + string.Join(' ', record.Chart.Drugs)
            + string.Join(' ', record.Chart.Stays) + record.Chart.Birth;
    }

    private static PatientRecord Replay(PatientRecord record, IEnumerable<Event> log)
    {
        foreach (var happened in log)
            RecordFold.Evolve(record, happened);
        return record;
    }

    private static void Play(Bedside bed, IEnumerable<Action<Bedside>> steps)
    {
        foreach (var step in steps)
            step(bed);
    }

    private static void ForAll(bool published, Func<Bedside, Action<Bedside>[], bool> holds) =>
        Check.One(Drawn.Cases(200), Prop.ForAll(BedsideHistories.Any, steps => holds(new Bedside(published), steps)));
}

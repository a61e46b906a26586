using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatientGrains.Core.Record;
using static PatientGrains.Core.Tests.WireCodecTests;

namespace PatientGrains.Core.Tests;

/// <summary>What holds for every history of a record.</summary>
public class RecordProperties
{
    [Fact]
    public void A_replay_of_the_log_gives_the_record_that_was_built_live() => ForAll(commands =>
    {
        var live = Histories.Play(commands);
        return Shape(Replay(live.Log)) == Shape(live.Record);
    });

    [Fact]
    public void A_replay_of_the_log_as_it_was_written_gives_it_too() => ForAll(commands =>
    {
        var live = Histories.Play(commands);
        return Shape(Replay(live.Log.Select(happened => WireCodec.Read<Event>(Frame(happened), out _)))) == Shape(live.Record);
    });

    [Fact]
    public void A_snapshot_at_any_point_and_the_rest_of_the_log_give_it_too() => ForAll(commands =>
    {
        var live = Histories.Play(commands);
        string whole = Shape(live.Record);
        for (int cut = 0; cut <= live.Log.Count; cut += 3)
        {
            var output = new ArrayBufferWriter<byte>();
            RecordSnapshot.Write(Replay(live.Log.Take(cut)), output);
            var opened = RecordSnapshot.Read(output.WrittenMemory)!;
            foreach (var happened in live.Log.Skip(cut))
                RecordFold.Evolve(opened, happened);
            if (Shape(opened) != whole)
                return false;
        }
        return true;
    });

    [Fact]
    public void Deciding_is_deterministic_and_leaves_the_record_alone() => ForAll(commands =>
    {
        var live = new Live();
        foreach (var command in commands)
        {
            string before = Shape(live.Record);
            var once = RecordDecider.Decide(live.Record, command, live.NextFacts);
            var again = RecordDecider.Decide(live.Record, command, live.NextFacts);
            if (Shape(live.Record) != before || Text(once) != Text(again))
                return false;
            live.Do(command);
        }
        return true;
    });

    [Fact]
    public void Versions_count_from_1_without_gaps_and_each_lies_where_the_record_says() => ForAll(commands =>
    {
        var live = Histories.Play(commands);
        return live.Record.Statements.All(statement =>
            Enumerable.Range(0, statement.Version).Select(i => live.EventAt(statement.SeqOf(i + 1)) is var happened
                && happened switch
                {
                    ResourceStored stored => (stored.Key, stored.Version) == (statement.Key, i + 1),
                    ResourceDeleted deleted => (deleted.Key, deleted.Version) == (statement.Key, i + 1),
                    _ => false,
                }).All(lies => lies));
    });

    [Fact]
    public void Every_decision_but_a_repeat_writes_one_access_entry_and_a_refusal_nothing_else() => ForAll(commands =>
    {
        var live = new Live();
        return commands.All(command => live.Do(command) switch
        {
            Accepted { Repeated: true } => live.Last.Events.IsEmpty,
            Refused => live.Last.Events is [AccessRecorded { Entry.RefusedBy: not null }],
            _ => live.Last.Events.Count(happened => happened is AccessRecorded) == 1 && live.Entry.RefusedBy is null,
        });
    });

    [Fact]
    public void A_command_that_is_repeated_gets_the_same_answer_and_makes_no_event() => ForAll(commands =>
    {
        var live = new Live();
        foreach (var command in commands.OfType<Submit>())
        {
            if (live.Do(command) is not Accepted { Repeated: false } first)
                continue;
            if (live.Do(command) is not Accepted { Repeated: true, AnswerSeq: { } seq } || !live.Last.Events.IsEmpty)
                return false;
            if (!((SubmissionAccepted)live.EventAt(seq)).Results.SequenceEqual(first.Results))
                return false;
        }
        return true;
    });

    [Fact]
    public void Index_changes_sum_to_the_keys_of_what_is_current_and_ids_are_claimed_once() => ForAll(commands =>
    {
        var live = Histories.Play(commands);
        var sums = new Dictionary<string, int>();
        var claims = new List<string>();
        var record = new PatientRecord();
        foreach (var happened in live.Log)
        {
            Effects.Index(record, happened, (key, change) => sums[key] = sums.GetValueOrDefault(key) + change);
            Effects.Claims(happened, "Patient/p", key => claims.Add(Effects.LocatorKey(key)));
            RecordFold.Evolve(record, happened);
        }
        // The sum from nothing: what a fresh log would index that stored each current resource once.
        var current = new Dictionary<string, int>();
        foreach (var statement in record.Statements.Where(statement => !statement.IsDeleted))
        {
            var stored = new ResourceStored
            {
                Key = statement.Key, Version = 1, At = default, Source = "", MessageId = "", Body = statement.Body!,
            };
            Effects.Index(new PatientRecord(), stored, (key, change) => current[key] = current.GetValueOrDefault(key) + change);
        }
        var expected = record.Statements.Where(statement => statement.Key != new ResourceKey("Patient", "p"))
            .Select(statement => Effects.LocatorKey(statement.Key));
        return sums.Where(sum => sum.Value != 0).OrderBy(sum => sum.Key, StringComparer.Ordinal)
                .SequenceEqual(current.OrderBy(sum => sum.Key, StringComparer.Ordinal))
            && claims.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal));
    });

    [Fact]
    public void A_damaged_frame_is_read_or_is_a_FormatException_and_nothing_else()
    {
        byte[][] frames = [.. Vocabulary.All.Select(Frame)];
        var damage =
            from which in Gen.Choose(0, frames.Length - 1)
            from places in Gen.Choose(0, frames[which].Length - 1).ArrayOf().Resize(4)
            from bytes in Gen.Choose(0, 255).ArrayOf(places.Length)
            select (which, places, bytes);
        Check.One(Drawn.Cases(5000), Prop.ForAll(damage.ToArbitrary(), broken =>
        {
            byte[] frame = [.. frames[broken.which]];
            for (int i = 0; i < broken.places.Length; i++)
                frame[broken.places[i]] = (byte)broken.bytes[i];
            return ReadsOrRefuses(Vocabulary.All.ElementAt(broken.which), frame);
        }));
    }

    [Fact]
    public void Arbitrary_bytes_are_read_or_are_a_FormatException_and_nothing_else() =>
        Check.One(Drawn.Cases(2000), Prop.ForAll(Gen.Choose(0, 255).Select(n => (byte)n).ArrayOf().ToArbitrary(), bytes =>
            ReadsOrRefuses(Vocabulary.Events[0], bytes) && ReadsOrRefuses(Vocabulary.Commands[0], bytes)
                && ReadsOrRefuses(Vocabulary.Outcomes[0], bytes)));

    private static bool ReadsOrRefuses(object alike, byte[] frame)
    {
        try
        {
            return Read(alike, frame, out int used) is not null && used <= frame.Length;
        }
        catch (FormatException)
        {
            return true;
        }
    }

    private static void ForAll(Func<Command[], bool> holds) => Check.One(Drawn.Cases(200), Prop.ForAll(Histories.Any, holds));

    private static PatientRecord Replay(IEnumerable<Event> log)
    {
        var record = new PatientRecord();
        foreach (var happened in log)
            RecordFold.Evolve(record, happened);
        return record;
    }

    /// <summary>Everything that a record holds: its snapshot, and what follows from it.</summary>
    private static string Shape(PatientRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        RecordSnapshot.Write(record, output);
        string byType = string.Join(' ', record.Statements.Select(statement => statement.Key.Type).Distinct()
            .SelectMany(type => record.OfType(type).ToArray().Select(statement => statement.Key)));
        return $"{record.NextSeq} {record.Count} {record.CurrentBytes} {byType} {Convert.ToHexString(output.WrittenSpan)}";
    }

    private static string Text(Decision decision)
    {
        var text = new StringBuilder(Convert.ToHexString(Frame(decision.Outcome)));
        foreach (var happened in decision.Events)
            text.Append(' ').Append(Convert.ToHexString(Frame(happened)));
        return text.ToString();
    }
}

using System.Buffers;
using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Tests;

public class WireCodecTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static TheoryData<Event> Events => new()
    {
        Samples.Stored("Observation/a", 3),
        new ResourceDeleted { Key = ResourceKey.Parse("Observation/a"), Version = 4, At = At, Source = "local", MessageId = "m" },
        new SubmissionAccepted
        {
            Source = "local", MessageId = "m", Digest = new Blob(new byte[] { 1, 2 }), At = At,
            Results = [new ChangeResult(ResourceKey.Parse("Observation/a"), 4, ChangeEffect.Deleted, At)],
        },
        new AccessRecorded { Entry = Samples.Entry },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_is_read_back_as_it_was_written(Event written)
    {
        var output = new ArrayBufferWriter<byte>();
        WireCodec.Write(output, written);
        var read = WireCodec.Read<Event>(output.WrittenMemory, out int used);
        Assert.Equal(output.WrittenCount, used);
        var again = new ArrayBufferWriter<byte>();
        WireCodec.Write(again, read);
        Assert.Equal(output.WrittenSpan.ToArray(), again.WrittenSpan.ToArray());
        Assert.Equal(written.GetType(), read.GetType());
    }

    [Fact]
    public void A_cut_frame_is_an_error_at_every_length()
    {
        var output = new ArrayBufferWriter<byte>();
        WireCodec.Write<Event>(output, Samples.Stored("Observation/a", 1));
        for (int length = 0; length < output.WrittenCount; length++)
            Assert.Throws<FormatException>(() => WireCodec.Read<Event>(output.WrittenMemory[..length], out _));
    }

    [Fact]
    public void Omitted_members_read_as_their_defaults()
    {
        var command = new Submit { Who = null, MessageId = "m", Digest = default, Interaction = "create", Changes = [new Change { Kind = ChangeKind.Delete, Key = new("A", "b") }] };
        var read = (Submit)WireCodec.RoundTrip(command, typeof(Command))!;
        Assert.True(read.Changes[0].IfNoneExist.IsEmpty);
        var older = System.Text.Json.JsonSerializer.Deserialize("""{"$":"access-recorded","entry":{"id":"e","at":"2026-01-01T00:00:00Z","who":null,"interaction":"read","asked":"x"}}""", CoreJson.Default.Event)!;
        Assert.Empty(((AccessRecorded)older).Entry.Versions);
        var entry = (NoteAccess)WireCodec.RoundTrip(new NoteAccess { Who = null, Interaction = "read", Asked = "" }, typeof(Command))!;
        Assert.Null(entry.RefusedBy);
    }

    [Fact]
    public void Criteria_cross_the_wire_and_still_match()
    {
        var record = new PatientRecord();
        RecordFold.Evolve(record, Samples.Stored("Observation/a", 1));
        var search = new SearchRecord
        {
            Who = Samples.Clinician, Types = ["Observation"], Count = 10, Asked = "", Interaction = "search-type",
            Criteria = [new TokenCriterion("code", [new TokenValue("http://loinc.org", "8867-4")])],
        };
        var read = (SearchRecord)WireCodec.RoundTrip(search, typeof(Command))!;
        var released = (Released)RecordDecider.Decide(record, read, new Facts(At, "e")).Outcome;
        Assert.Equal(1, released.Total);
    }
}

using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

public class WireCodecTests
{
    public static TheoryData<int> Indexes => [.. Enumerable.Range(0, Vocabulary.All.Count())];

    [Theory]
    [MemberData(nameof(Indexes))]
    public void A_frame_is_read_back_as_it_was_written(int index)
    {
        object written = Vocabulary.All.ElementAt(index);
        var read = Read(written, Frame(written), out int used);
        Assert.Equal(written.GetType(), read.GetType());
        Assert.Equal(Frame(written).Length, used);
        Assert.Equal(Frame(written), Frame(read));
        Assert.Equal(Json(written), Json(read));
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void What_crosses_between_grains_arrives_equal_and_shares_no_memory(int index)
    {
        object sent = Vocabulary.All.ElementAt(index);
        object arrived = WireCodec.RoundTrip(sent, Vocabulary.RootOf(sent))!;
        Assert.Equal(Json(sent), Json(arrived));
        Assert.NotSame(sent, arrived);
    }

    [Fact]
    public void A_body_that_crosses_between_grains_is_copied()
    {
        byte[] bytes = "{}"u8.ToArray();
        var stored = (ResourceStored)WireCodec.RoundTrip(Stored("Observation/a", 1) with { Body = Body() with { Json = new Blob(bytes) } },
            typeof(Event))!;
        bytes[0] = 0;
        Assert.Equal("{}"u8.ToArray(), stored.Body.Json.Span.ToArray());
    }

    [Fact]
    public void What_grains_answer_beside_outcomes_crosses_too()
    {
        var transaction = new Transaction(Submission("m", Create("Patient/p")),
            [new OtherRecord("Organization/o", Submission("m", Create("Organization/o")))]);
        Assert.Equal("Organization/o", ((Transaction)WireCodec.RoundTrip(transaction, typeof(Transaction))!).Others[0].Log);
        var preparation = new Preparation("p", new AccessNoted(), new Blob("sealed"u8.ToArray()));
        Assert.Equal(preparation.Sealed, ((Preparation)WireCodec.RoundTrip(preparation, typeof(Preparation))!).Sealed);
        Assert.Equal(new ResourceKey("A", "b"), WireCodec.RoundTrip(new ResourceKey("A", "b"), typeof(ResourceKey)));
        Assert.Equal("Patient/p", WireCodec.RoundTrip("Patient/p", typeof(string)));
        Assert.Equal<string>(["a", "b"], (ImmutableArray<string>)WireCodec.RoundTrip(ImmutableArray.Create("a", "b"),
            typeof(ImmutableArray<string>))!);
        Assert.Equal([17, true, null], [WireCodec.RoundTrip(17, typeof(int)), WireCodec.RoundTrip(true, typeof(bool)),
            WireCodec.RoundTrip(null, typeof(string))]);
    }

    [Fact]
    public void A_value_known_by_its_own_type_is_written_with_its_name_too()
    {
        ResourceStored stored = Stored("Observation/a", 1);
        var output = new ArrayBufferWriter<byte>();
        WireCodec.Write(output, stored);
        Assert.Equal(Frame(stored), output.WrittenSpan.ToArray());
        Assert.Equal(stored.Key, WireCodec.Read<ResourceStored>(output.WrittenMemory, out _).Key);
        Assert.Throws<FormatException>(() => WireCodec.Read<ResourceDeleted>(output.WrittenMemory, out _));
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void A_cut_frame_is_an_error_at_every_length(int index)
    {
        object written = Vocabulary.All.ElementAt(index);
        byte[] frame = Frame(written);
        for (int length = 0; length < frame.Length; length++)
            Assert.Throws<FormatException>(() => Read(written, frame.AsMemory(0, length), out _));
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void A_frame_without_one_of_its_members_is_an_error_or_reads_as_a_default(int index)
    {
        object written = Vocabulary.All.ElementAt(index);
        foreach (string shorter in WithoutEachMember(System.Text.Json.Nodes.JsonNode.Parse(Json(written))!))
        {
            try
            {
                object read = JsonSerializer.Deserialize(shorter, CoreJson.Default.Options.GetTypeInfo(Vocabulary.RootOf(written)))!;
                // What reads must also be usable: writing it touches every member.
                Assert.NotEmpty(Frame(read));
            }
            catch (Exception refused) when (refused is JsonException or NotSupportedException)
            {
                Assert.NotEmpty(refused.Message);
            }
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"$":"unheard-of"}""")]
    [InlineData("""{"$":"resource-stored"}""")]
    [InlineData("""{"$":"resource-deleted","key":"no slash","version":1,"at":"2026-01-01T00:00:00Z","source":"s","messageId":"m"}""")]
    [InlineData("""{"$":"resource-deleted","key":null,"version":1,"at":"2026-01-01T00:00:00Z","source":"s","messageId":"m"}""")]
    [InlineData("""{"$":"resource-deleted","key":"A/b","version":1,"at":"2026-01-01T00:00:00Z","source":null,"messageId":"m"}""")]
    [InlineData("""{"$":"submission-accepted","source":"s","messageId":"m","digest":0,"results":null,"at":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"$":"submission-accepted","source":"s","messageId":"m","digest":0,"results":[],"at":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"$":"submission-accepted","source":"s","messageId":"m","digest":-1,"results":[],"at":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"$":"submission-accepted","source":"s","messageId":"m","digest":"AAAA","results":[],"at":"2026-01-01T00:00:00Z"}""")]
    public void A_head_that_is_no_event_is_an_error(string head) =>
        Assert.Throws<FormatException>(() => WireCodec.Read<Event>(FrameOf(head), out _));

    [Theory]
    [InlineData("""{"$":"search","who":null,"types":[],"count":1,"asked":"","interaction":"","criteria":[{"$":"token","values":[]}]}""")]
    [InlineData("""{"$":"search","who":null,"types":[],"count":1,"asked":"","interaction":"","criteria":[{"$":"token","param":"code"}]}""")]
    [InlineData("""{"$":"match","who":null,"type":"A","count":1,"asked":"","criteria":[{"$":"reference","values":["x"]}]}""")]
    public void A_head_that_is_no_command_is_an_error(string head) =>
        Assert.Throws<FormatException>(() => WireCodec.Read<Command>(FrameOf(head), out _));

    [Fact]
    public void Members_that_a_newer_program_added_are_passed_over()
    {
        const string head =
            """{"$":"resource-deleted","new":[{}],"key":"A/b","version":1,"at":"2026-01-01T00:00:00Z","source":"s","messageId":"m"}""";
        var read = WireCodec.Read<Event>(FrameOf(head), out _);
        Assert.Equal("b", ((ResourceDeleted)read).Key.Id);
    }

    [Fact]
    public void Omitted_members_read_as_their_defaults()
    {
        var command = Submission("m", Delete("A/b")) with { Who = null };
        var read = (Submit)WireCodec.RoundTrip(command, typeof(Command))!;
        Assert.True(read.Changes[0].IfNoneExist.IsEmpty);
        const string older =
            """{"$":"access-recorded","entry":{"id":"e","at":"2026-01-01T00:00:00Z","who":null,"interaction":"read","asked":"x"}}""";
        Assert.Empty(((AccessRecorded)JsonSerializer.Deserialize(older, CoreJson.Default.Event)!).Entry.Versions);
        var entry = (NoteAccess)WireCodec.RoundTrip(new NoteAccess { Who = null, Interaction = "read", Asked = "" }, typeof(Command))!;
        Assert.Null(entry.RefusedBy);
    }

    [Fact]
    public void Criteria_cross_the_wire_and_still_match()
    {
        var live = Live.After(Create("Observation/a"));
        var search = new SearchRecord
        {
            Who = Clinician, Types = ["Observation"], Count = 10, Asked = "", Interaction = "search-type",
            Criteria = [new TokenCriterion("code", [new TokenValue("http://loinc.org", "8867-4")])],
        };
        Assert.Equal(1, ((Released)live.Do((SearchRecord)WireCodec.RoundTrip(search, typeof(Command))!)).Total);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(127, 1)]
    [InlineData(128, 2)]
    [InlineData(16_383, 2)]
    [InlineData(int.MaxValue, 5)]
    public void A_varint_is_as_in_protobuf(int value, int length)
    {
        var output = new ArrayBufferWriter<byte>();
        WireCodec.PutVarint(output, value);
        int at = 0;
        Assert.Equal(value, WireCodec.TakeVarint(output.WrittenSpan, ref at));
        Assert.Equal((length, length), (output.WrittenCount, at));
    }

    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x10 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 })]
    public void A_varint_that_is_cut_or_too_large_is_an_error(byte[] bytes) => Assert.Throws<FormatException>(() =>
    {
        int at = 0;
        return WireCodec.TakeVarint(bytes, ref at);
    });

    internal static byte[] Frame(object value)
    {
        var output = new ArrayBufferWriter<byte>();
        switch (value)
        {
            case Event happened: WireCodec.Write(output, happened); break;
            case Command command: WireCodec.Write(output, command); break;
            case Outcome outcome: WireCodec.Write(output, outcome); break;
        }
        return output.WrittenSpan.ToArray();
    }

    internal static object Read(object alike, ReadOnlyMemory<byte> frame, out int used) => alike switch
    {
        Event => WireCodec.Read<Event>(frame, out used),
        Command => WireCodec.Read<Command>(frame, out used),
        _ => WireCodec.Read<Outcome>(frame, out used),
    };

    private static string Json(object value) => JsonSerializer.Serialize(value,
        CoreJson.Default.Options.GetTypeInfo(Vocabulary.RootOf(value)));

    private static byte[] FrameOf(string head) => [(byte)((head.Length & 0x7F) | 0x80), (byte)(head.Length >> 7),
        .. System.Text.Encoding.UTF8.GetBytes(head), 0];

    private static IEnumerable<string> WithoutEachMember(System.Text.Json.Nodes.JsonNode root)
    {
        foreach (string path in Members(root).ToArray())
        {
            var copy = root.DeepClone();
            var holder = copy;
            string[] steps = path.Split('/');
            foreach (string step in steps[..^1])
                holder = int.TryParse(step, out int at) ? holder![at] : holder![step];
            holder!.AsObject().Remove(steps[^1]);
            yield return copy.ToJsonString();
        }
    }

    private static IEnumerable<string> Members(System.Text.Json.Nodes.JsonNode? node) => node switch
    {
        System.Text.Json.Nodes.JsonObject members =>
            members.SelectMany(member => Members(member.Value).Select(below => $"{member.Key}/{below}").Append(member.Key)),
        System.Text.Json.Nodes.JsonArray items => items.SelectMany((item, i) => Members(item).Select(below => $"{i}/{below}")),
        _ => [],
    };
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests;

/// <summary>What is written by hand is what the serializer writes, byte for byte.</summary>
public class EventHeadsTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 10, 11, 12, 345, 678, TimeSpan.Zero);
    private static readonly Requester Odd = new()
    {
        Subject = "d\"r\\ <Ä> \u2028 \ud83d\ude00", Roles = [.. Enum.GetValues<Role>()], Purpose = "TREAT", Source = "lab+1",
    };

    private static readonly Event[] Bare =
    [
        new SubmissionAccepted { Source = "", MessageId = "", Digest = default, Results = [], At = default },
        new AccessRecorded { Entry = new() { Id = "", At = default, Who = null, Interaction = "read", Asked = "" } },
        new ResourceStored
        {
            Key = new("Observation", "x"), Version = 1, At = At, Source = "s", MessageId = "m",
            Body = new() { Json = default, MetaAt = 0, MetaLength = 0, Terms = default, Extractor = 1 },
        },
    ];

    [Fact]
    public void Heads_are_written_as_the_serializer_writes_them()
    {
        int written = 0;
        foreach (var happened in Vocabulary.All.OfType<Event>().Concat(Bare).Concat(Full()))
        {
            var byHand = Written(json => EventHeads.TryWrite(json, happened));
            if (byHand.Length == 0)
                continue;
            written++;
            Assert.Equal(
                Encoding.UTF8.GetString(Written(json => JsonSerializer.Serialize(json, happened, CoreJson.Default.Event))),
                Encoding.UTF8.GetString(byHand));
        }
        Assert.True(written >= 9, "Each of the three kinds of event is there, full and bare.");
    }

    /// <summary>A member that is added to one of these types has to be written by hand too.</summary>
    [Theory]
    [InlineData(typeof(ResourceStored), 6)]
    [InlineData(typeof(StatementBody), 6)]
    [InlineData(typeof(SubmissionAccepted), 5)]
    [InlineData(typeof(ChangeResult), 4)]
    [InlineData(typeof(AccessRecorded), 1)]
    [InlineData(typeof(AccessEntry), 9)]
    [InlineData(typeof(ReleasedVersion), 2)]
    [InlineData(typeof(Requester), 4)]
    [InlineData(typeof(Measured), 5)]
    public void No_member_is_left_out(Type type, int members) =>
        Assert.Equal(members, CoreJson.Default.Options.GetTypeInfo(type).Properties.Count);

    private static IEnumerable<Event> Full()
    {
        foreach (var variable in Enum.GetValues<Variable>().Append((Variable)0).Append((Variable)9999))
            yield return With(new Measured { Variable = variable, Value = 1.50m + (int)variable, At = At });
        var period = new Measured { Variable = Variable.UrineOutput, Value = -0.0m, At = At, From = At.AddDays(-1), IsPreliminary = true };
        yield return With(period, period with { From = null });
        yield return With(period, new Cultured { At = At });
        var longId = new ResourceKey("MedicationAdministration", new string('x', 200));
        yield return new SubmissionAccepted
        {
            Source = "é", MessageId = "a&b", Digest = new Blob(new byte[32]), At = At,
            Results = [.. Enum.GetValues<ChangeEffect>().Select((effect, i) => new ChangeResult(longId, i, effect, At.AddTicks(i)))],
        };
        foreach (var feed in Enum.GetValues<Feed>())
        {
            yield return new AccessRecorded
            {
                Entry = new()
                {
                    Id = "1", At = At.ToOffset(TimeSpan.FromHours(5.5)), Who = Odd, Interaction = "search-type", Asked = "a?b=<c>",
                    RefusedBy = "RoleNotPermitted", Versions = [new(longId, 3), new(new("Patient", "ü"), 4)], Feed = feed, RequestId = "r",
                },
            };
        }
    }

    private static ResourceStored With(params Finding[] findings) => new()
    {
        Key = new("Observation", "x"), Version = 1, At = At, Source = "s", MessageId = "m",
        Body = new() { Json = default, MetaAt = 0, MetaLength = 0, Terms = default, Extractor = 1, Findings = [.. findings] },
    };

    private static byte[] Written(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
            write(json);
        return output.WrittenSpan.ToArray();
    }
}

using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Grpc.V1;
using static PatientGrains.Grpc.Tests.Client.SubmitStreams;

namespace PatientGrains.Grpc.Tests.Client;

/// <summary>A server that has no room now and then.</summary>
public class BusyServerTests
{
    private static readonly MethodDescriptor Single = RecordsReflection.Descriptor.Services[0].FindMethodByName("Submit");

    /// <summary>Each is refused for want of room at its first or second coming, at random: all are taken in the end, once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_the_server_had_no_room_for_comes_again_until_it_is_taken(int seed)
    {
        var random = new Random(seed);
        var taken = new List<string>();
        await using var server = await Serve(async (requests, responses, _) =>
        {
            await foreach (var submission in requests)
            {
                bool isBusy = random.Next(10) == 0;
                if (!isBusy)
                    taken.Add(submission.MessageId);
                await responses.Write(isBusy ? Busy(submission) : new SubmissionAnswer { MessageId = submission.MessageId });
            }
        });
        int waits = 0;
        var answers = await Push(server, 300, new PushOptions { Window = 20, Busy = AtOnceAgain with { OnBusy = _ => waits++ } });
        Assert.Equal(Ids(300).Order(), answers.Select(answer => answer.MessageId).Order());
        Assert.All(answers, answer => Assert.Null(answer.Refusal));
        Assert.Equal(Ids(300).Order(), taken.Order());
        Assert.InRange(waits, 1, 300);
    }

    [Fact]
    public async Task What_is_never_taken_is_a_refusal_in_the_end()
    {
        int came = 0;
        await using var server = await Serve(async (requests, responses, _) =>
        {
            await foreach (var submission in requests)
            {
                came++;
                await responses.Write(Busy(submission));
            }
        });
        var answer = Assert.Single(await Push(server, 1, new PushOptions { Busy = AtOnceAgain with { MaxTimes = 3 } }));
        Assert.Equal((int)GrpcCode.ResourceExhausted, answer.Refusal.Code);
        Assert.Equal(4, came);
    }

    /// <summary>The later one may be taken by then: the earlier one, coming again, would undo it.</summary>
    [Fact]
    public async Task One_that_has_a_successor_on_its_way_does_not_come_again()
    {
        var came = new List<string>();
        await using var server = await Serve(async (requests, responses, _) =>
        {
            var first = (await requests.Next())!;
            var second = (await requests.Next())!;
            came.AddRange([first.MessageId, second.MessageId]);
            responses.Add(Busy(first));
            await responses.Write(new SubmissionAnswer { MessageId = second.MessageId });
            await foreach (var submission in requests)
                came.Add(submission.MessageId);
        });
        var sent = new[] { "m0", "m1" }.Select(id => new Submission { MessageId = id, Type = "Observation", Id = "o" });
        var answers = new List<SubmissionAnswer>();
        await foreach (var answer in new PatientGrainsClient(server.Channel())
            .SubmitStream(sent.ToAsyncEnumerable(), new PushOptions { Busy = AtOnceAgain }))
            answers.Add(answer);
        Assert.Equal(["m0", "m1"], came);
        Assert.NotNull(answers.Single(answer => answer.MessageId == "m0").Refusal);
        Assert.Null(answers.Single(answer => answer.MessageId == "m1").Refusal);
    }

    [Fact]
    public void Waits_grow_are_spread_and_are_no_shorter_than_told()
    {
        var delay = new BusyOptions().Delay;
        foreach (var (times, seconds) in ((int, int)[])[(1, 1), (2, 2), (3, 4), (6, 30), (20, 30)])
        {
            var waits = Enumerable.Range(0, 100).Select(_ => delay(times).TotalSeconds).ToList();
            Assert.All(waits, wait => Assert.InRange(wait, seconds, 2 * seconds));
            Assert.True(waits.Distinct().Count() > 10);
        }
    }

    private static readonly BusyOptions AtOnceAgain = new() { Delay = _ => TimeSpan.Zero };

    private static SubmissionAnswer Busy(Submission submission) => new()
    {
        MessageId = submission.MessageId,
        Refusal = Refusal().ToStatus(),
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_single_submission_comes_again_when_the_client_was_told_to(bool comesAgain)
    {
        int came = 0;
        await using var server = await EchoServer.Start([GrpcMethod.Unary<Submission, SubmissionAnswer>(Single, (submission, _) =>
            ++came < 3 ? throw Refusal() : Task.FromResult(new SubmissionAnswer { MessageId = submission.MessageId }))]);
        var client = new PatientGrainsClient(server.Channel(), comesAgain ? AtOnceAgain : null);
        var answer = client.Submit(new Submission { MessageId = "m" });
        if (comesAgain)
            Assert.Equal("m", (await answer).MessageId);
        else
            Assert.Equal(GrpcCode.ResourceExhausted, (await Assert.ThrowsAsync<GrpcException>(() => answer)).Code);
        Assert.Equal(comesAgain ? 3 : 1, came);
    }

    private static GrpcException Refusal() =>
        new(GrpcCode.ResourceExhausted, "busy", new Rpc.RetryInfo { RetryDelay = new() });
}

using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc.Tests.Client;

public class SubmitStreamTests
{
    private static readonly MethodDescriptor Method = RecordsReflection.Descriptor.Services[0].FindMethodByName("SubmitStream");

    private static readonly ResumeOptions AtOnce = new() { Delay = _ => TimeSpan.Zero };

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_024)]
    public async Task Every_submission_is_answered_once(int window)
    {
        await using var server = await Serve(async (requests, responses, _) =>
        {
            await foreach (var submission in requests)
                await responses.Write(new SubmissionAnswer { MessageId = submission.MessageId });
        });
        var answers = await Push(server, 1_000, new PushOptions { Window = window });
        Assert.Equal(Ids(1_000), answers.Select(answer => answer.MessageId));
    }

    [Fact]
    public async Task No_more_than_the_window_is_unanswered()
    {
        int unanswered = 0;
        int most = 0;
        await using var server = await Serve(async (requests, responses, _) =>
        {
            var batch = new List<Submission>();
            await foreach (var submission in requests)
            {
                most = Math.Max(most, ++unanswered);
                batch.Add(submission);
                if (batch.Count < 10)
                    continue;
                foreach (var one in batch)
                    responses.Add(new SubmissionAnswer { MessageId = one.MessageId });
                unanswered -= batch.Count;
                batch.Clear();
                await responses.Flush();
            }
        });
        Assert.Equal(200, (await Push(server, 200, new PushOptions { Window = 10 })).Count);
        Assert.Equal(10, most);
    }

    /// <summary>
    /// The server takes, answers and dies at random places: some messages took effect and were not answered, some were not even read.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_stream_that_breaks_at_random_goes_on_and_each_submission_has_one_effect(int seed)
    {
        var random = new Random(seed);
        var effects = new ConcurrentDictionary<string, int>();
        var order = new List<string>();
        int breaks = 0;
        await using var server = await Serve(async (requests, responses, call) =>
        {
            int life = random.Next(0, 60);
            await foreach (var submission in requests)
            {
                bool first = effects.TryAdd(submission.MessageId, 1);
                if (first)
                    order.Add(submission.MessageId);
                if (life-- == 0)
                {
                    breaks++;
                    if (random.Next(2) == 0)
                        call.Http.Abort();
                    throw new GrpcException(GrpcCode.Unavailable, "broken");
                }
                await responses.Write(new SubmissionAnswer { MessageId = submission.MessageId, IsRepeat = !first });
            }
        });
        var answers = await Push(server, 2_000, new PushOptions { Window = 50, Resume = AtOnce });
        Assert.Equal(Ids(2_000).Order(), answers.Select(answer => answer.MessageId).Order());
        Assert.Equal(Ids(2_000), order);
        Assert.Contains(answers, answer => answer.IsRepeat);
        Assert.InRange(breaks, 10, 2_000);
    }

    [Fact]
    public async Task A_server_that_restarts_is_found_again()
    {
        int life = 2;
        await using var server = await Serve(async (requests, responses, call) =>
        {
            for (int i = 0; i < 5 && await requests.Next() is { } submission; i++)
                await responses.Write(new SubmissionAnswer { MessageId = submission.MessageId });
            // An end with OK before everything is answered is a break too.
            if (life-- > 0)
                return;
            await foreach (var submission in requests)
                await responses.Write(new SubmissionAnswer { MessageId = submission.MessageId });
        });
        Assert.Equal(100, (await Push(server, 100, new PushOptions { Resume = AtOnce })).Count);
    }

    [Fact]
    public async Task A_stream_that_cannot_go_on_says_so()
    {
        await using var server = await Serve((_, _, _) => throw new GrpcException(GrpcCode.PermissionDenied, "no"));
        var error = await Assert.ThrowsAsync<GrpcException>(() => Push(server, 10, new PushOptions { Resume = AtOnce }));
        Assert.Equal(GrpcCode.PermissionDenied, error.Code);
    }

    [Fact]
    public async Task A_stream_that_breaks_again_and_again_without_an_answer_gives_up()
    {
        int calls = 0;
        int told = 0;
        await using var server = await Serve((_, _, _) =>
        {
            calls++;
            throw new GrpcException(GrpcCode.Unavailable, "not now");
        });
        var options = new PushOptions { Resume = AtOnce with { MaxFailures = 3, OnFailure = _ => told++ } };
        var error = await Assert.ThrowsAsync<GrpcException>(() => Push(server, 10, options));
        Assert.Equal((GrpcCode.Unavailable, 4, 3), (error.Code, calls, told));
    }

    [Fact]
    public async Task Two_unanswered_submissions_of_one_id_are_an_error()
    {
        await using var server = await Serve(async (requests, _, _) => await requests.Next());
        var twice = new[] { new Submission { MessageId = "same" }, new Submission { MessageId = "same" } }.ToAsyncEnumerable();
        await Assert.ThrowsAsync<ArgumentException>(async () =>
        {
            await foreach (var _ in new PatientGrainsClient(server.Channel()).SubmitStream(twice, new PushOptions { Resume = AtOnce }))
                Assert.Fail("Nothing was answered.");
        });
    }

    [Fact]
    public async Task A_source_that_fails_is_heard_after_what_it_gave_is_answered()
    {
        await using var server = await Serve(async (requests, responses, _) =>
        {
            await foreach (var submission in requests)
                await responses.Write(new SubmissionAnswer { MessageId = submission.MessageId });
        });
        var answers = new List<SubmissionAnswer>();
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (var answer in new PatientGrainsClient(server.Channel()).SubmitStream(Failing()))
                answers.Add(answer);
        });
        Assert.Equal(3, answers.Count);

        static async IAsyncEnumerable<Submission> Failing()
        {
            for (int i = 0; i < 3; i++)
                yield return new Submission { MessageId = $"m{i}" };
            await Task.Yield();
            throw new FormatException("a bad line");
        }
    }

    [Fact]
    public async Task Leaving_the_loop_ends_the_call()
    {
        var left = new TaskCompletionSource();
        await using var server = await Serve(async (requests, responses, call) =>
        {
            try
            {
                await foreach (var submission in requests)
                    await responses.Write(new SubmissionAnswer { MessageId = submission.MessageId });
            }
            catch (OperationCanceledException)
            {
                left.SetResult();
                throw;
            }
        });
        await foreach (var _ in new PatientGrainsClient(server.Channel()).SubmitStream(Many(1_000_000), new PushOptions { Window = 5 }))
            break;
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

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
        Refusal = new GrpcException(GrpcCode.ResourceExhausted, "busy", new Rpc.RetryInfo { RetryDelay = new() }).ToStatus(),
    };

    private static Task<EchoServer> Serve(Func<GrpcRequests<Submission>, GrpcResponses<SubmissionAnswer>, GrpcCall, Task> handler) =>
        EchoServer.Start([GrpcMethod.Bidi(Method, handler)]);

    private static async Task<List<SubmissionAnswer>> Push(EchoServer server, int count, PushOptions options)
    {
        var answers = new List<SubmissionAnswer>();
        await foreach (var answer in new PatientGrainsClient(server.Channel()).SubmitStream(Many(count), options))
            answers.Add(answer);
        return answers;
    }

    private static async IAsyncEnumerable<Submission> Many(int count)
    {
        foreach (string id in Ids(count))
        {
            yield return new Submission { MessageId = id, Kind = SubmissionKind.Create, Body = ByteString.CopyFromUtf8("{}") };
            if (id.EndsWith('0'))
                await Task.Yield();
        }
    }

    private static IEnumerable<string> Ids(int count) => Enumerable.Range(0, count).Select(i => $"m{i}");
}

using System.Collections.Concurrent;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Grpc.V1;
using static PatientGrains.Grpc.Tests.Client.SubmitStreams;

namespace PatientGrains.Grpc.Tests.Client;

public class SubmitStreamTests
{
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
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
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
        await left.Task.WaitAsync(EchoServer.Patience);
    }
}

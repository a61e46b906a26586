using Google.Protobuf;
using PatientGrains.Gateway.Grpc;
using PatientGrains.Grpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Grpc;

/// <summary>The pipeline alone, on submissions that end when the test says so.</summary>
public class SubmissionStreamTests
{
    private readonly Dictionary<string, TaskCompletionSource> _begun = [];
    private readonly List<string> _answered = [];
    private int _read;

    [Fact]
    public async Task It_reads_no_more_than_may_be_unanswered()
    {
        var run = Run(width: 4, [.. Enumerable.Range(0, 10).Select(i => Of($"m{i}"))]);
        Assert.Equal(4, _read);
        Assert.Equal(4, _begun.Count);
        _begun["m2"].SetResult();
        Assert.Equal(5, _read);
        Assert.Equal(["m2"], _answered);
        while (_answered.Count < 10)
            _begun.Values.First(one => !one.Task.IsCompleted).SetResult();
        await run;
    }

    [Fact]
    public async Task A_large_one_takes_the_places_of_many()
    {
        var large = Of("large");
        large.Body = ByteString.CopyFrom(new byte[3 * (128 << 10)]);
        var run = Run(width: 4, [large, Of("small")]);
        Assert.Equal(1, _read);
        _begun["large"].SetResult();
        _begun["small"].SetResult();
        await run;
        Assert.Equal(["large", "small"], _answered);
    }

    [Fact]
    public async Task What_names_the_same_resource_waits_for_the_one_before_and_nothing_else_does()
    {
        var run = Run(width: 8, [Of("a1", "a"), Of("a2", "a"), Of("b1", "b"), Of("a3", "a")]);
        Assert.Equal(["a1", "b1"], _begun.Keys);
        _begun["a1"].SetResult();
        Assert.Equal(["a1", "b1", "a2"], _begun.Keys);
        _begun["a2"].SetResult();
        _begun["a3"].SetResult();
        _begun["b1"].SetResult();
        await run;
        Assert.Equal(["a1", "a2", "a3", "b1"], _answered);
    }

    [Fact]
    public async Task When_the_server_stops_what_was_taken_in_is_answered_first()
    {
        using var stopping = new CancellationTokenSource();
        var silent = new TaskCompletionSource<V1.Submission?>();
        var sent = new Queue<Task<V1.Submission?>>([Task.FromResult<V1.Submission?>(Of("m1")), silent.Task]);
        var stream = new SubmissionStream(
            Take, () => new ValueTask<V1.Submission?>(sent.Dequeue()), one => _answered.Add(one.MessageId), () => ValueTask.CompletedTask, 4);
        var run = stream.Run(() => _ = stopping.IsCancellationRequested ? throw StatusTable.ServerStops() : 0, stopping.Token);
        await stopping.CancelAsync();
        Assert.False(run.IsCompleted);
        _begun["m1"].SetResult();
        Assert.Equal(GrpcCode.Unavailable, (await Assert.ThrowsAsync<GrpcException>(() => run)).Code);
        Assert.Equal(["m1"], _answered);
    }

    private Task Run(int width, V1.Submission[] sent)
    {
        var stream = new SubmissionStream(
            Take,
            () => new ValueTask<V1.Submission?>(_read < sent.Length ? sent[_read++] : null),
            one => _answered.Add(one.MessageId),
            () => ValueTask.CompletedTask,
            width);
        return stream.Run(() => { }, default);
    }

    private async Task<V1.SubmissionAnswer> Take(V1.Submission sent)
    {
        var end = _begun[sent.MessageId] = new TaskCompletionSource();
        await end.Task;
        return new V1.SubmissionAnswer { MessageId = sent.MessageId };
    }

    private static V1.Submission Of(string messageId, string id = "") => new() { MessageId = messageId, Type = "Observation", Id = id };
}

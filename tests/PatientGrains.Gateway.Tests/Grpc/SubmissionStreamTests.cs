using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Google.Protobuf;
using PatientGrains.Gateway.Grpc;
using PatientGrains.Grpc;
using PatientGrains.Grpc.Rpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Grpc;

/// <summary>The pipeline alone, on submissions that end when the test says so.</summary>
public class SubmissionStreamTests
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _open = [];
    private readonly ConcurrentQueue<string> _begun = [];
    private readonly ConcurrentQueue<string> _answered = [];
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _entering = [];
    private readonly ConcurrentDictionary<string, string> _refused = [];
    private Func<string, bool> _isFull = _ => false;
    private bool _isShut;
    private int _inside;
    private int _read;

    [Fact]
    public async Task It_reads_no_more_than_may_be_unanswered()
    {
        var run = Run(width: 4, [.. Enumerable.Range(0, 10).Select(i => Of($"m{i}"))]);
        await Unhurried.Until(() => _begun.Count == 4);
        Assert.Equal(4, _read);
        _open["m2"].SetResult();
        await Unhurried.Until(() => _begun.Count == 5);
        Assert.Equal(5, _read);
        Assert.Equal(["m2"], _answered);
        for (int i = 0; i < 10; i++)
        {
            await Unhurried.Until(() => _open.ContainsKey($"m{i}"));
            _open[$"m{i}"].TrySetResult();
        }
        await run;
        Assert.Equal(10, _answered.Count);
    }

    [Fact]
    public async Task A_large_one_takes_the_places_of_many()
    {
        var large = Of("large");
        large.Body = ByteString.CopyFrom(new byte[3 * (128 << 10)]);
        var run = Run(width: 4, [large, Of("small")]);
        await Unhurried.Until(() => _begun.Count == 1);
        Assert.Equal(1, _read);
        _open["large"].SetResult();
        await Unhurried.Until(() => _begun.Count == 2);
        _open["small"].SetResult();
        await run;
        Assert.Equal(["large", "small"], _answered);
    }

    [Fact]
    public async Task What_names_the_same_resource_waits_for_the_one_before_and_nothing_else_does()
    {
        var run = Run(width: 8, [Of("a1", "a"), Of("a2", "a"), Of("b1", "b"), Of("a3", "a")]);
        await Unhurried.Until(() => _begun.Count == 2);
        Assert.Equal(["a1", "b1"], _begun);
        _open["a1"].SetResult();
        await Unhurried.Until(() => _begun.Count == 3);
        Assert.Equal("a2", _begun.Last());
        _open["a2"].SetResult();
        await Unhurried.Until(() => _begun.Count == 4);
        _open["a3"].SetResult();
        await Unhurried.Until(() => _answered.Count == 3);
        _open["b1"].SetResult();
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
            Enter, Take, () => new ValueTask<V1.Submission?>(sent.Dequeue()),
            one => _answered.Enqueue(one.MessageId), () => ValueTask.CompletedTask, 4, new AnswerMeter("lab", TimeProvider.System));
        var run = stream.Run(() => _ = stopping.IsCancellationRequested ? throw StatusTable.ServerStops() : 0, stopping.Token);
        await stopping.CancelAsync();
        Assert.False(run.IsCompleted);
        _open["m1"].SetResult();
        Assert.Equal(GrpcCode.Unavailable, (await Assert.ThrowsAsync<GrpcException>(() => run)).Code);
        Assert.Equal(["m1"], _answered);
    }

    [Fact]
    public async Task How_long_each_took_is_told_when_its_answer_has_left_with_its_source_and_nothing_else()
    {
        string source = "lab-" + Guid.NewGuid().ToString("N");
        var told = new ConcurrentQueue<(double Seconds, int Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, it) =>
            {
                if (instrument.Name == "patientgrains.gateway.submission.duration")
                    it.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            if (tags[0] is { Key: "source", Value: string name } && name == source)
                told.Enqueue((seconds, tags.Length));
        });
        listener.Start();
        var sent = new Queue<V1.Submission?>([Of("m1"), Of("m2"), null]);
        var stream = new SubmissionStream(
            Enter, Take, () => new ValueTask<V1.Submission?>(sent.Dequeue()),
            Answered, () => ValueTask.CompletedTask, 4, new AnswerMeter(source, TimeProvider.System));
        var run = stream.Run(() => { }, default);
        await Unhurried.Until(() => _begun.Count == 2);
        Assert.Empty(told);
        _open["m1"].SetResult();
        await Unhurried.Until(() => told.Count == 1);
        _open["m2"].SetResult();
        await run;
        Assert.Equal(2, told.Count);
        Assert.All(told, one => Assert.True(one is { Seconds: > 0, Tags: 1 }));
    }

    [Fact]
    public async Task It_reads_on_only_when_what_it_read_was_let_in()
    {
        _isShut = true;
        var run = Run(width: 8, [Of("m0"), Of("m1"), Of("m2")]);
        await Unhurried.Until(() => _entering.Count == 1);
        Assert.Equal(1, _read);
        Assert.Empty(_begun);
        for (int i = 0; i < 3; i++)
        {
            await Unhurried.Until(() => _entering.ContainsKey($"m{i}"));
            Assert.Equal(i + 1, _read);
            _entering[$"m{i}"].SetResult();
            await Unhurried.Until(() => _open.ContainsKey($"m{i}"));
        }
        foreach (var end in _open.Values)
            end.SetResult();
        await run;
        Assert.Equal(0, _inside);
    }

    /// <summary>It takes no room while it waits, and the room of others is not kept from them by it.</summary>
    [Fact]
    public async Task What_waits_for_the_one_before_it_is_let_in_after_that()
    {
        var run = Run(width: 8, [Of("a1", "a"), Of("a2", "a"), Of("b1", "b")]);
        await Unhurried.Until(() => _begun.Count == 2);
        Assert.Equal(["a1", "b1"], _begun);
        Assert.Equal(2, _inside);
        foreach (string id in (string[])["a1", "a2", "b1"])
        {
            await Unhurried.Until(() => _open.ContainsKey(id));
            _open[id].SetResult();
        }
        await run;
        Assert.Equal(0, _inside);
    }

    [Fact]
    public async Task One_that_is_not_let_in_is_refused_and_the_stream_goes_on()
    {
        _isFull = id => id == "m0";
        var run = Run(width: 8, [Of("m0"), Of("m1")]);
        await Unhurried.Until(() => _open.ContainsKey("m1"));
        _open["m1"].SetResult();
        await run;
        Assert.Equal(["m1"], _begun);
        Assert.Equal("Busy", _refused["m0"]);
    }

    private async ValueTask<IDisposable> Enter(V1.Submission sent)
    {
        if (_isFull(sent.MessageId))
            throw StatusTable.Busy();
        var entered = _entering[sent.MessageId] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_isShut)
            await entered.Task;
        Interlocked.Increment(ref _inside);
        return new Leaving(() => Interlocked.Decrement(ref _inside));
    }

    private sealed class Leaving(Action left) : IDisposable
    {
        public void Dispose() => left();
    }

    private Task Run(int width, V1.Submission[] sent)
    {
        var stream = new SubmissionStream(
            Enter,
            Take,
            () => new ValueTask<V1.Submission?>(_read < sent.Length ? sent[Interlocked.Increment(ref _read) - 1] : null),
            Answered,
            () => ValueTask.CompletedTask,
            width,
            new AnswerMeter("lab", TimeProvider.System));
        return stream.Run(() => { }, default);
    }

    private void Answered(V1.SubmissionAnswer one)
    {
        _answered.Enqueue(one.MessageId);
        if (one.Refusal is { } refusal)
            _refused[one.MessageId] = refusal.Details.Single(detail => detail.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>().Reason;
    }

    private async Task<V1.SubmissionAnswer> Take(V1.Submission sent)
    {
        var end = _open[sent.MessageId] = new TaskCompletionSource();
        _begun.Enqueue(sent.MessageId);
        await end.Task;
        return new V1.SubmissionAnswer { MessageId = sent.MessageId };
    }

    private static V1.Submission Of(string messageId, string id = "") => new() { MessageId = messageId, Type = "Observation", Id = id };
}

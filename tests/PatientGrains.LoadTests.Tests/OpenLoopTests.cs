using PatientGrains.LoadTests.Running;
using PatientGrains.Log.Tests;

namespace PatientGrains.LoadTests.Tests;

public class OpenLoopTests
{
    private readonly ManualClock _clock = new();
    private readonly Recorder _to;

    public OpenLoopTests()
    {
        _to = new Recorder("test", _clock);
        _to.Begin();
    }

    private Task<(long Units, double Seconds)> Run(
        int perSecond, double seconds, Func<Arrival, ValueTask<Done>> step, bool counts = true, long first = 0) =>
        new OpenLoop(_clock, _clock.Move).Run(
            new ConstantArrivals(perSecond).Times(), TimeSpan.FromSeconds(seconds), first, counts, new Contender("test", step), _to);

    private static ValueTask<Done> AtOnce(Arrival arrival) => new(Done.One);

    [Fact]
    public async Task Requests_are_sent_when_they_are_due()
    {
        var due = new List<Arrival>();
        var (units, _) = await Run(100, 1, arrival =>
        {
            due.Add(arrival);
            Assert.Equal(arrival.Due, _clock.GetTimestamp());
            return AtOnce(arrival);
        }, first: 7);
        Assert.Equal(100, units);
        Assert.Equal(Enumerable.Range(7, 100).Select(i => (long)i), due.Select(arrival => arrival.Number));
        Assert.Equal(0, _to.Latency.All.Max);
        Assert.Equal(0, _to.Late.All.Max);
    }

    [Fact]
    public async Task A_stall_counts_for_every_request_that_was_due_meanwhile()
    {
        // One request in a thousand blocks for half a second: a generator that measured from the send would show one slow request.
        await Run(1000, 1, arrival =>
        {
            if (arrival.Number == 100)
                _clock.Move(TimeSpan.FromMilliseconds(500));
            return AtOnce(arrival);
        });
        Assert.Equal(1000, _to.Latency.All.Count);
        Assert.Equal(500.0, _to.Latency.MaxMillis, 1.0);
        // Those that were due within the half second waited for what was left of it: a quarter of all waited for 250 ms or more.
        Assert.InRange(_to.Latency.P(0.75), 249, 252);
        Assert.Equal(0, _to.Latency.P(0.49));
    }

    [Fact]
    public async Task How_late_the_generator_was_is_told_apart()
    {
        await Run(1000, 1, arrival =>
        {
            if (arrival.Number == 100)
                _clock.Move(TimeSpan.FromMilliseconds(500));
            return AtOnce(arrival);
        });
        // The request that stalled was sent in time; the one after it was due a millisecond into the stall.
        Assert.Equal(499.0, _to.Late.MaxMillis, 0.6);
        Assert.Equal(1000, _to.Late.All.Count);
    }

    [Fact]
    public async Task Nobody_waits_for_an_answer_before_the_next_request_is_sent()
    {
        var all = new TaskCompletionSource();
        int sent = 0;
        var (units, _) = await Run(100, 1, async arrival =>
        {
            if (Interlocked.Increment(ref sent) == 100)
                all.SetResult();
            await all.Task;
            return Done.One;
        });
        Assert.Equal(100, units);
        Assert.Equal(990.0, _to.Latency.MaxMillis, 1.0);
        Assert.Equal(0, _to.Failed);
    }

    [Fact]
    public async Task A_failed_request_is_counted_and_has_no_latency()
    {
        var (units, _) = await Run(100, 1, arrival =>
            arrival.Number % 10 == 3 ? throw new InvalidDataException($"no {arrival.Number}") : AtOnce(arrival));
        Assert.Equal((90, 10, 100), (units, _to.Failed, _to.Attempts));
        Assert.Equal(90, _to.Latency.All.Count);
        Assert.Equal("no 3", _to.FirstFailure);
    }

    [Fact]
    public async Task A_request_that_is_never_answered_fails_when_patience_is_over()
    {
        var never = new TaskCompletionSource<Done>();
        var run = Run(10, 1, arrival => arrival.Number == 3 ? new(never.Task) : AtOnce(arrival));
        await _clock.TimerWithin(OpenLoop.LastAnswer);
        Assert.False(run.IsCompleted);
        _clock.Move(OpenLoop.LastAnswer);
        var (units, _) = await run;
        Assert.Equal((9, 1, 10), (units, _to.Failed, _to.Attempts));
    }

    [Fact]
    public async Task Warming_up_has_no_latencies_but_its_failures_count()
    {
        await Run(100, 1, arrival => arrival.Number == 0 ? throw new InvalidDataException("cold") : AtOnce(arrival), counts: false);
        Assert.Equal((0, 1), (_to.Latency.All.Count, _to.Failed));
    }
}

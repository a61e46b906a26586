namespace PatientGrains.Host.Composition;

/// <summary>
/// A clock that begins at a chosen time and runs faster than the system's, so that a ward's day passes in seconds. For the demo only; a
/// server's clock is the system's. Timers of it are the system's: what waits for a network waits as long as ever.
/// </summary>
/// <param name="start">What time it is now.</param>
/// <param name="speed">How many seconds pass in one; at least 1.</param>
internal sealed class FastClock(DateTimeOffset start, double speed) : TimeProvider
{
    private readonly Lock _gate = new();
    private DateTimeOffset _now = start;
    private DateTimeOffset _halt = DateTimeOffset.MaxValue;
    private long _looked = System.GetTimestamp();

    /// <summary>The same time, with timers that are as fast: what is due later comes as much sooner.</summary>
    public TimeProvider WithFastTimers => new Hurried(this);

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            long looks = System.GetTimestamp();
            var runs = _now + (System.GetElapsedTime(_looked, looks) * speed);
            _looked = looks;
            return _now = runs <= _halt ? runs : Later(_now, _halt);
        }
    }

    /// <summary>Where it stops, until another time is named; it never goes back. The time that it stood is not made up for.</summary>
    public void StopAt(DateTimeOffset time)
    {
        lock (_gate)
        {
            GetUtcNow();
            _halt = time;
        }
    }

    /// <summary>Waits until it is that time, where the clock does not stop before.</summary>
    public async Task Until(DateTimeOffset time, CancellationToken cancel)
    {
        while (time - GetUtcNow() is var left && left > TimeSpan.Zero)
            await Task.Delay(Sooner(left), cancel);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private TimeSpan Sooner(TimeSpan time) =>
        time <= TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds / speed));

    private sealed class Hurried(FastClock clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(System.CreateTimer(callback, state, clock.Sooner(dueTime), clock.Sooner(period)), clock);
    }

    private sealed class Timer(ITimer real, FastClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => real.Change(clock.Sooner(dueTime), clock.Sooner(period));

        public void Dispose() => real.Dispose();

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}

namespace PatientGrains.Host.Composition;

/// <summary>
/// A clock that begins at a chosen time and runs faster than the system's, so that a ward's day passes in seconds. For the demo only; a
/// server's clock is the system's. Timers of it are the system's: what waits for a network waits as long as ever.
/// </summary>
/// <param name="start">What time it is now.</param>
/// <param name="speed">How many seconds pass in one; at least 1.</param>
internal sealed class FastClock(DateTimeOffset start, double speed) : TimeProvider
{
    private readonly long _began = System.GetTimestamp();

    /// <summary>The same time, with timers that are as fast: what is due later comes as much sooner.</summary>
    public TimeProvider WithFastTimers => new Hurried(this);

    public override DateTimeOffset GetUtcNow() => start + (System.GetElapsedTime(_began) * speed);

    /// <summary>Waits until it is that time.</summary>
    public Task Until(DateTimeOffset time, CancellationToken cancel)
    {
        var left = Sooner(time - GetUtcNow());
        return left > TimeSpan.Zero ? Task.Delay(left, cancel) : Task.CompletedTask;
    }

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

namespace PatientGrains.Host.Composition;

/// <summary>
/// A clock that begins at a chosen time and runs faster than the system's, its timers too: a ward's day passes in minutes, and everything
/// that is due later comes as much sooner. For the demo only; a server's clock is the system's.
/// </summary>
/// <param name="start">What time it is now.</param>
/// <param name="speed">How many seconds pass in one; at least 1.</param>
internal sealed class FastClock(DateTimeOffset start, double speed) : TimeProvider
{
    private readonly long _began = System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => start + (System.GetElapsedTime(_began) * speed);

    /// <summary>How long of the system's time something of this clock's takes.</summary>
    public TimeSpan Real(TimeSpan time) => time / speed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(System.CreateTimer(callback, state, Sooner(dueTime), Sooner(period)), this);

    private TimeSpan Sooner(TimeSpan time) => time <= TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(Math.Ceiling(Real(time).TotalMilliseconds));

    private sealed class Timer(ITimer real, FastClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => real.Change(clock.Sooner(dueTime), clock.Sooner(period));

        public void Dispose() => real.Dispose();

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}

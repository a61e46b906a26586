namespace PatientGrains.LoadTests.Tests;

/// <summary>
/// A clock that goes on only when it is told to: by what a step does, and by the generator's rest. Its timers ring when it has gone on so
/// far, on the thread that moved it.
/// </summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly List<ManualTimer> _set = [];
    private readonly TaskCompletionSource _anySet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _ticks = 1_000_000;

    /// <summary>Ends when somebody waits for a time.</summary>
    public Task AnySet => _anySet.Task;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public void Advance(TimeSpan by)
    {
        long now = Interlocked.Add(ref _ticks, by.Ticks);
        ManualTimer[] due;
        lock (_set)
            due = [.. _set.Where(timer => timer.At <= now)];
        foreach (var timer in due)
            timer.Ring();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
            throw new NotSupportedException("Timers of this clock ring once.");
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualClock clock, Action ring) : ITimer
    {
        public long At { get; private set; }

        public void Ring()
        {
            Dispose();
            ring();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;
            At = clock.GetTimestamp() + dueTime.Ticks;
            lock (clock._set)
                clock._set.Add(this);
            clock._anySet.TrySetResult();
            return true;
        }

        public void Dispose()
        {
            lock (clock._set)
                clock._set.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

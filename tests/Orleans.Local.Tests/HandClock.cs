namespace Orleans.Local.Tests;

/// <summary>A clock that stands still until a test moves it. Timers fire on the thread that moves it, in order.</summary>
internal sealed class HandClock : TimeProvider
{
    readonly Lock gate = new();
    readonly List<HandTimer> timers = [];
    TimeSpan now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (gate)
        {
            return now.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        HandTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    internal void Advance(TimeSpan by)
    {
        TimeSpan end = TimeSpan.FromTicks(GetTimestamp()) + by;
        while (NextDue(end) is { } due)
        {
            due.Fire();
        }

        lock (gate)
        {
            now = end;
        }
    }

    HandTimer? NextDue(TimeSpan end)
    {
        lock (gate)
        {
            HandTimer? next = timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
            if (next is not null)
            {
                now = next.Due > now ? next.Due : now;
                next.Due = next.Period > TimeSpan.Zero ? next.Due + next.Period : TimeSpan.MaxValue;
            }

            return next;
        }
    }

    sealed class HandTimer(HandClock clock, Action callback) : ITimer
    {
        internal TimeSpan Due = TimeSpan.MaxValue;
        internal TimeSpan Period;

        internal void Fire() => callback();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : clock.now + dueTime;
                Period = period;
                clock.timers.Remove(this);
                clock.timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

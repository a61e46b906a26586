namespace PatientGrains.Simulation.Stage;

/// <summary>A process of the simulated cluster: a silo, a front, a client. When it dies, nothing comes to it any more.</summary>
internal abstract class Node
{
    protected Node(SimWorld world, string name)
    {
        (World, Name) = (world, name);
        Clock = new NodeClock(this);
    }

    public SimWorld World { get; }

    public string Name { get; }

    public bool IsAlive { get; private set; } = true;

    public NodeClock Clock { get; }

    /// <summary>Dies: nothing is drained, nothing answered.</summary>
    public virtual void Die() => IsAlive = false;

    /// <summary>Something happens here after a time, unless it is dead by then.</summary>
    public void After(TimeSpan time, Action what) => World.After(time, () =>
    {
        if (IsAlive)
            what();
    });

    /// <summary>Completes after a time; never when it is dead by then.</summary>
    public Task Pause(TimeSpan time)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(time, over.SetResult);
        return over.Task;
    }

    public void Say(string what) => World.History.Say(Name, what);
}

/// <summary>
/// A node's clock: shows simulated time with an error that jumps, and has timers that do not care for the error. Those of a dead node
/// never fire.
/// </summary>
internal sealed class NodeClock(Node node) : TimeProvider
{
    /// <summary>What the clock shows too much.</summary>
    public TimeSpan Error { get; set; }

    public override DateTimeOffset GetUtcNow() => SimWorld.Epoch + node.World.Now + Error;

    public override long GetTimestamp() => node.World.Now.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(node, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(Node node, Action fire) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
                node.After(dueTime, () => Ring(setting, period));
            return true;
        }

        private void Ring(int setting, TimeSpan period)
        {
            if (setting != _setting)
                return;
            if (period > TimeSpan.Zero)
                Change(period, period);
            fire();
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

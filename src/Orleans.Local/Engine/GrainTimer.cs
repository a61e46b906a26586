using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>A timer of an activation: when it is due it sends a tick, and when the tick has ended it sets itself again.</summary>
internal sealed class GrainTimer : IGrainTimer
{
    readonly Activation activation;
    readonly Func<CancellationToken, Task> callback;
    readonly GrainTimerCreationOptions options;
    readonly CancellationTokenSource stopped = new();
    readonly Lock gate = new();
    readonly ITimer timer;
    TimeSpan period;
    bool ticking;
    bool changed; // while ticking

    internal GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        (this.activation, this.callback, this.options) = (activation, callback, options);
        timer = activation.Engine.Time.CreateTimer(
            static state => ((GrainTimer)state!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopped.IsCancellationRequested, this);
            this.period = period;
            changed = ticking;
            timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            timer.Dispose();
        }

        stopped.Cancel();
        activation.Remove(this);
    }

    void Due()
    {
        lock (gate)
        {
            if (stopped.IsCancellationRequested)
            {
                return;
            }

            (ticking, changed) = (true, false);
        }

        activation.TryAccept(new Tick(this));
    }

    void Ticked()
    {
        lock (gate)
        {
            ticking = false;
            if (!changed && !stopped.IsCancellationRequested && period != Timeout.InfiniteTimeSpan)
            {
                timer.Change(period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    sealed class Tick(GrainTimer timer) : Message
    {
        internal override bool Interleaves => timer.options.Interleave;
        internal override bool KeepsAlive => timer.options.KeepAlive;
        internal override bool BelongsToActivation => true;
        internal override bool Abandoned => timer.stopped.IsCancellationRequested;

        protected override async Task Start()
        {
            try
            {
                await timer.callback(timer.stopped.Token);
            }
            finally
            {
                timer.Ticked();
            }
        }

        protected override void Answer(Task ended)
        {
            if (ended.IsFaulted)
            {
                Activation.Engine.Log.LogError(
                    "A timer of a {GrainType} failed with {Exception}",
                    Activation.Class.Type, ended.Exception!.InnerException!.GetType().FullName);
            }
        }

        internal override void Fail(Exception reason)
        {
        }
    }
}

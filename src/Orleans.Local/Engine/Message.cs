using System.Collections.Immutable;
using System.Diagnostics;

namespace Orleans.Local;

/// <summary>
/// Something for a grain to do from start to end, over as many turns as it takes: a call, a tick of a timer, a streamed item. Whether
/// it may start while others run is decided by <see cref="Activation"/>.
/// </summary>
internal abstract class Message : Turn
{
    /// <summary>The activation that took it, which may change when that one ends before it starts.</summary>
    internal Activation Activation = null!;

    /// <summary>What the activation that it brings about sees in RequestContext.</summary>
    internal virtual ImmutableDictionary<string, object?>? Context => null;

    /// <summary>The trace of whoever sent it, which goes on in the grain.</summary>
    internal virtual Activity? Trace => null;

    internal virtual bool Interleaves => false;
    internal virtual bool ReadOnly => false;

    /// <summary>Whether it counts as use of the grain.</summary>
    internal virtual bool KeepsAlive => true;

    /// <summary>Whether it means nothing to another activation of the same grain.</summary>
    internal virtual bool BelongsToActivation => false;

    /// <summary>Whether the sender has stopped waiting; then it is not started.</summary>
    internal virtual bool Abandoned => false;

    /// <summary>Runs the grain's code; the message has ended when the task has. May throw.</summary>
    protected abstract Task Start();

    /// <summary>Tells the sender how it ended. On the activation's scheduler.</summary>
    protected abstract void Answer(Task ended);

    /// <summary>Tells the sender that it never started.</summary>
    internal abstract void Fail(Exception reason);

    internal sealed override void Begin()
    {
        if (Abandoned)
        {
            Activation.Ended(this);
            return;
        }

        Task task;
        try
        {
            task = Start() ?? throw new InvalidOperationException("A grain gave null for a task.");
        }
        catch (Exception thrown)
        {
            task = Task.FromException(thrown);
        }

        if (task.IsCompleted)
        {
            End(task);
            return;
        }

        // Runs within the turn that completes the grain's method, or as a turn of its own if that happened elsewhere.
        task.ContinueWith(
            static (ended, message) => ((Message)message!).End(ended), this, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.DenyChildAttach, Activation.Scheduler);
    }

    void End(Task task)
    {
        // First, so that who has the answer finds the grain free. What may run next still waits for the end of this turn.
        Activation.Ended(this);
        Answer(task);
    }
}

/// <summary>A message whose sender waits for an answer, though not for ever.</summary>
internal abstract class Request : Message
{
    // The outstanding requests of an activation are a list from oldest to newest: finding the late ones costs nothing while there
    // are none. Guarded by the activation.
    internal Request? Older, Newer;
    internal bool Listed;
    internal long SentAt;

    /// <summary>The sender gives up. The grain, if it has begun, goes on.</summary>
    internal abstract void TimeOut(TimeSpan after);
}

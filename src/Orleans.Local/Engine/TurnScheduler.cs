namespace Orleans.Local;

/// <summary>Something that an activation does without giving up its thread. It must not throw.</summary>
internal abstract class Turn
{
    internal abstract void Begin();
}

/// <summary>
/// The task scheduler of one activation: runs turns and await continuations one at a time, in the order they came. It holds a pool
/// thread only while there is something to run.
/// </summary>
internal sealed class TurnScheduler(Activation owner) : TaskScheduler, IThreadPoolWorkItem
{
    // After this many turns the thread goes back to the pool, so that one busy grain does not keep the others waiting. A turn takes
    // from well under a microsecond to some milliseconds.
    const int TurnsPerPass = 128;

    [ThreadStatic]
    static TurnScheduler? running;

    readonly Queue<object> turns = new(); // Turn or Task; its own lock
    bool scheduled;

    /// <summary>The activation whose turn this thread is running; null outside of grains.</summary>
    internal static Activation? CurrentActivation => running?.Owner;

    internal Activation Owner { get; } = owner;

    public override int MaximumConcurrencyLevel => 1;

    internal void Post(object turn)
    {
        lock (turns)
        {
            turns.Enqueue(turn);
            if (scheduled)
            {
                return;
            }

            scheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    void IThreadPoolWorkItem.Execute()
    {
        running = this;
        // Grain code must see this scheduler as TaskScheduler.Current, which only a task that runs on it brings about: one per pass
        // is enough.
        new Task(static state => ((TurnScheduler)state!).RunTurns(), this, TaskCreationOptions.DenyChildAttach).RunSynchronously(this);
        running = null;
        lock (turns)
        {
            if (turns.Count == 0)
            {
                scheduled = false;
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void RunTurns()
    {
        // What one turn leaves in AsyncLocals must not show in the next.
        ExecutionContext clean = ExecutionContext.Capture()!;
        for (int i = 0; i < TurnsPerPass; i++)
        {
            object? next;
            lock (turns)
            {
                if (!turns.TryDequeue(out next))
                {
                    return;
                }
            }

            if (next is Turn turn)
            {
                turn.Begin();
                ExecutionContext.Restore(clean);
            }
            else
            {
                TryExecuteTask((Task)next);
            }
        }
    }

    protected override void QueueTask(Task task) => Post(task);

    // As Orleans: a task that a turn starts for its own activation may run within that turn.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && running == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (turns)
        {
            return turns.OfType<Task>().ToArray();
        }
    }
}

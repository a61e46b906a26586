using Orleans.Runtime;

namespace Orleans.Local;

internal enum Phase
{
    New,
    Activating,
    Active,
    Deactivating,
    Gone,
}

/// <summary>
/// One living grain: its instance, its scheduler, and the rule of which messages may run now. This half admits messages; the other
/// half is its life from the first message to the end. A message that it has taken is run, failed, or handed to its successor.
/// </summary>
internal sealed partial class Activation : IAddressee, IGrainContext
{
    readonly Lock gate = new(); // guards everything below; taken before a scheduler's lock, never while holding a pool's
    readonly Queue<Message> waiting = new();
    Request? oldest, newest;
    Phase phase;
    int running; // started and not ended
    int blocking; // of these, those that do not interleave
    int blockingReaders; // of these, those that are read-only
    int openPulls; // consumers of enumerations that wait for an item
    long lastUse;
    long keepUntil = long.MinValue;

    internal Activation(LocalEngine engine, GrainClass grainClass, string key, WorkerPool? pool)
    {
        (Engine, Class, Key, this.pool) = (engine, grainClass, key, pool);
        Scheduler = new(this);
        HasFilters = engine.Filters.Length > 0 || grainClass.FiltersItself;
    }

    /// <summary>The activation that is being constructed or run on this thread.</summary>
    internal static Activation? Current => TurnScheduler.CurrentActivation;

    internal LocalEngine Engine { get; }
    internal GrainClass Class { get; }
    internal string Key { get; }
    internal TurnScheduler Scheduler { get; }
    internal bool HasFilters { get; }

    public GrainId GrainId => GrainId.Create(Class.Type, Key);

    /// <summary>How many messages it has not ended yet.</summary>
    internal int Load
    {
        get
        {
            lock (gate)
            {
                return running + waiting.Count;
            }
        }
    }

    /// <summary>Takes a message; false when this activation is gone and the message belongs to another.</summary>
    public bool TryAccept(Message message)
    {
        lock (gate)
        {
            if (phase == Phase.Gone)
            {
                return false;
            }

            if (message is not Request || running + waiting.Count < Engine.Options.MaxEnqueuedRequests)
            {
                Take(message);
                return true;
            }
        }

        // The key stays out of it: who catches this may log it.
        message.Fail(new OrleansMessageRejectionException($"A {Class.Type} has too many requests waiting."));
        return true;
    }

    void Take(Message message)
    {
        message.Activation = this;
        if (message is Request request)
        {
            List(request);
        }

        if (phase == Phase.Active && MayStart(message))
        {
            Run(message);
            return;
        }

        waiting.Enqueue(message);
        if (phase == Phase.New)
        {
            phase = Phase.Activating;
            Scheduler.Post(new Step(() => _ = Activate(message)));
        }
    }

    // As in Orleans, what interleaves does not hold up others either. A reader waits behind a waiting writer.
    bool MayStart(Message message) =>
        blocking == 0 || Class.Reentrant || message.Interleaves
        || (message.ReadOnly && blocking == blockingReaders && (waiting.Count == 0 || waiting.Peek() == message));

    void Run(Message message)
    {
        running++;
        if (!message.Interleaves)
        {
            blocking++;
            blockingReaders += message.ReadOnly ? 1 : 0;
        }

        Scheduler.Post(message);
    }

    /// <summary>A message that was run has ended; the next may start, or the end of the activation.</summary>
    internal void Ended(Message message)
    {
        long now = message.KeepsAlive ? Engine.Time.GetTimestamp() : 0;
        lock (gate)
        {
            Unlist(message as Request);
            running--;
            if (!message.Interleaves)
            {
                blocking--;
                blockingReaders -= message.ReadOnly ? 1 : 0;
            }

            lastUse = message.KeepsAlive ? now : lastUse;
            if (phase == Phase.Deactivating)
            {
                DeactivateWhenDrained();
                return;
            }

            while (waiting.TryPeek(out Message? next) && MayStart(next))
            {
                Run(waiting.Dequeue());
            }

            if (running + waiting.Count == 0)
            {
                drained?.TrySetResult();
                drained = null;
            }
        }
    }

    void StartAllThatMay()
    {
        for (int i = waiting.Count; i > 0; i--)
        {
            Message message = waiting.Dequeue();
            if (MayStart(message))
            {
                Run(message);
            }
            else
            {
                waiting.Enqueue(message);
            }
        }
    }

    void List(Request request)
    {
        (request.Older, request.Newer, request.Listed) = (newest, null, true);
        if (newest is null)
        {
            oldest = request;
        }
        else
        {
            newest.Newer = request;
        }

        newest = request;
    }

    void Unlist(Request? request)
    {
        if (request is not { Listed: true })
        {
            return;
        }

        (Request? older, Request? newer) = (request.Older, request.Newer);
        oldest = oldest == request ? newer : oldest;
        newest = newest == request ? older : newest;
        older?.Newer = newer;
        newer?.Older = older;
        (request.Older, request.Newer, request.Listed) = (null, null, false);
    }

    /// <summary>Fails the requests that were sent at or before a timestamp.</summary>
    internal void TimeOutSentUntil(long timestamp, TimeSpan after)
    {
        List<Request>? late = null;
        lock (gate)
        {
            while (oldest is { } request && request.SentAt <= timestamp)
            {
                Unlist(request);
                (late ??= []).Add(request);
            }
        }

        late?.ForEach(request => request.TimeOut(after));
    }

    sealed class Step(Action begin) : Turn
    {
        internal override void Begin() => begin();
    }
}

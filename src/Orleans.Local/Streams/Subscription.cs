using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Local;

/// <summary>
/// One subscription with its queue. One item at a time is delivered, as a message to the grain that subscribed or on the thread
/// pool; a subscriber that throws is logged and gets the next item.
/// </summary>
internal sealed class Subscription<T>(MemoryStreams provider, StreamId id, Topic<T> topic, Guid handle, Activation? subscriber)
    : StreamSubscriptionHandle<T>
{
    readonly Queue<MemoryStream<T>.Item> queue = new(); // guarded by itself, with the fields below
    readonly (GrainClass Class, string Key)? grain = subscriber is null ? null : (subscriber.Class, subscriber.Key);
    IAsyncObserver<T>? outside; // the observer, if no grain subscribed
    bool delivering;
    bool ended;
    long dropped;

    public override StreamId StreamId => id;
    public override string ProviderName => provider.Name;
    public override Guid HandleId => handle;

    internal bool BelongsTo(Activation? asking) => asking is null ? grain is null : grain == (asking.Class, asking.Key);

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null)
    {
        Activation? resuming = Activation.Current;
        if (!BelongsTo(resuming))
        {
            throw new InvalidOperationException("Only who subscribed can resume a subscription.");
        }

        if (resuming is null)
        {
            outside = observer;
        }
        else
        {
            resuming.Observers[handle] = observer;
        }

        return Task.FromResult<StreamSubscriptionHandle<T>>(this);
    }

    public override Task UnsubscribeAsync()
    {
        lock (topic.Gate)
        {
            topic.Subscriptions.Remove(this);
        }

        lock (queue)
        {
            ended = true;
            queue.Clear();
        }

        Activation.Current?.Observers.Remove(handle);
        return Task.CompletedTask;
    }

    internal void Queue(MemoryStream<T>.Item item)
    {
        lock (queue)
        {
            if (queue.Count >= provider.Engine.Options.StreamQueueLimit)
            {
                queue.Dequeue();
                if (dropped++ == 0)
                {
                    provider.Engine.Log.LogWarning("A subscriber of stream provider {Provider} is slow; items are dropped", provider.Name);
                }
            }

            queue.Enqueue(item);
            if (delivering)
            {
                return;
            }

            delivering = true;
        }

        // Not in the producer's context: what it has in AsyncLocals is none of the subscriber's business.
        ThreadPool.UnsafeQueueUserWorkItem(static subscription => _ = subscription.DeliverAll(), this, preferLocal: false);
    }

    async Task DeliverAll()
    {
        while (true)
        {
            MemoryStream<T>.Item? item;
            lock (queue)
            {
                if (!queue.TryDequeue(out item))
                {
                    delivering = false;
                    return;
                }
            }

            try
            {
                await (grain is null ? item.Tell(outside!) : TellGrain(item, grain.Value));
            }
            catch (Exception thrown)
            {
                provider.Engine.Log.LogWarning("A subscriber of stream provider {Provider} failed with {Exception}",
                    provider.Name, thrown.GetType().FullName);
            }
        }
    }

    Task TellGrain(MemoryStream<T>.Item item, (GrainClass Class, string Key) to)
    {
        Delivery delivery = new(this, item);
        provider.Engine.Route(to.Class, to.Key, delivery);
        return delivery.Ended;
    }

    /// <summary>An item on its way to a grain, where it is a message like a call.</summary>
    sealed class Delivery(Subscription<T> subscription, MemoryStream<T>.Item item) : Message
    {
        readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Ended => ended.Task;

        internal override bool Abandoned
        {
            get
            {
                lock (subscription.queue)
                {
                    return subscription.ended && ended.TrySetResult();
                }
            }
        }

        // As in Orleans, an item for which the activation has no observer is dropped.
        protected override Task Start() => Activation.Observers.TryGetValue(subscription.HandleId, out object? observer)
            ? item.Tell((IAsyncObserver<T>)observer)
            : Task.CompletedTask;

        protected override void Answer(Task task)
        {
            if (task.Exception is { } thrown)
            {
                ended.TrySetException(thrown.InnerExceptions);
            }
            else
            {
                ended.TrySetResult();
            }
        }

        internal override void Fail(Exception reason) => ended.TrySetException(reason);
    }

    public override bool Equals(StreamSubscriptionHandle<T>? other) => other is not null && other.HandleId == handle;
    public override bool Equals(object? obj) => Equals(obj as StreamSubscriptionHandle<T>);
    public override int GetHashCode() => handle.GetHashCode();
}

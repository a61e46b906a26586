using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Local;

/// <summary>All streams of one provider. A stream that nobody subscribes to keeps only its number of items.</summary>
internal sealed class MemoryStreams(LocalEngine engine, string name) : IStreamProvider
{
    readonly ConcurrentDictionary<(StreamId, Type), object> topics = new();
    long lastHandle;

    public string Name => name;
    public bool IsRewindable => false;

    internal LocalEngine Engine => engine;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) =>
        new MemoryStream<T>(this, streamId, (Topic<T>)topics.GetOrAdd((streamId, typeof(T)), _ => new Topic<T>()));

    /// <summary>Handles are unique in the process; they are no secrets.</summary>
    internal Guid NextHandle()
    {
        Span<long> parts = [0, Interlocked.Increment(ref lastHandle)];
        return MemoryMarshal.Read<Guid>(MemoryMarshal.AsBytes(parts));
    }
}

/// <summary>The subscriptions of one stream, and the number of its last item.</summary>
internal sealed class Topic<T>
{
    internal Lock Gate { get; } = new();
    internal List<Subscription<T>> Subscriptions { get; } = [];
    internal long LastNumber;
}

internal sealed class MemoryStream<T>(MemoryStreams provider, StreamId id, Topic<T> topic) : IAsyncStream<T>
{
    public bool IsRewindable => false;
    public string ProviderName => provider.Name;
    public StreamId StreamId => id;

    /// <summary>Queues the item for every subscription and returns; nobody is waited for.</summary>
    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => Publish(number => Item.Of(
        (T)provider.Engine.Copy(item, typeof(T))!, number));

    public Task OnCompletedAsync() => Publish(_ => Item.Completed());

    public Task OnErrorAsync(Exception ex) => Publish(_ => Item.Failed(ex));

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer)
    {
        Subscription<T> subscription = new(provider, id, topic, provider.NextHandle(), Activation.Current);
        lock (topic.Gate)
        {
            topic.Subscriptions.Add(subscription);
        }

        return subscription.ResumeAsync(observer);
    }

    /// <exception cref="NotSupportedException">A token was given: memory streams cannot go back.</exception>
    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(
        IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null) =>
        token is null && filterData is null
            ? SubscribeAsync(observer)
            : throw new NotSupportedException("A memory stream of the local engine neither rewinds nor filters.");

    public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles()
    {
        Activation? asking = Activation.Current;
        lock (topic.Gate)
        {
            return Task.FromResult<IList<StreamSubscriptionHandle<T>>>(
                [.. topic.Subscriptions.Where(subscription => subscription.BelongsTo(asking))]);
        }
    }

    Task Publish(Func<long, Item> make)
    {
        try
        {
            // Within the gate, so that every subscription sees the same order.
            lock (topic.Gate)
            {
                long number = ++topic.LastNumber;
                topic.Subscriptions.ForEach(subscription => subscription.Queue(make(number)));
            }

            return Task.CompletedTask;
        }
        catch (Exception thrown)
        {
            return Task.FromException(thrown);
        }
    }

    public bool Equals(IAsyncStream<T>? other) => other is not null && other.ProviderName == ProviderName && other.StreamId == id;
    public override bool Equals(object? obj) => Equals(obj as IAsyncStream<T>);
    public override int GetHashCode() => id.GetHashCode();
    public int CompareTo(IAsyncStream<T>? other) => other is null ? 1 : id.CompareTo(other.StreamId);

    /// <summary>What an observer is to be told.</summary>
    internal sealed record Item(Func<IAsyncObserver<T>, Task> Tell)
    {
        internal static Item Of(T value, long number) => new(observer => observer.OnNextAsync(value, new ItemNumber(number)));
        internal static Item Completed() => new(observer => observer.OnCompletedAsync());
        internal static Item Failed(Exception reason) => new(observer => observer.OnErrorAsync(reason));
    }
}

internal sealed class ItemNumber(long number) : StreamSequenceToken
{
    public override long SequenceNumber { get; protected set; } = number;
    public override int EventIndex { get; protected set; }

    public override bool Equals(StreamSequenceToken? other) => CompareTo(other) == 0;
    public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);
    public override int GetHashCode() => SequenceNumber.GetHashCode();
    public override int CompareTo(StreamSequenceToken? other) => other is null ? 1 : SequenceNumber.CompareTo(other.SequenceNumber);
}

internal sealed class FunctionObserver<T>(
    Func<T, StreamSequenceToken, Task> onNext, Func<Exception, Task>? onError, Func<Task>? onCompleted) : IAsyncObserver<T>
{
    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => onNext(item, token!);
    public Task OnErrorAsync(Exception ex) => onError?.Invoke(ex) ?? Task.CompletedTask;
    public Task OnCompletedAsync() => onCompleted?.Invoke() ?? Task.CompletedTask;
}

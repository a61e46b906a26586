using Orleans.Runtime;

namespace Orleans.Streams;

/// <summary>Streams of one kind, by name. They live in memory and are hints: see the README for what is and is not promised.</summary>
public interface IStreamProvider
{
    string Name { get; }
    bool IsRewindable { get; }
    IAsyncStream<T> GetStream<T>(StreamId streamId);
}

public interface IAsyncStream
{
    bool IsRewindable { get; }
    string ProviderName { get; }
    StreamId StreamId { get; }
}

/// <summary>A stream: items go in by OnNextAsync and come out at every subscription, in order.</summary>
public interface IAsyncStream<T>
    : IAsyncStream, IEquatable<IAsyncStream<T>>, IComparable<IAsyncStream<T>>, IAsyncObservable<T>, IAsyncObserver<T>
{
    /// <summary>The subscriptions of whoever asks: of the calling grain, or of everything outside of grains.</summary>
    Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles();
}

public interface IAsyncObserver<in T>
{
    Task OnNextAsync(T item, StreamSequenceToken? token = null);
    Task OnCompletedAsync();
    Task OnErrorAsync(Exception ex);
}

public interface IAsyncObservable<T>
{
    Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer);

    Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null);
}

/// <summary>The number of an item in its stream. A gap shows that items were lost.</summary>
public abstract class StreamSequenceToken : IEquatable<StreamSequenceToken>, IComparable<StreamSequenceToken>
{
    public abstract long SequenceNumber { get; protected set; }
    public abstract int EventIndex { get; protected set; }

    public abstract bool Equals(StreamSequenceToken? other);
    public abstract int CompareTo(StreamSequenceToken? other);
}

/// <summary>
/// A subscription. A grain's outlives its activation: the next item activates the grain, which must call ResumeAsync in
/// OnActivateAsync, or the item is dropped.
/// </summary>
public abstract class StreamSubscriptionHandle<T> : IEquatable<StreamSubscriptionHandle<T>>
{
    public abstract StreamId StreamId { get; }
    public abstract string ProviderName { get; }
    public abstract Guid HandleId { get; }

    public abstract Task UnsubscribeAsync();

    public abstract Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null);

    public abstract bool Equals(StreamSubscriptionHandle<T>? other);
}

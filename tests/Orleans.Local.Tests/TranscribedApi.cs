namespace Orleans.Local.Tests;

/// <summary>
/// Facts about Orleans 10.4: signatures of its other assemblies, transcribed from their metadata (only the members that Orleans.Local
/// offers; a line that is indented deeper goes on from the one before; accessors that are not public, operators and the
/// "class" constraint are left out).
/// </summary>
internal static class TranscribedApi
{
    /// <summary>By the declaration of the type without what it derives from.</summary>
    internal static readonly Dictionary<string, (HashSet<string> Members, HashSet<string> BaseTypes)> Types =
        Text.Replace("\n      ", " ", StringComparison.Ordinal).Split("\n\n")
            .Select(block => block.Split('\n').Where(line => !line.StartsWith("//", StringComparison.Ordinal)).ToArray())
            .ToDictionary(
                lines => lines[0].Split(" : ")[0],
                lines => (lines.Skip(1).Select(line => line.Trim()).ToHashSet(), BaseTypes(lines[0])));

    static HashSet<string> BaseTypes(string declaration) =>
        declaration.Split(" : ") is [_, { } list] ? [.. list.Split(", ")] : [];

    const string Text =
        """
        // Orleans.Serialization.Abstractions, namespace Orleans
        public sealed class AliasAttribute : Attribute
          AliasAttribute(string alias)
          string Alias { get; }

        // Orleans.Streaming, namespace Orleans
        public static class ClientStreamingExtensions
          static IStreamProvider GetStreamProvider(this IClusterClient client, string name)

        // Orleans.Streaming, namespace Orleans
        public static class GrainStreamingExtensions
          static IStreamProvider GetStreamProvider(this Grain grain, string name)
          static IStreamProvider GetStreamProvider(this IGrainBase grain, string name)

        // Orleans.Runtime, namespace Orleans.Hosting
        public static class GrainCallFilterSiloBuilderExtensions
          static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IIncomingGrainCallFilter filter)
          static ISiloBuilder AddIncomingGrainCallFilter<TImplementation>(this ISiloBuilder builder) where TImplementation :
              IIncomingGrainCallFilter
          static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IncomingGrainCallFilterDelegate filter)

        // Orleans.Runtime, namespace Orleans.Hosting
        public interface ISiloBuilder
          IServiceCollection Services { get; }
          IConfiguration Configuration { get; }

        // Orleans.Runtime, namespace Orleans.Hosting
        public static class SiloBuilderExtensions
          static ISiloBuilder ConfigureServices(this ISiloBuilder builder, Action<IServiceCollection> configureDelegate)
          static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, Action<TOptions> configureOptions)

        // Orleans.Streaming, namespace Orleans.Hosting
        public static class SiloBuilderMemoryStreamExtensions
          static ISiloBuilder AddMemoryStreams(this ISiloBuilder builder, string name, Action<ISiloMemoryStreamConfigurator> configure
              = null)

        // Orleans.Core, namespace Orleans
        public interface IClusterClient : IGrainFactory
          IServiceProvider ServiceProvider { get; }

        // Orleans.Streaming, namespace Orleans.Runtime
        public struct StreamId : IEquatable<StreamId>, IComparable<StreamId>, ISerializable, ISpanFormattable, IFormattable,
              IUtf8SpanFormattable
          static StreamId Create(string ns, Guid key)
          static StreamId Create(string ns, long key)
          static StreamId Create(string ns, string key)
          int CompareTo(StreamId other)
          bool Equals(StreamId other)
          virtual bool Equals(object obj)
          virtual string ToString()
          virtual int GetHashCode()
          string GetKeyAsString()
          string GetNamespace()

        // Orleans.Streaming, namespace Orleans.Streams
        public static class AsyncObservableExtensions
          static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task>
              onNextAsync, Func<Exception, Task> onErrorAsync, Func<Task> onCompletedAsync)
          static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task>
              onNextAsync, Func<Exception, Task> onErrorAsync)
          static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task>
              onNextAsync, Func<Task> onCompletedAsync)
          static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task>
              onNextAsync)

        // Orleans.Streaming, namespace Orleans.Streams
        public interface IAsyncObservable<T>
          Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer)
          Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken token, string filterData =
              null)

        // Orleans.Streaming, namespace Orleans.Streams
        public interface IAsyncObserver<T>
          Task OnNextAsync(T item, StreamSequenceToken token = null)
          Task OnCompletedAsync()
          Task OnErrorAsync(Exception ex)

        // Orleans.Streaming, namespace Orleans.Streams
        public interface IAsyncStream
          bool IsRewindable { get; }
          string ProviderName { get; }
          StreamId StreamId { get; }

        // Orleans.Streaming, namespace Orleans.Streams
        public interface IAsyncStream<T> : IAsyncStream, IEquatable<IAsyncStream<T>>, IComparable<IAsyncStream<T>>,
              IAsyncObservable<T>, IAsyncBatchObservable<T>, IAsyncBatchProducer<T>, IAsyncObserver<T>
          Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles()

        // Orleans.Streaming, namespace Orleans.Streams
        public interface IStreamProvider
          string Name { get; }
          bool IsRewindable { get; }
          IAsyncStream<T> GetStream<T>(StreamId streamId)

        // Orleans.Streaming, namespace Orleans.Streams
        public abstract class StreamSequenceToken : IEquatable<StreamSequenceToken>, IComparable<StreamSequenceToken>
          protected StreamSequenceToken()
          long SequenceNumber { get; }
          int EventIndex { get; }
          virtual bool Equals(StreamSequenceToken other)
          virtual int CompareTo(StreamSequenceToken other)

        // Orleans.Streaming, namespace Orleans.Streams
        public abstract class StreamSubscriptionHandle<T> : IEquatable<StreamSubscriptionHandle<T>>
          protected StreamSubscriptionHandle()
          StreamId StreamId { get; }
          string ProviderName { get; }
          Guid HandleId { get; }
          virtual Task UnsubscribeAsync()
          virtual Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken token = null)
          virtual bool Equals(StreamSubscriptionHandle<T> other)

        // Orleans.Streaming, namespace Orleans.Streams
        public static class StreamSubscriptionHandleExtensions
          static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(this StreamSubscriptionHandle<T> handle, Func<T,
              StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync, Func<Task> onCompletedAsync, StreamSequenceToken
              token = null)
          static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(this StreamSubscriptionHandle<T> handle, Func<T,
              StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync, StreamSequenceToken token = null)
          static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(this StreamSubscriptionHandle<T> handle, Func<T,
              StreamSequenceToken, Task> onNextAsync, Func<Task> onCompletedAsync, StreamSequenceToken token = null)
          static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(this StreamSubscriptionHandle<T> handle, Func<T,
              StreamSequenceToken, Task> onNextAsync, StreamSequenceToken token = null)

        // Orleans.Streaming, namespace Orleans.Hosting (as a parameter type only)
        public interface ISiloMemoryStreamConfigurator
        """;
}

using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Local;
using Orleans.Streams;

namespace Orleans.Streams
{
    /// <summary>Subscribing with functions instead of an observer.</summary>
    public static class AsyncObservableExtensions
    {
        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
            this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync,
            Func<Task> onCompletedAsync) =>
            obs.SubscribeAsync(new FunctionObserver<T>(onNextAsync, onErrorAsync, onCompletedAsync));

        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
            this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync) =>
            obs.SubscribeAsync(new FunctionObserver<T>(onNextAsync, onErrorAsync, null));

        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
            this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Task> onCompletedAsync) =>
            obs.SubscribeAsync(new FunctionObserver<T>(onNextAsync, null, onCompletedAsync));

        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
            this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync) =>
            obs.SubscribeAsync(new FunctionObserver<T>(onNextAsync, null, null));
    }

    public static class StreamSubscriptionHandleExtensions
    {
        public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
            this StreamSubscriptionHandle<T> handle, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync,
            Func<Task> onCompletedAsync, StreamSequenceToken? token = null) =>
            handle.ResumeAsync(new FunctionObserver<T>(onNextAsync, onErrorAsync, onCompletedAsync), token);

        public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
            this StreamSubscriptionHandle<T> handle, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync,
            StreamSequenceToken? token = null) =>
            handle.ResumeAsync(new FunctionObserver<T>(onNextAsync, onErrorAsync, null), token);

        public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
            this StreamSubscriptionHandle<T> handle, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Task> onCompletedAsync,
            StreamSequenceToken? token = null) =>
            handle.ResumeAsync(new FunctionObserver<T>(onNextAsync, null, onCompletedAsync), token);

        public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
            this StreamSubscriptionHandle<T> handle, Func<T, StreamSequenceToken, Task> onNextAsync, StreamSequenceToken? token = null) =>
            handle.ResumeAsync(new FunctionObserver<T>(onNextAsync, null, null), token);
    }
}

namespace Orleans
{
    public static class GrainStreamingExtensions
    {
        public static IStreamProvider GetStreamProvider(this Grain grain, string name) => GetStreamProvider((IGrainBase)grain, name);

        /// <exception cref="InvalidOperationException">No stream provider of that name was added.</exception>
        public static IStreamProvider GetStreamProvider(this IGrainBase grain, string name) =>
            grain.GrainContext.ActivationServices.GetRequiredKeyedService<IStreamProvider>(name);
    }

    public static class ClientStreamingExtensions
    {
        public static IStreamProvider GetStreamProvider(this IClusterClient client, string name) =>
            client.ServiceProvider.GetRequiredKeyedService<IStreamProvider>(name);
    }
}

namespace Orleans.Hosting
{
    /// <summary>Orleans configures partitions and pulling with it. Here there is nothing to configure.</summary>
    public interface ISiloMemoryStreamConfigurator;

    public static class SiloBuilderMemoryStreamExtensions
    {
        public static ISiloBuilder AddMemoryStreams(
            this ISiloBuilder builder, string name, Action<ISiloMemoryStreamConfigurator>? configure = null)
        {
            builder.Services.AddKeyedSingleton<IStreamProvider>(
                name, (services, _) => new MemoryStreams(services.GetRequiredService<LocalEngine>(), name));
            return builder;
        }
    }
}

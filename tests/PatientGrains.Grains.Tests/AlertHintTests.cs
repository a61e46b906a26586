using System.Reflection;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;

namespace PatientGrains.Grains.Tests;

/// <summary>Hints on the Orleans stream, as a client and as a grain hear them.</summary>
public sealed class AlertHintTests
{
    private const string Ward = "Location/ward-3";
    private static readonly TimeSpan Patience = RecordCluster.Patience;

    [Fact]
    public async Task A_client_hears_of_an_alert_of_all_patients_of_a_patient_and_of_a_unit_and_finds_its_line_in_the_feed()
    {
        var cluster = new RecordCluster();
        await cluster.InitializeAsync();
        var heard = Channel.CreateUnbounded<(string Stream, AlertHint Hint)>();
        var client = cluster.Provider.GetRequiredService<IClusterClient>();
        string[] keys = [AlertStreams.All, AlertStreams.OfPatient("p"), AlertStreams.OfUnit(Ward), AlertStreams.OfPatient("q")];
        foreach (string key in keys)
        {
            await Hints(client.GetStreamProvider(AlertStreams.Name), key).SubscribeAsync(
                (hint, _) => heard.Writer.WriteAsync((key, hint)).AsTask());
        }

        var now = DateTimeOffset.UtcNow;
        Assert.IsType<Accepted>(await cluster.Patient("p").Ask(Lactates.At("p", "e", now, Lactates.Bed(Ward, now.AddHours(-1)))));
        Assert.IsType<Accepted>(await cluster.Patient("p").Ask(Lactates.At("p", "o1", now, Lactates.Value(3, now.AddSeconds(-9)))));

        var streams = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            var (stream, hint) = await heard.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            Assert.Equal(new AlertHint("p", 1), hint);
            Assert.Equal("Patient/p", Assert.Single((await Feed(cluster)).Lines).Log);
            streams.Add(stream);
        }
        Assert.Equal([AlertStreams.All, AlertStreams.OfPatient("p"), AlertStreams.OfUnit(Ward)], streams.Order());

        // A value that changes no alert gives no hint; the next alert gives the next number.
        await cluster.Patient("p").Ask(Lactates.At("p", "o2", now, Lactates.Value(3.1m, now.AddSeconds(-6))));
        await cluster.Patient("p").Ask(Lactates.At("p", "o3", now, Lactates.Value(5, now.AddSeconds(-3))));
        Assert.Equal(2, (await heard.Reader.ReadAsync().AsTask().WaitAsync(Patience)).Hint.Number);
        Assert.Equal(2, (await Feed(cluster)).Lines.Length);
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_grain_that_subscribed_hears_of_an_alert()
    {
        var cluster = new RecordCluster { With = HostTestGrains };
        await cluster.InitializeAsync();
        var listener = cluster.Grains.GetGrain<IListenerGrain>("listener");
        await listener.Listen(AlertStreams.All);
        var now = DateTimeOffset.UtcNow;
        await cluster.Patient("p").Ask(Lactates.At("p", "o1", now, Lactates.Value(4.5m, now)));
        Assert.Equal("p", await listener.Heard().WaitAsync(Patience));
        Assert.Single((await Feed(cluster)).Lines);
        await cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_fails_or_hangs_neither_fails_nor_delays_the_answer(bool fails)
    {
        var asked = new TaskCompletionSource();
        var cluster = new RecordCluster
        {
            With = services => Plant(services, () =>
            {
                asked.TrySetResult();
                return fails ? throw new InvalidOperationException("planted") : new TaskCompletionSource().Task;
            }),
        };
        await cluster.InitializeAsync();
        var now = DateTimeOffset.UtcNow;
        Assert.IsType<Accepted>(await cluster.Patient("p").Ask(Lactates.At("p", "o1", now, Lactates.Value(4.5m, now))).WaitAsync(Patience));
        Assert.Single((await Feed(cluster)).Lines);
        await asked.Task.WaitAsync(Patience);
        await cluster.DisposeAsync();
    }

    internal static IAsyncStream<AlertHint> Hints(IStreamProvider provider, string key) =>
        provider.GetStream<AlertHint>(StreamId.Create(AlertStreams.Name, key));

    private static Task<FeedPage> Feed(RecordCluster cluster) =>
        cluster.Grains.GetGrain<IFeedGrain>("feeds").Read(Core.Record.Feed.Alerts, 0, 10, 0);

    /// <summary>Orleans finds the grains of a process by itself.</summary>
    private static void HostTestGrains(IServiceCollection services)
    {
#if !ENGINE_ORLEANS
        services.Configure<LocalEngineOptions>(options => options.GrainAssemblies.Add(typeof(ListenerGrain).Assembly));
#endif
    }

#if ENGINE_ORLEANS
    /// <summary>Something else than what a stream does with an item. Orleans insists on its own provider, which asks a grain.</summary>
    private static void Plant(IServiceCollection services, Func<Task> instead) =>
        services.AddSingleton<IOutgoingGrainCallFilter>(new Filter(instead));

    private sealed class Filter(Func<Task> instead) : IOutgoingGrainCallFilter
    {
        public Task Invoke(IOutgoingGrainCallContext call) => call.MethodName == "Enqueue" ? instead() : call.Invoke();
    }
#else
    /// <summary>Something else than what a stream does with an item.</summary>
    private static void Plant(IServiceCollection services, Func<Task> instead) => services.AddKeyedSingleton(
        AlertStreams.Name, (_, _) => Proxy<IStreamProvider>(() => Proxy<IAsyncStream<AlertHint>>(instead)));

    private static T Proxy<T>(Func<object> answer)
        where T : class
    {
        var proxy = DispatchProxy.Create<T, Answering>();
        ((Answering)(object)proxy).Answer = answer;
        return proxy;
    }

    /// <summary>Gives the same answer to every call.</summary>
    public class Answering : DispatchProxy
    {
        public Func<object> Answer { get; set; } = () => Task.CompletedTask;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer();
    }
#endif
}

/// <summary>Waits for a hint.</summary>
public interface IListenerGrain : IGrainWithStringKey
{
    Task Listen(string stream);

    /// <summary>The patient of the first hint.</summary>
    Task<string> Heard();
}

[Orleans.Concurrency.Reentrant]
public sealed class ListenerGrain : Grain, IListenerGrain
{
    private readonly TaskCompletionSource<string> _heard = new();

    public Task Listen(string stream) => AlertHintTests.Hints(this.GetStreamProvider(AlertStreams.Name), stream).SubscribeAsync((hint, _) =>
    {
        _heard.TrySetResult(hint.Patient);
        return Task.CompletedTask;
    });

    public Task<string> Heard() => _heard.Task;
}

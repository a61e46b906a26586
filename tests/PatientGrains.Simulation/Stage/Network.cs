using Orleans;
using Orleans.Runtime;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;

namespace PatientGrains.Simulation.Stage;

/// <summary>Carries calls between nodes: requests and answers are late, lost, or come twice.</summary>
internal sealed class Network(SimWorld world, Weather weather)
{
    /// <summary>A caller that hears nothing for so long gives up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="from">Who calls. When it dies, it hears nothing.</param>
    /// <param name="to">Who is called, as the caller believes.</param>
    /// <param name="call">The call, on the silo that it reaches.</param>
    /// <param name="comesTwice">
    /// Is told when the request is repeated on its way; null between grains, where a call is carried at most once.
    /// </param>
    public Task<T> Call<T>(Node from, Silo to, Func<IGrainFactory, Task<T>> call, Action? comesTwice = null)
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        from.After(Patience, () => reply.TrySetException(new TimeoutException("planted: no answer")));
        int copies = weather.Strikes("request lost", 0.02) ? 0 : 1;
        if (comesTwice is not null && weather.Strikes("request comes twice", 0.05))
        {
            comesTwice();
            copies = 2;
        }
        for (int i = 0; i < copies; i++)
            world.After(weather.Latency(1), () => _ = Deliver(from, to, call, reply));
        return reply.Task;
    }

    private async Task Deliver<T>(Node from, Silo to, Func<IGrainFactory, Task<T>> call, TaskCompletionSource<T> reply)
    {
        if (!to.IsAlive)
        {
            // A host whose process is gone says so; one that is gone itself says nothing.
            if (world.Chance(0.7))
                from.After(weather.Latency(1), () => reply.TrySetException(new SiloUnavailableException("planted: the silo is gone")));
            return;
        }
        Action answer;
        try
        {
            var result = await call(to.Engine).ConfigureAwait(false);
            answer = () => reply.TrySetResult(result);
        }
        catch (Exception failure)
        {
            answer = () => reply.TrySetException(failure);
        }
        if (to.IsAlive && !weather.Strikes("answer lost", 0.02))
            from.After(weather.Latency(1), answer);
    }
}

/// <summary>What a node knows grains by: calls go to the silo that the directory names for it at the moment.</summary>
internal sealed class Router(Cluster cluster, Node from, Action? comesTwice = null) : IGrainFactory
{
    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey => (TGrainInterface)GetGrain(typeof(TGrainInterface), primaryKey);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => grainInterfaceType switch
    {
        _ when grainInterfaceType == typeof(IPatientGrain) =>
            new Routed(cluster, from, comesTwice, "Patient/" + grainPrimaryKey, grains => grains.GetGrain<IPatientGrain>(grainPrimaryKey)),
        _ when grainInterfaceType == typeof(IDirectoryGrain) =>
            new Routed(cluster, from, comesTwice, grainPrimaryKey, grains => grains.GetGrain<IDirectoryGrain>(grainPrimaryKey)),
        _ when grainInterfaceType == typeof(ISecurityGrain) =>
            new Routed(
                cluster, from, comesTwice, SecurityLog.NameOf(grainPrimaryKey), grains => grains.GetGrain<ISecurityGrain>(grainPrimaryKey)),
        _ when grainInterfaceType == typeof(IFeedGrain) => new RoutedFeed(cluster, from, grainPrimaryKey),
        _ => throw new NotSupportedException($"Nothing is routed to {grainInterfaceType.Name}."),
    };

    private sealed class Routed(Cluster cluster, Node from, Action? comesTwice, string log, Func<IGrainFactory, IRecordGrain> grain)
        : IPatientGrain, IDirectoryGrain, ISecurityGrain
    {
        public Task<Outcome> Ask(Command command) => Call(to => to.Ask(command));

        public Task<Outcome> Transact(Transaction transaction) => Call(to => to.Transact(transaction));

        public Task<Preparation> Prepare(Submit submit) => Call(to => to.Prepare(submit));

        public Task<bool> Settle(string preparation, bool committed) => Call(to => to.Settle(preparation, committed));

        private Task<T> Call<T>(Func<IRecordGrain, Task<T>> call)
        {
            var to = cluster.OwnerOf(log);
            return to == from
                ? call(grain(to.Engine))
                : cluster.Network.Call(from, to, grains => call(grain(grains)), comesTwice);
        }
    }

    private sealed class RoutedFeed(Cluster cluster, Node from, string key) : IFeedGrain
    {
        public Task<FeedPage> Read(Feed feed, long after, int limit, int waitMillis) =>
            cluster.Network.Call(from, cluster.Any(), grains => grains.GetGrain<IFeedGrain>(key).Read(feed, after, limit, waitMillis));
    }
}

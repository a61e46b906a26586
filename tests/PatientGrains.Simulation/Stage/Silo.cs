using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Grains;
using PatientGrains.Log;

namespace PatientGrains.Simulation.Stage;

/// <summary>One life of a silo: the real engine with the real grains, journals and the waker, over the shared store.</summary>
internal sealed class Silo : Node
{
    private readonly ServiceProvider _services;
    private readonly DueWaker _waker;

    public Silo(Cluster cluster, int slot, int life)
        : base(cluster.World, $"silo{slot}.{life}")
    {
        Slot = slot;
        var log = new NodeLog(this, cluster.Store, cluster.Weather);
        var router = new Router(cluster, this);
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<IPatientLog>(log);
        services.AddSingleton(cluster.Store.Keys.Ring);
        services.AddSingleton(cluster.Settings.Journal);
        services.AddSingleton<Func<DateTimeOffset, Guid>>(NewId);
        services.AddSingleton<RecordHost>();
        services.AddSingleton<LogNames>();
        services.AddSingleton<IHostApplicationLifetime, EndlessLife>();
        services.AddOrleansLocal(silo =>
        {
            silo.AddMemoryStreams(AlertStreams.Name);
            silo.Configure<LocalEngineOptions>(options =>
            {
                options.GrainAssemblies.Add(typeof(RecordHost).Assembly);
                options.GrainFactory = router;
                // Looked at every eighth of it: the time of simulated hours is spent on such looks.
                options.ResponseTimeout = TimeSpan.FromMinutes(4);
                options.CollectionAge = cluster.Settings.CollectionAge;
                options.RoundTrip = cluster.Settings.RoundTrips ? WireCodec.RoundTrip : null;
            });
        });
        _services = services.BuildServiceProvider();
        Engine = _services.GetRequiredService<IClusterClient>();
        Clock.Error = cluster.DrawClockError();
        _waker = new DueWaker(log, _services.GetRequiredService<LogNames>(), router, Clock);
        _ = _waker.StartAsync(CancellationToken.None);
        Say("starts");
    }

    public int Slot { get; }

    public IGrainFactory Engine { get; }

    public TimeSpan DiedAt { get; private set; }

    public override void Die()
    {
        Say("dies");
        base.Die();
        DiedAt = World.Now;
    }

    /// <summary>An id from the seed: what is random in it would otherwise decide how well a commit compresses.</summary>
    private Guid NewId(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        World.Random.NextBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes, at.ToUnixTimeMilliseconds() << 16 | 0x7000);
        return new Guid(bytes, bigEndian: true);
    }

    private sealed class EndlessLife : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => throw new NotSupportedException("Silos of a simulation die.");
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using PatientGrains.Contracts;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Composition;

/// <summary>The engine that the grains run on: Orleans. Its sibling in ../Local takes its place in a build without clusters.</summary>
public static class Engine
{
    public const string Name = "Orleans";

    /// <summary>Whether nodes can share the work.</summary>
    public static bool Clusters => true;

    /// <summary>
    /// How long a front waits for the next line of a feed before it asks again: well below <see cref="GrainCalls.Timeout"/>, after which a
    /// call is given up.
    /// </summary>
    public static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Calls that may wait for one record, or be at work in it; more are turned away before it sees them. An open record says that it is
    /// busy before that (<see cref="Log.JournalOptions.MaxWaiting"/>); this is for one that does not open.
    /// </summary>
    public const int MostWaiting = 5_000;

    /// <summary>How long a record that nobody asks for stays in memory; it comes back from its snapshot within milliseconds.</summary>
    private static readonly TimeSpan IdleAge = TimeSpan.FromMinutes(15);

    /// <summary>
    /// One silo in this process, known to nobody else: it listens on loopback only, and on a port of its own, since a verb may run beside
    /// a server. <paramref name="roundTrips"/> means nothing here: what crosses silos goes through the codec, what stays is not copied.
    /// </summary>
    public static void Add(IHostApplicationBuilder builder, bool roundTrips = false)
    {
        UseSystemClock(builder);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            Cluster.AddStreamStorage(silo);
            AddParts(silo);
        });
        SilenceLog(builder);
    }

    /// <summary>The node that the settings describe.</summary>
    internal static void AddNode(IHostApplicationBuilder builder, HostSettings settings)
    {
        var role = settings.CheckedRole();
        if (role == NodeRole.All && settings.ClusteringKind == ClusteringKind.Localhost && !settings.Dashboard)
        {
            Add(builder);
            return;
        }
        UseSystemClock(builder);
        if (role == NodeRole.Gateway)
        {
            builder.UseOrleansClient(client =>
            {
                Cluster.Join(client, settings);
                AddParts(client);
            });
        }
        else
        {
            builder.UseOrleans(silo =>
            {
                Cluster.Join(silo, settings);
                AddParts(silo);
                if (settings.Dashboard)
                    Composition.Dashboard.Add(silo, settings);
            });
        }
        SilenceLog(builder);
    }

    /// <summary>What every silo has, in a test's cluster too.</summary>
    internal static void AddParts(ISiloBuilder silo)
    {
        silo.AddActivityPropagation();
        silo.AddMemoryStreams(AlertStreams.Name);
        AddCodec(silo.Services);
        silo.AddOutgoingGrainCallFilter(GrainCalls.Invoke);
        // Records are many and alike, and a ward's become busy together: at random they spread evenly at once. Orleans's own choice by load
        // looks at figures that are a second old, and put 53 of 90 patients that came together on one of three silos.
        silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>();
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = IdleAge);
        // Orleans's own is none.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.MaxEnqueuedRequestsHardLimit = MostWaiting);
    }

    /// <summary>What every gateway has, in a test's cluster too.</summary>
    internal static void AddParts(IClientBuilder client)
    {
        client.AddActivityPropagation();
        AddCodec(client.Services);
        client.AddOutgoingGrainCallFilter(GrainCalls.Invoke);
        client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = GrainCalls.Timeout);
    }

    /// <summary>What must be there before the node starts: the tables in which nodes find each other.</summary>
    internal static Task Prepare(HostSettings settings, CancellationToken cancel) =>
        settings.ClusteringKind switch
        {
            ClusteringKind.Postgres => MembershipTables.Create(settings.CheckedPostgres(), cancel),
            ClusteringKind.Azure => AzureCluster.Prepare(settings, cancel),
            _ => Task.CompletedTask,
        };

    internal static void MapDashboard(WebApplication app, HostSettings settings)
    {
        if (settings.Dashboard)
            Composition.Dashboard.Map(app);
    }

    /// <summary>
    /// Orleans carries a trace along with a call only where somebody listens to its own spans. Their tags hold the keys of grains, which
    /// are ids of patients, so they are asked for as what is passed on and neither filled nor exported.
    /// </summary>
    public static void LetTracesThrough() => ActivitySource.AddActivityListener(new ActivityListener
    {
        ShouldListenTo = source => source.Name == "Microsoft.Orleans.Application",
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    });

    /// <summary>Core's records cross silos in the log's own codec and are never copied inside one: they are immutable.</summary>
    public static void AddCodec(IServiceCollection services) => CoreCodec.Add(services);

    /// <summary>
    /// Orleans asks for its clock under a key of each part, and takes that of the records where none is meant for it. Its own health and
    /// its own waiting are measured by the system's, however fast the records' runs.
    /// </summary>
    private static void UseSystemClock(IHostApplicationBuilder builder) =>
        builder.Services.AddKeyedSingleton(KeyedService.AnyKey, TimeProvider.System);

    /// <summary>Orleans names grains in its log, and the key of a grain names a patient. Only what speaks of silos alone is kept.</summary>
    private static void SilenceLog(IHostApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Orleans", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Orleans", LogLevel.None);
        builder.Logging.AddFilter("Orleans.Runtime.MembershipService", LogLevel.Warning);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

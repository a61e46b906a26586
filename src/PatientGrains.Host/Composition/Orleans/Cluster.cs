using System.Net;
using Orleans.Configuration;
using Orleans.Hosting;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Composition;

/// <summary>How nodes find each other, and how they notice that one has died.</summary>
internal static class Cluster
{
    private const string Invariant = "Npgsql";

    /// <summary>What Orleans calls the storage of its streams' subscriptions.</summary>
    public const string StreamStorage = "PubSubStore";

    /// <summary>
    /// Silos probe each other at this interval, and wait so long for an answer. A silo that misses three in a row is suspected, and dead
    /// when two say so (or the only other one): 3 to 4 seconds after it stopped to answer. Shorter would take a long garbage collection for
    /// a death, which loses nothing but costs a restart; Orleans's own five seconds would let clients wait for fifteen.
    /// </summary>
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);
    private const int MissedProbes = 3;
    private const int Votes = 2;

    /// <summary>Membership is gossiped; the table is read as often as this in case that a message was lost.</summary>
    private static readonly TimeSpan TableRefresh = TimeSpan.FromSeconds(10);

    /// <summary>Gateways look that often which silos there are.</summary>
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(5);

    public static void Join(ISiloBuilder silo, HostSettings settings)
    {
        var advertised = settings.CheckedAdvertised();
        switch (settings.ClusteringKind)
        {
            case ClusteringKind.Postgres:
                string connection = settings.CheckedPostgres();
                silo.UseAdoNetClustering((AdoNetClusteringSiloOptions options) =>
                    (options.Invariant, options.ConnectionString) = (Invariant, connection));
                break;
            case ClusteringKind.Azure:
                AzureCluster.Join(silo, settings);
                break;
            default:
                silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, null, settings.ServiceId, settings.ClusterId);
                break;
        }
        silo.Configure<ClusterOptions>(cluster => Name(cluster, settings));
        silo.ConfigureEndpoints(advertised, settings.SiloPort, settings.GatewayPort);
        if (settings.ClusteringKind != ClusteringKind.Azure)
            AddStreamStorage(silo);
        SetProbes(silo);
        if (settings.LoadNodeCertificate() is { } node)
            ClusterTls.Add(silo, node);
    }

    public static void Join(IClientBuilder client, HostSettings settings)
    {
        switch (settings.ClusteringKind)
        {
            case ClusteringKind.Postgres:
                string connection = settings.CheckedPostgres();
                client.UseAdoNetClustering((AdoNetClusteringClientOptions options) =>
                    (options.Invariant, options.ConnectionString) = (Invariant, connection));
                break;
            case ClusteringKind.Azure:
                AzureCluster.Join(client, settings);
                break;
            default:
                client.UseStaticClustering([new IPEndPoint(IPAddress.Loopback, settings.GatewayPort)]);
                break;
        }
        client.Configure<ClusterOptions>(cluster => Name(cluster, settings));
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayRefresh);
        if (settings.LoadNodeCertificate() is { } node)
            ClusterTls.Add(client, node);
        // Nodes may start in any order: who has no silo yet is not ready, and asks again until it is told to stop.
        client.UseConnectionRetryFilter(async (_, cancel) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return !cancel.IsCancellationRequested;
        });
    }

    /// <summary>Of a test's cluster too.</summary>
    public static void SetProbes(ISiloBuilder silo) => silo.Configure<ClusterMembershipOptions>(membership =>
    {
        membership.ProbeTimeout = Probe;
        membership.NumMissedProbesLimit = MissedProbes;
        membership.NumVotesForDeathDeclaration = Votes;
        membership.TableRefreshTimeout = TableRefresh;
    });

    /// <summary>
    /// Who subscribed to the streams of hints, in memory: it dies with the silo that holds it, and its subscribers hear no hints until they
    /// subscribe again. Feeds, which carry every alert, do not depend on it. With Azure a table holds it.
    /// </summary>
    public static void AddStreamStorage(ISiloBuilder silo) => silo.AddMemoryGrainStorage(StreamStorage);

    private static void Name(ClusterOptions cluster, HostSettings settings) =>
        (cluster.ClusterId, cluster.ServiceId) = (settings.ClusterId, settings.ServiceId);
}

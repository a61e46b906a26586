using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PatientGrains.Gateway;
using PatientGrains.Grpc;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Composition;

/// <summary>
/// A node: log, engine and fronts, as far as its role has them. Stopping it drains what is on its way.
/// </summary>
internal sealed class RecordServer : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly IPatientLog? _log;
    private readonly HostSettings? _announced;

    private RecordServer(IHost host, IPatientLog? log, KeyRing ring, HostSettings? announced)
    {
        _host = host;
        _log = log;
        _announced = announced;
        Ring = ring;
    }

    public IServiceProvider Services => _host.Services;

    public KeyRing Ring { get; }

    /// <summary>The log of a node that has one: not of a gateway.</summary>
    public IPatientLog Log => _log ?? throw new InvalidOperationException("A gateway has no log.");

    /// <summary>Where the front listens; empty without a front.</summary>
    public string Url => Addresses.FirstOrDefault() ?? "";

    /// <summary>Where gRPC is served: an endpoint of its own, or that of <see cref="Url"/>.</summary>
    public string GrpcUrl => Addresses.LastOrDefault() ?? "";

    private ICollection<string> Addresses =>
        _host.Services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    /// <summary>
    /// The engine alone, for verbs that work on a store. An embedded store's folder is locked. Where nodes share the store, this is a
    /// gateway of their cluster; without a cluster it works on the store by itself, and leaves what is due to the nodes.
    /// </summary>
    public static Task<RecordServer> StartWithoutFront(HostSettings settings, CancellationToken cancel)
    {
        bool isClient = settings.ClusteringKind != ClusteringKind.Localhost;
        var node = settings with { Role = isClient ? "gateway" : "all", Dashboard = false };
        return Start(node, parts =>
        {
            var builder = QuietBuilder();
            if (settings.IsEmbedded || isClient)
                Composition.Services.AddNode(builder, node, parts.Log, parts.Ring);
            else
                AddWithoutWaker(builder, node, parts);
            return builder.Build();
        }, null, cancel);
    }

    /// <summary>
    /// Records in this process over a store that nodes may share, for verbs that only look: nothing is woken, and nothing is written but
    /// by who asks a record.
    /// </summary>
    public static Task<RecordServer> StartAside(HostSettings settings, CancellationToken cancel)
    {
        var node = settings with { Role = "all", Clustering = "localhost", AdvertisedAddress = null, Dashboard = false };
        return Start(node, parts =>
        {
            var builder = QuietBuilder();
            AddWithoutWaker(builder, node, parts);
            return builder.Build();
        }, null, cancel);
    }

    private static HostApplicationBuilder QuietBuilder()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        return builder;
    }

    private static void AddWithoutWaker(IHostApplicationBuilder builder, HostSettings settings, Parts parts)
    {
        Composition.Services.AddRecordParts(builder.Services, parts.Log!, parts.Ring, TimeProvider.System);
        Engine.Add(builder);
        Composition.Services.AddGateway(builder, settings, parts.Ring);
    }

    /// <summary>A node of the role that the settings say. Refuses to listen beyond loopback without TLS.</summary>
    /// <param name="settings">What to serve, and where.</param>
    /// <param name="cancel">Gives up starting.</param>
    /// <param name="clock">Null for the system's.</param>
    public static Task<RecordServer> StartWithFront(HostSettings settings, CancellationToken cancel, TimeProvider? clock = null)
    {
        bool hasFront = settings.CheckedRole() != NodeRole.Silo;
        var endpoints = new Endpoints(settings.CheckedUrl(), hasFront ? settings.CheckedGrpcUrl() : null);
        var certificate = settings.LoadCertificate();
        // Verbs find the server of a folder by the folder; nodes of a cluster are reached by their addresses.
        var announce = settings.IsEmbedded && settings.CheckedRole() == NodeRole.All
            ? new Announcement(settings, certificate?.GetCertHashString(HashAlgorithmName.SHA256))
            : null;
        return Start(settings, parts => BuildFront(settings, endpoints, certificate, parts, clock), announce, cancel);
    }

    private static WebApplication BuildFront(
        HostSettings settings, Endpoints at, X509Certificate2? certificate, Parts parts, TimeProvider? clock)
    {
        // Nothing is read again while it runs. A watch would also cover every folder below the current one, and a store that lies there
        // would tell it of each write.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        // The web server would also listen where its own files and environment variables say; only our settings count.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Logging.ClearProviders();
        builder.Logging.AddJsonConsole().SetMinimumLevel(LogLevel.Information);
        // Where it listens is said by the verb that starts it; and an address names a patient.
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        if (certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = settings.MaxConnections;
            GrpcFront.Limit(kestrel.Limits, Composition.Services.GatewayOptionsOf(settings, parts.Ring).Grpc);
            at.Listen(kestrel, certificate);
        });
        Composition.Services.AddNode(builder, settings, parts.Log, parts.Ring, clock);
        builder.Services.AddSingleton(_ => new Telemetry(settings));
        var app = builder.Build();
        app.Services.GetRequiredService<Telemetry>();
        MapFronts(app, settings, parts);
        return app;
    }

    private static void MapFronts(WebApplication app, HostSettings settings, Parts parts)
    {
        var role = settings.CheckedRole();
        bool hasFront = role != NodeRole.Silo;
        Engine.MapDashboard(app, settings);
        if (hasFront)
        {
            app.UsePatientGrainsGrpc();
            app.MapPatientGrains();
        }
        // Verbs ask these of the server that holds their folder's lock.
        if (role == NodeRole.All && parts.Log is not null)
            OperationEndpoints.Map(app);
        Readiness.Map(app, withHealth: !hasFront);
    }

    private sealed record Parts(IPatientLog? Log, KeyRing Ring);

    private sealed record Announcement(HostSettings Settings, string? Fingerprint);

    private static async Task<RecordServer> Start(
        HostSettings settings, Func<Parts, IHost> build, Announcement? announce, CancellationToken cancel)
    {
        var role = settings.CheckedRole();
        var ring = Stores.Ring(settings);
        IPatientLog? log = null;
        IHost? host = null;
        try
        {
            if (role != NodeRole.Gateway)
                log = await Stores.Open(settings, ring, cancel);
            await Engine.Prepare(settings, cancel);
            host = build(new Parts(log, ring));
            await host.StartAsync(cancel);
            var server = new RecordServer(host, log, ring, announce?.Settings);
            if (announce is not null)
                await LiveServer.Announce(settings, server.Url, server.GrpcUrl, announce.Fingerprint);
            return server;
        }
        catch
        {
            if (host is not null)
                await End(host);
            if (log is not null)
                await log.DisposeAsync();
            ring.Dispose();
            throw;
        }
    }

    /// <summary>Until the process is told to stop (SIGTERM, Ctrl+C).</summary>
    public Task Run(CancellationToken cancel) => _host.WaitForShutdownAsync(cancel);

    /// <summary>In order: no new requests, requests on their way are answered, grains end, the log drains and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_announced is not null)
            LiveServer.Withdraw(_announced);
        await End(_host);
        if (_log is not null)
            await _log.DisposeAsync();
        Ring.Dispose();
    }

    private static async Task End(IHost host)
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            host.Dispose();
    }
}

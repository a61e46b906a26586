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
/// One process with everything in it: the embedded log, the engine, and the front when it listens. Stopping it drains what is on its way.
/// </summary>
internal sealed class RecordServer : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly SqliteLog _log;
    private readonly HostSettings? _announced;

    private RecordServer(IHost host, SqliteLog log, KeyRing ring, HostSettings? announced)
    {
        _host = host;
        _log = log;
        _announced = announced;
        Ring = ring;
    }

    public IServiceProvider Services => _host.Services;

    public KeyRing Ring { get; }

    public IPatientLog Log => _log;

    /// <summary>Where the front listens; empty without a front.</summary>
    public string Url => Addresses.FirstOrDefault() ?? "";

    /// <summary>Where gRPC is served: an endpoint of its own, or that of <see cref="Url"/>.</summary>
    public string GrpcUrl => Addresses.LastOrDefault() ?? "";

    private ICollection<string> Addresses =>
        _host.Services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    /// <summary>The engine alone, for verbs that work on a folder while no server runs on it. Takes the folder's lock.</summary>
    public static Task<RecordServer> StartWithoutFront(HostSettings settings, CancellationToken cancel) => Start(settings, log =>
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        Composition.Services.Add(builder, settings, log.Log, log.Ring);
        return builder.Build();
    }, null, cancel);

    /// <summary>Engine and front. Refuses to listen beyond loopback without TLS.</summary>
    /// <param name="settings">What to serve, and where.</param>
    /// <param name="cancel">Gives up starting.</param>
    /// <param name="clock">Null for the system's.</param>
    public static Task<RecordServer> StartWithFront(HostSettings settings, CancellationToken cancel, TimeProvider? clock = null)
    {
        var endpoints = new Endpoints(settings.CheckedUrl(), settings.CheckedGrpcUrl());
        var certificate = settings.LoadCertificate();
        var announce = new Announcement(settings, certificate?.GetCertHashString(HashAlgorithmName.SHA256));
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
        // Where it listens is said by the verb that starts it.
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        if (certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = settings.MaxConnections;
            GrpcFront.Limit(kestrel.Limits, Composition.Services.GatewayOptionsOf(settings, parts.Ring).Grpc);
            at.Listen(kestrel, certificate);
        });
        Composition.Services.Add(builder, settings, parts.Log, parts.Ring, clock: clock);
        builder.Services.AddSingleton(_ => new Telemetry(settings));
        var app = builder.Build();
        app.Services.GetRequiredService<Telemetry>();
        app.UsePatientGrainsGrpc();
        app.MapPatientGrains();
        OperationEndpoints.Map(app);
        return app;
    }

    private sealed record Parts(SqliteLog Log, KeyRing Ring);

    private sealed record Announcement(HostSettings Settings, string? Fingerprint);

    private static async Task<RecordServer> Start(
        HostSettings settings, Func<Parts, IHost> build, Announcement? announce, CancellationToken cancel)
    {
        var ring = EmbeddedLog.Ring(settings);
        SqliteLog? log = null;
        IHost? host = null;
        try
        {
            log = EmbeddedLog.Open(settings, ring);
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

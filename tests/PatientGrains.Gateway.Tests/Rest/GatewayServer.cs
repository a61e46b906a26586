using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;
using PatientGrains.Host.Composition;
using PatientGrains.Log;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>
/// The real front on Kestrel over real grains on a log in memory, at a port of its own. What it logs, at every level, is kept.
/// </summary>
public sealed class GatewayServer : IAsyncLifetime
{
    private readonly KeyRing _ring = KeyRing.Ephemeral();
    private readonly InMemoryLog _log = new();
    private WebApplication? _app;

    public CapturedLogs Logs { get; } = new();

    public GatewayOptions Options { get; set; } = null!;

    /// <summary>Of the records and of the fronts; its timers run and its timestamps pass as the machine's.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>More services.</summary>
    public Action<IServiceCollection> With { get; set; } = _ => { };

    public IServiceProvider Provider => _app!.Services;

    public HttpClient Http { get; private set; } = null!;

    public Uri Base => Http.BaseAddress!;

    public Uri GrpcUrl => new(_app!.Urls.Last());

    /// <summary>A client of its own connection, with a token or (empty) without one.</summary>
    public PatientGrainsClient Grpc(string? token = null) => new(GrpcChannel(token));

    /// <inheritdoc cref="Grpc"/>
    public GrpcChannel GrpcChannel(string? token = null) => new(GrpcUrl, Unhurried.Channel with
    {
        Metadata = () => token == "" ? [] : new GrpcMetadata { { "authorization", "Bearer " + (token ?? Token()) } },
    });

    public IGrainFactory Grains => _app!.Services.GetRequiredService<IGrainFactory>();

    public GatewayServer() => Options = new GatewayOptions
    {
        TokenKey = _ring.Derive("tokens"),
        Sources = [new Source("local", "urn:test:source:local"), new Source("lab", "urn:test:source:lab")],
        MaxBodyBytes = 1 << 20,
        Admission = new AdmissionLimits { Patience = Unhurried.Patience },
        Feeds = Unhurried.Feeds,
        Grpc = Unhurried.Grpc,
    };

    public async Task InitializeAsync()
    {
        // Nothing is watched: inotify's watchers are few, and all processes of a user share them.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(Logs);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, http => http.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, grpc => grpc.Protocols = HttpProtocols.Http2);
            GrpcFront.Limit(kestrel.Limits, Options.Grpc);
            kestrel.Limits.RequestHeadersTimeout = kestrel.Limits.KeepAliveTimeout = Unhurried.Patience;
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        Services.AddRecords(builder, _log, _ring, roundTrips: true, Clock);
        Unhurried.AddEngineLimits(builder.Services);
        builder.Services.AddPatientGrainsGateway(Options, new IntakeOptions
        {
            IdSecret = _ring.Derive("ids"), RoutedIds = _ring.RoutedIds, BlindLog = log => _ring.Blind(new LogName(log)).Value,
        });
        With(builder.Services);
        _app = builder.Build();
        _app.UsePatientGrainsGrpc();
        _app.MapPatientGrains();
        await _app.StartAsync();
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(_app.Urls.First() + "/fhir/"), Timeout = Unhurried.Patience,
        };
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await _app!.DisposeAsync();
    }

    public string Token(Role role = Role.Clinician, string source = "local", string purpose = "TREAT", string subject = "dr-test",
        TimeSpan? validFor = null) =>
        new TokenIssuer(Options, Clock).Issue(
            new Requester { Subject = subject, Roles = [role], Purpose = purpose, Source = source }, validFor ?? TimeSpan.FromMinutes(10));

    /// <summary>Sends a request; the body is JSON of FHIR unless the headers say otherwise.</summary>
    public async Task<Reply> Send(string method, string url, string? body = null, string? token = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (token != "")
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token());
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (headers.All(header => header.Name != "Content-Type"))
                request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/fhir+json");
        }
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await Http.SendAsync(request);
        return await Reply.Of(response);
    }

    public Task<Reply> Get(string url, params (string Name, string Value)[] headers) => Send("GET", url, null, null, headers);

    /// <summary>A patient under an id of its own.</summary>
    public async Task<string> NewPatient()
    {
        string id = "p" + Guid.NewGuid().ToString("N");
        var reply = await Send("PUT", $"Patient/{id}", Samples.Patient(id));
        Assert.Equal(201, reply.Status);
        return id;
    }

    /// <summary>Destroys the key of a log, as a request for erasure does.</summary>
    public Task Erase(string log) => _log.Erase(_ring.Blind(new LogName(log)));

    /// <summary>The newest access entries of a patient's log, by way of a privacy officer who asks the grain.</summary>
    public async Task<IReadOnlyList<AccessEntry>> AccessLog(string patient)
    {
        var who = new Requester { Subject = "officer", Roles = [Role.PrivacyOfficer], Purpose = "HOPERAT", Source = "local" };
        var outcome = await Grains.GetGrain<IPatientGrain>(patient).Ask(new ReadAccessLog { Who = who, Count = 1_000 });
        return Assert.IsType<AccessLogReleased>(outcome).Entries;
    }

    /// <summary>All entries of the security logs.</summary>
    public async Task<IReadOnlyList<AccessEntry>> SecurityEntries()
    {
        var who = new Requester { Subject = "officer", Roles = [Role.PrivacyOfficer], Purpose = "HOPERAT", Source = "local" };
        var all = new List<AccessEntry>();
        for (int shard = 0; shard < SecurityLog.Shards; shard++)
        {
            var grain = Grains.GetGrain<ISecurityGrain>(shard.ToString(System.Globalization.CultureInfo.InvariantCulture));
            var outcome = await grain.Ask(new ReadAccessLog { Who = who, Count = 10_000 });
            all.AddRange(Assert.IsType<AccessLogReleased>(outcome).Entries);
        }
        return all;
    }
}

/// <summary>What came back.</summary>
public sealed record Reply(int Status, string Text, IReadOnlyDictionary<string, string> Headers, byte[] Bytes)
{
    public static async Task<Reply> Of(HttpResponseMessage response)
    {
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Reply((int)response.StatusCode, Encoding.UTF8.GetString(bytes), headers, bytes);
    }

    public JsonNode Json => JsonNode.Parse(Bytes)!;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The code of the first issue of an OperationOutcome; fails when the body is none.</summary>
    public string IssueCode
    {
        get
        {
            Assert.Equal("OperationOutcome", (string?)Json["resourceType"]);
            return (string)Json["issue"]![0]!["code"]!;
        }
    }

    public string Diagnostics => (string)Json["issue"]![0]!["diagnostics"]!;

    public JsonArray Entries => Json["entry"]?.AsArray() ?? [];

    public string? Link(string relation) =>
        Json["link"]?.AsArray().FirstOrDefault(link => (string?)link!["relation"] == relation)?["url"]?.GetValue<string>();
}

/// <summary>Keeps every line that is logged, whatever its level.</summary>
public sealed class CapturedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Capturing(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed class Capturing(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{category} {logLevel} {formatter(state, exception)} {exception}");
    }
}

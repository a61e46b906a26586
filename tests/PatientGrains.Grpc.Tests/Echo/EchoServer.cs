using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace PatientGrains.Grpc.Tests.Echo;

/// <summary>A real Kestrel on a free port of the loopback, with handlers that a test says.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<IDisposable> _channels = [];

    private EchoServer(WebApplication app, Uri address)
    {
        _app = app;
        Address = address;
    }

    public static MethodDescriptor Once { get; } = EchoReflection.Descriptor.Services[0].FindMethodByName("Once");
    public static MethodDescriptor Split { get; } = EchoReflection.Descriptor.Services[0].FindMethodByName("Split");
    public static MethodDescriptor Join { get; } = EchoReflection.Descriptor.Services[0].FindMethodByName("Join");
    public static MethodDescriptor Talk { get; } = EchoReflection.Descriptor.Services[0].FindMethodByName("Talk");

    public Uri Address { get; }

    public required EchoLog Log { get; init; }

    /// <summary>Answers each call as an echo does.</summary>
    public static Task<EchoServer> Start(GrpcLimits? limits = null, TimeProvider? clock = null) => Start(
        [
            GrpcMethod.Unary<Piece, Piece>(Once, (piece, _) => Task.FromResult(piece)),
            GrpcMethod.ServerStreaming<Piece, Piece>(Split, async (piece, pieces, _) =>
            {
                for (int i = 0; i < piece.Count; i++)
                    await pieces.Write(new Piece { Text = piece.Text, Count = i, Content = piece.Content });
            }),
            GrpcMethod.ClientStreaming<Piece, Piece>(Join, async (pieces, _) =>
            {
                var all = new Piece();
                await foreach (var piece in pieces)
                    (all.Text, all.Count) = (all.Text + piece.Text, all.Count + 1);
                return all;
            }),
            GrpcMethod.Bidi<Piece, Piece>(Talk, async (pieces, answers, _) =>
            {
                await foreach (var piece in pieces)
                    await answers.Write(piece);
            }),
        ], limits, clock);

    public static async Task<EchoServer> Start(
        IEnumerable<GrpcMethod> methods, GrpcLimits? limits = null, TimeProvider? clock = null, bool tls = false,
        Action<WebApplication>? also = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var log = new EchoLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            GrpcFront.Limit(kestrel.Limits, limits ?? new());
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = tls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http2;
                if (tls)
                    listen.UseHttps(Certificate());
            });
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        if (tls)
            builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        app.UseGrpc(methods, limits ?? new(), clock ?? TimeProvider.System);
        also?.Invoke(app);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        return new(app, new Uri(addresses[0])) { Log = log, Http1Address = new Uri(addresses[1]) };
    }

    /// <summary>Ends what hangs; nothing that is right takes so long, on however slow a machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(5);

    /// <summary>The same application for HTTP/1.1.</summary>
    public required Uri Http1Address { get; init; }

    public GrpcChannel Channel(GrpcChannelOptions? options = null)
    {
        // A server that stands still for a while is not gone.
        var patient = (options ?? new()) with { ConnectTimeout = Patience, KeepAliveTimeout = Patience };
        var channel = new GrpcChannel(Address, patient);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Whether a call over a connection of its own is turned away.</summary>
    public async Task<bool> IsRefused()
    {
        try
        {
            await Channel().Unary<Piece, Piece>(Once, new Piece()).WaitAsync(Patience);
            return false;
        }
        catch (GrpcException e) when (e.Code == GrpcCode.Unavailable)
        {
            return true;
        }
    }

    /// <summary>A client that says what a test makes up.</summary>
    public HttpMessageInvoker Raw()
    {
        var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        _channels.Add(http);
        return http;
    }

    /// <summary>Ends when every call has ended, so that all that is to be said of them is in the log.</summary>
    public Task Stop() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}

/// <summary>What the server wrote to its log.</summary>
internal sealed class EchoLog : ILoggerProvider, ILogger
{
    private readonly List<string> _lines = [];

    public string[] Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        // Not everybody asks before.
        if (!IsEnabled(logLevel))
            return;
        lock (_lines)
            _lines.Add(formatter(state, exception));
    }

    public void Dispose() { }
}

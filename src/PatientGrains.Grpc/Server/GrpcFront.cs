using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PatientGrains.Grpc;

/// <summary>
/// The door to gRPC on ASP.NET Core: answers every request whose content type is gRPC's or whose address is a method's, hands on all
/// others.
/// </summary>
public static class GrpcFront
{
    /// <summary>
    /// Serves these methods; those of <see cref="GrpcHealth"/> and <see cref="GrpcReflection"/> are to be among them. It needs an endpoint
    /// that speaks HTTP/2: one with TLS, or a
    /// cleartext one with <see cref="HttpProtocols.Http2"/> alone.
    /// </summary>
    /// <param name="app">Where in its order of middleware this is called, there gRPC is answered.</param>
    /// <param name="methods">Each path once.</param>
    /// <param name="limits">The same as <see cref="Limit"/> got.</param>
    /// <param name="clock">For deadlines.</param>
    public static IApplicationBuilder UseGrpc(
        this IApplicationBuilder app, IEnumerable<GrpcMethod> methods, GrpcLimits limits, TimeProvider clock)
    {
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("PatientGrains.Grpc");
        var stopping = app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var server = new GrpcServer(methods, limits, clock, log, stopping);
        return app.Use(next => async http =>
        {
            if (!await server.TryAnswer(http).ConfigureAwait(false))
                await next(http).ConfigureAwait(false);
        });
    }

    /// <summary>
    /// Sets what Kestrel limits for all of HTTP/2: calls per connection, windows, keep-alive; and, for HTTP/1 too, how long a client may
    /// take
    /// nothing of a response before its connection is closed: twice <see cref="GrpcLimits.WriteTimeout"/>, so that a call is reset first.
    /// </summary>
    public static void Limit(KestrelServerLimits kestrel, GrpcLimits limits)
    {
        // Kestrel's own five seconds would close a connection with all its calls because of one that is not read.
        kestrel.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: Longer(2 * limits.WriteTimeout, LeastGrace));
        kestrel.Http2.MaxStreamsPerConnection = limits.MaxCallsPerConnection;
        kestrel.Http2.InitialStreamWindowSize = limits.StreamWindowBytes;
        kestrel.Http2.InitialConnectionWindowSize = limits.ConnectionWindowBytes;
        kestrel.Http2.KeepAlivePingDelay = limits.KeepAliveDelay;
        kestrel.Http2.KeepAlivePingTimeout = limits.KeepAliveTimeout;
    }

    /// <summary>Kestrel looks once a second.</summary>
    private static TimeSpan LeastGrace { get; } = TimeSpan.FromSeconds(2);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

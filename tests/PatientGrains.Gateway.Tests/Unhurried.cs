using Microsoft.Extensions.DependencyInjection;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Grpc;
#if !ENGINE_ORLEANS
using Orleans.Hosting;
#endif

namespace PatientGrains.Gateway.Tests;

/// <summary>
/// Limits under which nothing is given up because a machine is slow or stands still for a while. Tests that are about a limit set that one,
/// on a clock of their own or by holding back what it bounds.
/// </summary>
internal static class Unhurried
{
    /// <summary>Ends a test that hangs, and nothing else.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static FeedLimits Feeds { get; } = new()
    {
        AlertPatience = Patience, OtherPatience = Patience, CatchUpPatience = Patience, NotePatience = Patience,
    };

    public static GrpcLimits Grpc { get; } = new() { RequestTimeout = Patience, WriteTimeout = Patience, KeepAliveTimeout = Patience };

    public static GrpcChannelOptions Channel { get; } = new() { ConnectTimeout = Patience, KeepAliveTimeout = Patience };

    /// <summary>Waits until something is so that nobody tells of.</summary>
    public static async Task Until(Func<bool> isSo)
    {
        using var end = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            end.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>The engine's own limits, for calls that a test holds back among them.</summary>
    public static void AddEngineLimits(IServiceCollection services)
    {
#if !ENGINE_ORLEANS
        services.Configure<LocalEngineOptions>(engine =>
            engine.ResponseTimeout = engine.ActivationTimeout = engine.DeactivationTimeout = Patience);
#endif
    }
}

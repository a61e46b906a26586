using System.Security.Cryptography;
using PatientGrains.Grpc.Rpc;

namespace PatientGrains.Grpc;

/// <summary>
/// How a submission comes back that the server had no room for. Nothing of it was written; its message id stays the same.
/// </summary>
public sealed record BusyOptions
{
    /// <summary>How often one submission comes back; then its refusal is the answer.</summary>
    public int MaxTimes { get; init; } = 20;

    /// <summary>
    /// How long to wait after so many times in a row, from 1; no less than the server says. A second, doubled each time up to half a
    /// minute, and up to twice as long by chance, so that all who were refused together do not come back together.
    /// </summary>
    public Func<int, TimeSpan> Delay { get; init; } = static times =>
        TimeSpan.FromSeconds(Math.Min(30, 1 << Math.Min(times - 1, 5)) * (1 + (RandomNumberGenerator.GetInt32(1_000) / 1_000.0)));

    /// <summary>Told of each wait before it.</summary>
    public Action<TimeSpan>? OnBusy { get; init; }

    internal async Task Wait(int times, TimeSpan told, TimeProvider clock, CancellationToken stop)
    {
        var chosen = Delay(times);
        var wait = chosen > told ? chosen : told;
        OnBusy?.Invoke(wait);
        await Task.Delay(wait, clock, stop).ConfigureAwait(false);
    }

    /// <summary>When a refusal says that the same may come again; null when it says no such thing.</summary>
    internal static TimeSpan? ToldBy(GrpcException refusal) =>
        refusal.Code is GrpcCode.ResourceExhausted or GrpcCode.Unavailable or GrpcCode.Aborted
            ? refusal.Find<RetryInfo>()?.RetryDelay?.ToTimeSpan()
            : null;

    /// <summary>The same of an answer on a stream.</summary>
    internal static TimeSpan? ToldBy(Status? refusal) => refusal is null ? null : ToldBy(GrpcException.From(refusal));
}

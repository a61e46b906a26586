namespace PatientGrains.Grpc;

/// <summary>How a stream goes on after it broke.</summary>
public sealed record ResumeOptions
{
    /// <summary>How often in a row it may break without a message in between; then the last failure is thrown.</summary>
    public int MaxFailures { get; init; } = 20;

    /// <summary>How long to wait before the attempt after so many failures in a row, from 1.</summary>
    public Func<int, TimeSpan> Delay { get; init; } =
        static failures => TimeSpan.FromMilliseconds(Math.Min(5_000, 50 << Math.Min(failures, 7)));

    /// <summary>Told of each failure before the wait.</summary>
    public Action<GrpcException>? OnFailure { get; init; }
}

/// <summary>Counts the failures of one stream, and decides whether it goes on.</summary>
internal sealed class Resuming(ResumeOptions options, TimeProvider clock)
{
    /// <summary>An end with OK while more is expected: a server that stops.</summary>
    public static GrpcException Ended { get; } = new(GrpcCode.Unavailable, "The server ended the stream.");

    private int _failures;
    private bool _progressed;

    /// <summary>A message came.</summary>
    public void Progressed() => (_failures, _progressed) = (0, true);

    /// <summary>Waits for the next attempt.</summary>
    /// <exception cref="GrpcException">The failure itself: it does not pass, or there were too many.</exception>
    public async Task After(GrpcException failure, CancellationToken stop)
    {
        bool passes = failure.Code switch
        {
            GrpcCode.Unavailable or GrpcCode.Cancelled or GrpcCode.DeadlineExceeded or GrpcCode.Internal or GrpcCode.Unknown
                or GrpcCode.ResourceExhausted or GrpcCode.Aborted => true,
            // A token ran out on the way: the next attempt brings a fresh one. At the begin, it is the wrong token.
            GrpcCode.Unauthenticated => _progressed,
            _ => false,
        };
        _progressed = false;
        if (!passes || ++_failures > options.MaxFailures)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        options.OnFailure?.Invoke(failure);
        await Task.Delay(options.Delay(_failures), clock, stop).ConfigureAwait(false);
    }
}

using System.Diagnostics.Metrics;

namespace PatientGrains.Gateway.Grpc;

/// <summary>
/// How long a source's submissions took over gRPC, from when one had been read whole to when its answer was handed to the transport: the
/// gateway's own part. What waits unread, on the wire or at its sender, is not in it. By the source's slug and nothing of its patients.
/// </summary>
internal sealed class AnswerMeter(string source, TimeProvider clock)
{
    private static readonly Meter Meter = new(Telemetry.Name);
    private static readonly Histogram<double> Durations = Meter.CreateHistogram<double>(
        "patientgrains.gateway.submission.duration", "s", "From a gRPC submission read whole to its answer handed to the transport");

    private readonly KeyValuePair<string, object?> _source = new("source", source);

    public long Now() => Durations.Enabled ? clock.GetTimestamp() : 0;

    /// <param name="read">When each of the submissions had been read.</param>
    public void Left(IEnumerable<long> read)
    {
        if (!Durations.Enabled)
            return;
        long now = clock.GetTimestamp();
        foreach (long since in read)
        {
            // It was read before anybody wanted to know.
            if (since != 0)
                Durations.Record(clock.GetElapsedTime(since, now).TotalSeconds, _source);
        }
    }
}

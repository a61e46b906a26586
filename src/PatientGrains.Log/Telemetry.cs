using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PatientGrains.Log;

/// <summary>
/// Traces and metrics of logs under the one name <c>PatientGrains.Log</c>. They count and time; no tag says whose log it was, not even
/// blinded. Whatever nobody listens to
/// is neither made nor measured.
/// </summary>
internal static class Telemetry
{
    private static readonly ActivitySource Source = new("PatientGrains.Log");
    private static readonly Meter Meter = new("PatientGrains.Log");

    private static readonly Histogram<double> AppendDuration =
        Meter.CreateHistogram<double>("patientgrains.log.append.duration", "s", "From handing over to durable, or failed");
    private static readonly Counter<long> AppendedBytes =
        Meter.CreateCounter<long>("patientgrains.log.append.size", "By", "Sealed bytes of commits that became durable");
    private static readonly Counter<long> Conflicts =
        Meter.CreateCounter<long>("patientgrains.log.conflicts", "{append}", "Appends that lost a head or a claimed id");
    private static readonly Histogram<int> GroupWrites =
        Meter.CreateHistogram<int>("patientgrains.log.group.writes", "{write}", "Writes that shared a transaction and its sync");
    private static readonly Histogram<int> QueueDepth =
        Meter.CreateHistogram<int>("patientgrains.log.queue.depth", "{write}", "Writes that still wait when a group is taken");
    private static readonly Counter<long> Openings =
        Meter.CreateCounter<long>("patientgrains.log.journals.opened", "{journal}", "Journals that were opened, by what they began with");
    private static readonly Counter<long> Snapshots =
        Meter.CreateCounter<long>("patientgrains.log.snapshots.written", "{snapshot}", "Snapshots that were kept");
    private static readonly Gauge<long> FeedHead =
        Meter.CreateGauge<long>("patientgrains.log.feed.head", "{line}", "Number of the last durable line of a feed");

    /// <summary>Hands an append to a log, as a span of the trace of the first decision in it.</summary>
    public static Task Append(IPatientLog log, AppendBatch batch, ActivityContext trace) =>
        Source.HasListeners() || AppendDuration.Enabled || AppendedBytes.Enabled || Conflicts.Enabled
            ? Observed(log, batch, trace)
            : log.Append(batch);

    public static void GroupTaken(int writes, int waiting)
    {
        GroupWrites.Record(writes);
        QueueDepth.Record(waiting);
    }

    /// <param name="from">new, snapshot or log.</param>
    public static void Opened(string from) => Openings.Add(1, new KeyValuePair<string, object?>("from", from));

    public static void FeedMoved(byte feed, long head) => FeedHead.Record(head, new KeyValuePair<string, object?>("feed", (int)feed));

    public static void SnapshotWritten() => Snapshots.Add(1);

    private static async Task Observed(IPatientLog log, AppendBatch batch, ActivityContext trace)
    {
        using var span = Source.StartActivity("append", ActivityKind.Internal, trace);
        long before = Stopwatch.GetTimestamp();
        string outcome = "durable";
        try
        {
            await log.Append(batch).ConfigureAwait(false);
            AppendedBytes.Add(batch.Commits.Sum(append => (long)append.Commit.Bytes.Length));
        }
        catch (Exception failure)
        {
            outcome = OutcomeOf(failure);
            span?.SetStatus(ActivityStatusCode.Error);
            if (failure is StaleHeadException or ClaimTakenException)
                Conflicts.Add(1, new KeyValuePair<string, object?>("over", outcome));
            throw;
        }
        finally
        {
            AppendDuration.Record(Stopwatch.GetElapsedTime(before).TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
            span?.SetTag("outcome", outcome);
        }
    }

    private static string OutcomeOf(Exception failure) => failure switch
    {
        StaleHeadException => "head",
        ClaimTakenException => "claim",
        LogBusyException => "busy",
        LogFullException => "full",
        _ => "failed",
    };
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Grains;

/// <summary>
/// One span per command of a record, under the name <c>PatientGrains.Grains</c>: from its arrival at the grain to its durable answer. Its
/// tags are the kind of the command and the class of its outcome, never a name, an id or a rule's subject. Without a listener nothing is
/// made.
/// </summary>
internal static class Telemetry
{
    private static readonly ActivitySource Source = new("PatientGrains.Grains");
    private static readonly Meter Meter = new("PatientGrains.Grains");

    private static readonly Histogram<long> FeedLag = Meter.CreateHistogram<long>(
        "patientgrains.feed.reader.lag", "{line}", "Lines of a feed that its reader does not have yet, per page read");
    private static readonly Gauge<long> Backlog =
        Meter.CreateGauge<long>("patientgrains.due.backlog", "{record}", "Records that were due when the store was last looked at");
    private static readonly Histogram<double> Lateness =
        Meter.CreateHistogram<double>("patientgrains.due.lateness", "s", "From a record's due time to its first wake-up");
    private static readonly Counter<long> WakeUps =
        Meter.CreateCounter<long>("patientgrains.due.wakeups", "{wakeup}", "Wake-ups of records that were due, by what came of them");
    private static readonly Counter<long> Alerts =
        Meter.CreateCounter<long>("patientgrains.alerts.events", "{event}", "What became of alerts, by kind, rule and severity");
    private static readonly Counter<long> Hints =
        Meter.CreateCounter<long>("patientgrains.alerts.hints", "{hint}", "Hints on the stream of alerts, by what came of them");

    public static Activity? Start(Command command) => Source.HasListeners() ? Source.StartActivity("record " + KindOf(command)) : null;

    public static Activity? Start(string kind) => Source.HasListeners() ? Source.StartActivity("record " + kind) : null;

    public static Outcome Done(Activity? span, Outcome outcome)
    {
        span?.SetTag("outcome", outcome switch
        {
            Accepted { Repeated: true } => "repeated",
            Accepted => "accepted",
            Refused => "refused",
            _ => "released",
        });
        return outcome;
    }

    /// <summary>A page of a feed went to a reader.</summary>
    public static void FeedRead(FeedPage page, Feed feed, long after)
    {
        long reached = page.Lines.IsEmpty ? after : page.Lines[^1].Number;
        FeedLag.Record(Math.Max(0, page.Head - reached), new KeyValuePair<string, object?>("feed", FeedName(feed)));
    }

    public static void DueBacklog(long records) => Backlog.Record(records);

    public static void DueFor(TimeSpan late) => Lateness.Record(late.TotalSeconds);

    /// <param name="outcome">woken, refused, failed; store, when the store could not be asked what is due.</param>
    public static void Woke(string outcome) => WakeUps.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Counts what a durable decision did to alerts; neither a unit nor a patient is named.</summary>
    public static void Happened(IReadOnlyList<Event> events)
    {
        if (!Alerts.Enabled)
            return;
        foreach (var alert in events.OfType<AlertEvent>())
        {
            string severity = alert.Severity.ToString().ToLowerInvariant();
            Alerts.Add(1, new("kind", KindOf(alert)), new("rule", alert.Rule), new("severity", severity));
        }
    }

    public static void Hinted(string outcome) => Hints.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    private static string FeedName(Feed feed) => feed switch
    {
        Feed.Alerts => "alerts",
        Feed.Quality => "quality",
        Feed.Security => "security",
        Feed.Census => "census",
        _ => "unknown",
    };

    private static string KindOf(Command command) => command switch
    {
        Submit => "submit",
        ReadResource => "read",
        ReadVersion => "vread",
        ReadHistory => "history",
        SearchRecord => "search",
        MatchRecord => "match",
        ReadAccessLog => "access-log",
        NoteAccess => "note-access",
        AcknowledgeAlert => "acknowledge-alert",
        SnoozeAlert => "snooze-alert",
        OverrideAlert => "override-alert",
        ReadAlerts => "read-alerts",
        ReleaseFeed => "release-feed",
        WakeUp => "wake-up",
        _ => "unknown",
    };

    private static string KindOf(AlertEvent alert) => alert switch
    {
        AlertRaised => "raised",
        AlertWorsened => "worsened",
        AlertClosed => "closed",
        AlertWithdrawn => "withdrawn",
        AlertAcknowledged => "acknowledged",
        AlertEscalated => "escalated",
        AlertSnoozed => "snoozed",
        AlertResumed => "resumed",
        AlertOverridden => "overridden",
        _ => "unknown",
    };
}

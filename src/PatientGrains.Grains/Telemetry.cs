using System.Diagnostics;
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
}

using System.Collections.Immutable;
using System.Text.Json.Serialization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Record;

/// <summary>What a front asks of one record. Every command names its requester; its decision writes the access entry.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(Submit), "submit")]
[JsonDerivedType(typeof(ReadResource), "read")]
[JsonDerivedType(typeof(ReadVersion), "vread")]
[JsonDerivedType(typeof(ReadHistory), "history")]
[JsonDerivedType(typeof(SearchRecord), "search")]
[JsonDerivedType(typeof(MatchRecord), "match")]
[JsonDerivedType(typeof(ReadAccessLog), "access-log")]
[JsonDerivedType(typeof(NoteAccess), "note-access")]
[JsonDerivedType(typeof(AcknowledgeAlert), "acknowledge-alert")]
[JsonDerivedType(typeof(SnoozeAlert), "snooze-alert")]
[JsonDerivedType(typeof(OverrideAlert), "override-alert")]
[JsonDerivedType(typeof(ReadAlerts), "read-alerts")]
[JsonDerivedType(typeof(ReleaseFeed), "release-feed")]
[JsonDerivedType(typeof(WakeUp), "wake-up")]
public abstract record Command
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required Requester? Who { get; init; }

    /// <summary>Ties the access entry to the front's trace.</summary>
    public string? RequestId { get; init; }
}

/// <summary>What a decision may know beside the record: gathered before it, so that deciding is deterministic.</summary>
/// <param name="Now">UTC, from the one clock of the host.</param>
/// <param name="EntryId">A fresh id for the access entry.</param>
/// <param name="Log">Name of the record's log, <c>Patient/x</c>: a record does not know whose it is; null where it does not matter.</param>
public sealed record Facts(DateTimeOffset Now, string EntryId, string? Log = null);

/// <summary>The events to append, in order, and what to answer once they are durable.</summary>
public sealed record Decision(ImmutableArray<Event> Events, Outcome Outcome)
{
    /// <summary>An answer and one access entry: what every read and every refusal comes to.</summary>
    internal static Decision Of(AccessEntry entry, Outcome outcome) => new([new AccessRecorded { Entry = entry }], outcome);
}

/// <summary>Decides every command; the only way into a record.</summary>
public static class RecordDecider
{
    /// <summary>Deterministic; never throws for what a command asks. A refusal has events too: its access entry.</summary>
    /// <exception cref="ArgumentException">
    /// The command itself is malformed, which only a bug of a front can do; nothing may be appended.
    /// </exception>
    public static Decision Decide(PatientRecord record, Command command, Facts facts) =>
        Decide(record, command, facts, Screener.Published);

    internal static Decision Decide(PatientRecord record, Command command, Facts facts, Screener screener) => command switch
    {
        Submit submit => SubmitDecision.Decide(record, submit, facts, screener),
        ReadResource read => ReadDecision.Decide(record, read, facts),
        ReadVersion read => ReadDecision.Decide(record, read, facts),
        ReadHistory read => ReadDecision.Decide(record, read, facts),
        SearchRecord search => SearchDecision.Decide(record, search, facts),
        MatchRecord match => MatchDecision.Decide(record, match, facts),
        ReadAccessLog read => AccessLogDecision.Decide(record, read, facts),
        NoteAccess note => AccessLogDecision.Decide(note, facts),
        AnswerAlert answer => AnswerDecision.Decide(record, answer, facts),
        ReadAlerts read => ReadAlertsDecision.Decide(record, read, facts),
        ReleaseFeed release => ReleaseFeedDecision.Decide(record, release, facts),
        WakeUp => WakeUpDecision.Decide(record, facts, screener),
        _ => throw new InvalidOperationException($"No decision is written for {command.GetType().Name}."),
    };
}

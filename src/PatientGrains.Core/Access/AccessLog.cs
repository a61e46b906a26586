using PatientGrains.Core.Record;

namespace PatientGrains.Core.Access;

/// <summary>Shows who accessed this record. Looking is an access itself and is logged first (45 CFR 164.312(b)).</summary>
public sealed record ReadAccessLog : Command
{
    /// <summary>
    /// Only entries before this sequence number, as an earlier <see cref="AccessLogReleased"/> named it, so that pages do not shift while
    /// entries arrive; null for all.
    /// </summary>
    public long? BeforeSeq { get; init; }

    /// <summary>How many of the newest of them to pass over.</summary>
    public int Skip { get; init; }

    /// <summary>How many entries at most, newest first.</summary>
    public required int Count { get; init; }
}

/// <summary>
/// Writes an access that has no record to be decided in: a request without a token, an unknown patient, a search that matched nobody.
/// </summary>
public sealed record NoteAccess : Command
{
    public required string Interaction { get; init; }
    public required string Asked { get; init; }
    public string? RefusedBy { get; init; }
}

internal static class AccessLogDecision
{
    public static Decision Decide(PatientRecord record, ReadAccessLog read, Facts facts)
    {
        var entry = AccessEntry.For(read, facts, "search-type", "AuditEvent");
        return AccessPolicy.RefusalFor(read.Who, AccessKind.ReadAccessLog) is { } rule
            ? ReadDecision.Refuse(entry, new Refused(rule))
            // The entry of this very look is part of what it shows.
            : Decision.Of(entry, new AccessLogReleased(Math.Min(read.BeforeSeq ?? long.MaxValue, record.NextSeq + 1), []));
    }

    public static Decision Decide(NoteAccess note, Facts facts) =>
        Decision.Of(AccessEntry.For(note, facts, note.Interaction, note.Asked) with { RefusedBy = note.RefusedBy }, new AccessNoted());
}

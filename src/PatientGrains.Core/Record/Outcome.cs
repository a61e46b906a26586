using System.Collections.Immutable;
using System.Text.Json.Serialization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Record;

/// <summary>What a record answers. Each front maps a <see cref="Refused"/> to its status by one table.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(Accepted), "accepted")]
[JsonDerivedType(typeof(Released), "released")]
[JsonDerivedType(typeof(AccessLogReleased), "access-log")]
[JsonDerivedType(typeof(AccessNoted), "noted")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(Matched), "matched")]
[JsonDerivedType(typeof(AlertAnswered), "alert-answered")]
[JsonDerivedType(typeof(AlertsReleased), "alerts")]
[JsonDerivedType(typeof(FeedReleased), "feed")]
[JsonDerivedType(typeof(Woken), "woken")]
public abstract record Outcome;

/// <summary>A submission was taken; one result for each change, in the order of the changes.</summary>
/// <param name="Results">What became of each change.</param>
/// <param name="Versions">The bodies now current for those results, found by key; empty when the submission did not ask for them.</param>
public sealed record Accepted(ImmutableArray<ChangeResult> Results, ImmutableArray<StoredVersion> Versions) : Outcome
{
    /// <summary>True when the submission had been taken before and this is its old answer.</summary>
    public bool Repeated { get; init; }

    /// <summary>Where the old answer lies; the grain reads it from the log.</summary>
    public long? AnswerSeq { get; init; }
}

/// <summary>What became of a change.</summary>
/// <param name="Key">The resource.</param>
/// <param name="Version">The version that is current after it.</param>
/// <param name="Effect">What happened.</param>
/// <param name="At">When that version was made, UTC.</param>
public sealed record ChangeResult(ResourceKey Key, int Version, ChangeEffect Effect, DateTimeOffset At);

public enum ChangeEffect
{
    Created = 1,
    Updated = 2,
    Deleted = 3,
    /// <summary>
    /// Nothing had to change: a conditional create that found its resource, an update with the very bytes that are current, a delete of
    /// what is gone.
    /// </summary>
    Unchanged = 4,
}

/// <summary>Versions that may leave the record; their access entry is part of the same decision.</summary>
/// <param name="Versions">In the order asked for.</param>
/// <param name="Total">How many there are in all, before paging.</param>
public sealed record Released(ImmutableArray<StoredVersion> Versions, int Total) : Outcome;

/// <summary>One version of a resource.</summary>
public sealed record StoredVersion
{
    public required ResourceKey Key { get; init; }
    public required int Version { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Source { get; init; }
    public required bool Deleted { get; init; }

    /// <summary>Sequence number of its event: where the grain finds a body that is no longer in memory.</summary>
    public required long Seq { get; init; }

    /// <summary>Null for a deletion, or until the grain has read an older body from the log.</summary>
    public StatementBody? Body { get; init; }

    internal static StoredVersion Current(Statement statement) => new()
    {
        Key = statement.Key,
        Version = statement.Version,
        At = statement.At,
        Source = statement.Source,
        Deleted = statement.IsDeleted,
        Seq = statement.Seq,
        Body = statement.Released(),
    };
}

/// <summary>The access log may be shown: entries before this sequence number, which the grain reads from the log.</summary>
public sealed record AccessLogReleased(long BeforeSeq, ImmutableArray<AccessEntry> Entries) : Outcome;

public sealed record AccessNoted : Outcome;

/// <summary>A rule said no. The rule's name is stable; the fronts' tables and the access log carry it.</summary>
/// <param name="Rule">Which rule.</param>
/// <param name="Key">The resource that it is about, when it is about one.</param>
/// <param name="Change">Index of the change in the submission that broke it.</param>
/// <param name="Version">The current version of that resource, where the rule is about versions.</param>
public sealed record Refused(Rule Rule, ResourceKey? Key = null, int? Change = null, int? Version = null) : Outcome;

/// <summary>Every rule of a record. A test checks that each front maps each of them.</summary>
public enum Rule
{
    /// <summary>No such resource here.</summary>
    ResourceUnknown = 1,
    /// <summary>It existed and was deleted.</summary>
    ResourceDeleted = 2,
    /// <summary>It exists, but not in this version.</summary>
    VersionUnknown = 3,
    /// <summary>If-Match names another version than the current one.</summary>
    VersionStale = 4,
    /// <summary>The criteria of a conditional create match several resources.</summary>
    ConditionAmbiguous = 5,
    /// <summary>
    /// A conditional create cannot use its id: something that does not match has it, or what matches has another. The front looks again.
    /// </summary>
    ConditionIdTaken = 6,
    /// <summary>The same message id came before with other content.</summary>
    MessageIdReused = 7,
    /// <summary>A create names an id that exists.</summary>
    ResourceExists = 8,
    /// <summary>A submission changes the same resource twice.</summary>
    ChangedTwice = 9,
    /// <summary>The id belongs to another record (another patient's, or none's).</summary>
    BelongsElsewhere = 10,
    /// <summary>The requester's role does not allow it.</summary>
    RoleNotPermitted = 11,
    /// <summary>The purpose of use does not allow it.</summary>
    PurposeNotPermitted = 12,
    /// <summary>Nobody is named as requester.</summary>
    RequesterUnknown = 13,
    /// <summary>A named limit of the record is reached.</summary>
    RecordFull = 14,
    /// <summary>Too much is waiting; nothing was written, try again.</summary>
    Busy = 15,
    /// <summary>
    /// The activation lost its place in the log while this waited. Nothing was acknowledged; repeating it under the same message id is
    /// safe.
    /// </summary>
    Interrupted = 16,
    /// <summary>The store has no space left. Nothing was written.</summary>
    StorageFull = 17,
    /// <summary>No alert of this number in this record.</summary>
    AlertUnknown = 18,
    /// <summary>The alert has ended; there is nothing to answer.</summary>
    AlertEnded = 19,
    /// <summary>
    /// The answer is not allowed for this alert: a snooze that is too long or of a critical alert, no reason, or a text that is too long.
    /// </summary>
    AnswerNotAllowed = 20,
}

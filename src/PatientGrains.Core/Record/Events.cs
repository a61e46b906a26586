using System.Collections.Immutable;
using System.Text.Json.Serialization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>
/// A line of a patient's log. The names below are stored for ever: a new shape of an event gets a new optional member or a new name, never
/// a changed meaning (samples of every event ever written are replayed by a test).
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(ResourceStored), "resource-stored")]
[JsonDerivedType(typeof(ResourceDeleted), "resource-deleted")]
[JsonDerivedType(typeof(SubmissionAccepted), "submission-accepted")]
[JsonDerivedType(typeof(AccessRecorded), "access-recorded")]
[JsonDerivedType(typeof(AlertRaised), "alert-raised")]
[JsonDerivedType(typeof(AlertWorsened), "alert-worsened")]
[JsonDerivedType(typeof(AlertClosed), "alert-closed")]
[JsonDerivedType(typeof(AlertWithdrawn), "alert-withdrawn")]
[JsonDerivedType(typeof(AlertAcknowledged), "alert-acknowledged")]
[JsonDerivedType(typeof(AlertEscalated), "alert-escalated")]
[JsonDerivedType(typeof(AlertSnoozed), "alert-snoozed")]
[JsonDerivedType(typeof(AlertResumed), "alert-resumed")]
[JsonDerivedType(typeof(AlertOverridden), "alert-overridden")]
public abstract record Event;

/// <summary>A new version of a statement: what one source asserted, as the bytes that were validated.</summary>
public sealed record ResourceStored : Event
{
    public required ResourceKey Key { get; init; }

    /// <summary>1 for the first version, then one more each time, a deletion counted too (R4 3.1.0.2, versionId).</summary>
    public required int Version { get; init; }

    /// <summary>When the record accepted it, UTC; becomes meta.lastUpdated.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Slug of the source that asserted it; becomes meta.source.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// The submission that brought it (source's message id), so that a repeated create is recognised for as long as the version lives.
    /// </summary>
    public required string MessageId { get; init; }

    public required StatementBody Body { get; init; }
}

/// <summary>A FHIR body as stored, and what the gateway found in it.</summary>
public sealed record StatementBody
{
    /// <summary>The resource as JSON, byte for byte as sent but for the id and replaced references and links.</summary>
    public required Blob Json { get; init; }

    /// <summary>Offset in <see cref="Json"/> of the value of <c>meta</c>, or where it would be inserted; bytes.</summary>
    public required int MetaAt { get; init; }

    /// <summary>Length of the value of <c>meta</c>, 0 when the body has none; bytes.</summary>
    public required int MetaLength { get; init; }

    /// <summary>A <see cref="Search.TermList"/> in its stored form.</summary>
    public required Blob Terms { get; init; }

    /// <summary>Version of the extractor that found the terms; a newer one re-indexes by command.</summary>
    public required int Extractor { get; init; }

    /// <summary>What screening needs to know of it, in canonical units.</summary>
    public ImmutableArray<Finding> Findings { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>A tombstone (R4 3.1.0.7): the resource is gone for readers, its versions stay readable through history.</summary>
public sealed record ResourceDeleted : Event
{
    public required ResourceKey Key { get; init; }
    public required int Version { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Source { get; init; }
    public required string MessageId { get; init; }
}

/// <summary>
/// A submission was taken, with what became of each of its changes: repeating it gets this same answer and no new events.
/// </summary>
public sealed record SubmissionAccepted : Event
{
    public required string Source { get; init; }
    public required string MessageId { get; init; }

    /// <summary>SHA-256 of the submission's content: the same message id with another content is refused.</summary>
    public required Blob Digest { get; init; }

    public required ImmutableArray<ChangeResult> Results { get; init; }
    public required DateTimeOffset At { get; init; }
}

/// <summary>An entry of the access log.</summary>
public sealed record AccessRecorded : Event
{
    public required AccessEntry Entry { get; init; }
}

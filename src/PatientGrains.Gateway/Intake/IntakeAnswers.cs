using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>Who submits, and under which name the submission is recognised when it is repeated.</summary>
/// <param name="Who">From the token.</param>
/// <param name="MessageId">Unique within the requester's source: an <c>Idempotency-Key</c>, a file's digest and line. Ids that the server
/// assigns derive from it.</param>
/// <param name="RequestId">Ties access entries to the front's trace.</param>
/// <param name="WantsBodies">Whether answers carry the stored bodies (<c>Prefer: return=representation</c>).</param>
public sealed record Submission(Requester Who, string MessageId, string? RequestId, bool WantsBodies);

/// <summary>What became of one create, update or delete. Whatever it says is durable.</summary>
public abstract record IntakeAnswer;

/// <summary>It was taken, now or by an earlier submission with the same message id.</summary>
/// <param name="Result">Version 0 is a delete of what never existed, which is no error (R4 3.1.0.7).</param>
/// <param name="Version">The version that is now current, when the submission wants bodies and there is one.</param>
/// <param name="Repeated">Whether this is the answer of an earlier submission with the same message id.</param>
public sealed record Done(ChangeResult Result, StoredVersion? Version, bool Repeated = false) : IntakeAnswer;

/// <summary>It never came to a record: what was sent is wrong, or its conditions cannot be met. Nothing was written.</summary>
public sealed record Rejected(IReadOnlyList<FhirIssue> Issues, RejectionKind Kind) : IntakeAnswer;

/// <summary>
/// A rule of the records refused it, and the refusal is logged unless the record could not (busy, interrupted, full). Nothing was written.
/// </summary>
public sealed record RuleBroken(Refused Refused) : IntakeAnswer;

/// <summary>Why a submission was rejected; the fronts' tables give each its status.</summary>
public enum RejectionKind
{
    /// <summary>It cannot be understood: broken JSON, no request in an entry, a URL that fits no interaction.</summary>
    Malformed,
    /// <summary>It fails R4's validation rules.</summary>
    Invalid,
    /// <summary>It is right, but this server does not do it: PATCH, conditional updates, a transaction over two patients.</summary>
    Unsupported,
    /// <summary>A reference cannot be resolved: a condition that matches nothing, a urn: that is no entry's fullUrl.</summary>
    Unresolved,
    /// <summary>A condition matches several resources.</summary>
    Ambiguous,
    /// <summary>A precondition failed: If-Match, If-None-Match.</summary>
    PreconditionFailed,
    /// <summary>Too many others submit the same condition at the same time; try again.</summary>
    Contended,
    /// <summary>A named limit is exceeded.</summary>
    TooLarge,
}

/// <summary>What became of one entry of a Bundle.</summary>
public abstract record EntryAnswer;

/// <summary>A POST, PUT, DELETE or PATCH.</summary>
public sealed record EntryChanged(IntakeAnswer Answer) : EntryAnswer;

/// <summary>A GET or HEAD, made by the front.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Body">A resource in JSON, an OperationOutcome when it failed, or empty.</param>
/// <param name="ETag">As in the header, or null.</param>
/// <param name="LastModified">UTC, or null.</param>
public sealed record EntryRead(int Status, ReadOnlyMemory<byte> Body, string? ETag, DateTimeOffset? LastModified) : EntryAnswer;

/// <summary>What became of a Bundle.</summary>
public abstract record BundleAnswer;

/// <summary>It was processed.</summary>
/// <param name="ResponseType">R4 bundle-type of the response: <c>transaction-response</c> or <c>batch-response</c>.</param>
/// <param name="Entries">One for each entry, in the order of the request.</param>
public sealed record BundleDone(string ResponseType, IReadOnlyList<EntryAnswer> Entries) : BundleAnswer;

/// <summary>It failed as a whole; nothing was written.</summary>
/// <param name="Why">A <see cref="Rejected"/> or a <see cref="RuleBroken"/>.</param>
/// <param name="Entry">Zero-based index of the entry that it is about, or null when it is about the Bundle.</param>
public sealed record BundleFailed(IntakeAnswer Why, int? Entry) : BundleAnswer;

using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>How FHIR says no to one rule.</summary>
/// <param name="Status">HTTP status (R4 3.1.0, RFC 9110).</param>
/// <param name="IssueCode">A code of R4's value set issue-type.</param>
/// <param name="Diagnostics">For humans; never holds anything of the request.</param>
/// <param name="RetryAfterSeconds">For what passes by itself; becomes Retry-After.</param>
internal sealed record RefusalAnswer(int Status, string IssueCode, string Diagnostics, int? RetryAfterSeconds = null);

/// <summary>The one table from a record's refusals to HTTP and OperationOutcome; a test walks the whole enum.</summary>
internal static class RefusalTable
{
    public static RefusalAnswer For(Rule rule) => rule switch
    {
        Rule.ResourceUnknown => new(404, "not-found", "There is no such resource."),
        Rule.ResourceDeleted => new(410, "deleted", "The resource was deleted; its history is still there."),
        Rule.VersionUnknown => new(404, "not-found", "The resource exists, but not in this version."),
        // R4 3.1.0.5: a version conflict is 412, not 409.
        Rule.VersionStale => new(412, "conflict",
            "If-Match names another version than the current one; read the resource again and apply the change to that."),
        // R4 3.1.0.8.1.
        Rule.ConditionAmbiguous => new(412, "multiple-matches",
            "The criteria of If-None-Exist match several resources; they are not selective enough."),
        Rule.ConditionIdTaken => new(409, "conflict", "No free id was found for this conditional create."),
        Rule.MessageIdReused => new(409, "duplicate",
            "The same Idempotency-Key came before with other content. Use a new key for new content."),
        Rule.ResourceExists => new(409, "duplicate", "A resource with this id exists already."),
        // R4 3.1.0.11.2: overlapping identities make the transaction fail.
        Rule.ChangedTwice => new(400, "invariant", "The same resource is changed twice in one submission."),
        Rule.BelongsElsewhere => new(409, "conflict",
            "The id belongs to another record; a resource does not move from one patient to another."),
        Rule.RoleNotPermitted => new(403, "forbidden", "The requester's roles do not permit this."),
        Rule.PurposeNotPermitted => new(403, "forbidden", "The purpose of use in the token does not permit this."),
        Rule.RequesterUnknown => new(401, "login", "A bearer token is needed."),
        Rule.RecordFull => new(422, "business-rule", "A limit of this record is reached; nothing was written."),
        Rule.Busy => new(503, "throttled", "Too much is waiting. Nothing was written; try again.", RetryAfterSeconds: 1),
        Rule.Interrupted => new(503, "transient",
            "The request was interrupted before it was acknowledged. Try again with the same Idempotency-Key.", RetryAfterSeconds: 1),
        Rule.StorageFull => new(507, "no-store", "The server has no space left. Nothing was written.", RetryAfterSeconds: 60),
        Rule.AlertUnknown => new(404, "not-found", "This patient has no alert of this number."),
        Rule.AlertEnded => new(409, "conflict", "The alert has ended; there is nothing to answer."),
        Rule.AnswerNotAllowed => new(422, "business-rule",
            "The alert does not take this answer: a snooze has a reason, lasts at most 8 hours and is never for a critical alert; an "
            + "override has a reason; texts have at most 500 characters."),
        _ => throw new InvalidOperationException($"{rule} has no answer in the table."),
    };
}

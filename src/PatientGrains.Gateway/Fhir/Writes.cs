using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Fhir;

/// <summary>What create, update and delete have in common: how a body comes in and how what became of it goes out.</summary>
internal sealed class Writes(Entrance entrance, ResourceWriter resources)
{
    /// <summary>Reads and scans the body of a write; what is wrong with it is told before any record is asked.</summary>
    public async Task<(ScannedResource? Resource, Answer? Problem)> Body(FhirCall call)
    {
        if (!Formats.IsJson(call.ContentType))
            return (null, Answer.Problem(415, "not-supported",
                "A body must be application/fhir+json (R4 4.0) in UTF-8, and its Content-Type must say so."));
        var (bytes, problem) = await call.ReadBody();
        if (problem is not null)
            return (null, problem);
        if (bytes.IsEmpty)
            return (null, Answer.Problem(400, "structure", "The body is empty."));
        var scanned = await entrance.Scan(call.Who.Source, bytes);
        return scanned.Type.Length == 0 || scanned.Issues.Any(issue => issue.Severity == FhirSeverity.Fatal)
            ? (null, Unreadable(scanned.Issues))
            : (scanned, null);
    }

    public static Submission SubmissionOf(FhirCall call) =>
        new(call.Who, call.MessageId, call.RequestId, call.Prefer.Return == ReturnPreference.Representation);

    /// <summary>What became of one change.</summary>
    /// <param name="call">The request; a record that refused has logged it.</param>
    /// <param name="answer">From the intake.</param>
    /// <param name="isConditional">Whether the create had a condition, so that nothing new means 200 (R4 3.1.0.8.1).</param>
    public Answer Of(FhirCall call, IntakeAnswer answer, bool isConditional)
    {
        switch (answer)
        {
            case Done done:
                call.IsLogged = true;
                return Of(call, done, isConditional);
            case RuleBroken broken:
                // The intake itself finds out about owners, and nothing was written about the other three.
                call.IsLogged = broken.Refused.Rule is not (Rule.Busy or Rule.Interrupted or Rule.StorageFull or Rule.BelongsElsewhere);
                return Answer.Of(broken.Refused);
            case Rejected rejected:
                return RejectionTable.Answer(rejected);
            default:
                throw new InvalidOperationException($"The intake answered with {answer.GetType().Name}.");
        }
    }

    private Answer Of(FhirCall call, Done done, bool isConditional)
    {
        var (key, version, effect, at) = done.Result;
        // R4 3.1.0.7: no content, and the tag of the tombstone; there is none of what never existed.
        if (effect == ChangeEffect.Deleted || call.Method == "DELETE")
        {
            var gone = version > 0 ? new Answer(204) { Version = version, LastModified = at } : new Answer(204);
            return WithOutcome(call, gone, "Deleted.");
        }
        bool isCreated = effect == ChangeEffect.Created || (effect == ChangeEffect.Unchanged && call.Method == "POST" && !isConditional);
        var answer = new Answer(isCreated ? 201 : 200)
        {
            Version = version,
            LastModified = at,
            Location = System.FormattableString.Invariant($"{call.BaseUrl}/{key}/_history/{version}"),
            Body = Representation(call, done),
        };
        return WithOutcome(call, answer, effect == ChangeEffect.Unchanged ? "Nothing had to change." : isCreated ? "Created." : "Updated.");
    }

    private ReadOnlyMemory<byte> Representation(FhirCall call, Done done) =>
        call.Prefer.Return == ReturnPreference.Representation && done.Version is { Deleted: false, Body: not null } current
            ? resources.Body(current)
            : default;

    /// <summary><c>Prefer: return=OperationOutcome</c> (R4 3.1.0.1.4).</summary>
    private static Answer WithOutcome(FhirCall call, Answer answer, string said)
    {
        if (call.Prefer.Return != ReturnPreference.OperationOutcome)
            return answer;
        int status = answer.Status == 204 ? 200 : answer.Status;
        return answer with { Status = status, Body = Answer.Outcome(FhirSeverity.Information, "informational", said) };
    }

    /// <summary>What names no R4 type could not be parsed as a resource: 400 (R4 3.1.0.8).</summary>
    private static Answer Unreadable(IReadOnlyList<FhirIssue> issues) => issues.Count == 0
        ? Answer.Problem(400, "structure", "The body is not a resource of R4.")
        : Answer.Invalid(issues) with { Status = 400 };
}

/// <summary>How HTTP says what the intake rejected; a test walks the whole enum.</summary>
internal static class RejectionTable
{
    public static int StatusOf(RejectionKind kind) => kind switch
    {
        RejectionKind.Malformed => 400,
        RejectionKind.Invalid => 422,
        RejectionKind.Unsupported => 422,
        RejectionKind.Unresolved => 422,
        RejectionKind.Ambiguous => 412,
        RejectionKind.PreconditionFailed => 412,
        RejectionKind.Contended => 409,
        RejectionKind.TooLarge => 413,
        _ => throw new InvalidOperationException($"{kind} has no status in the table."),
    };

    public static Answer Answer(Rejected rejected) => Fhir.Answer.Invalid(rejected.Issues) with
    {
        Status = StatusOf(rejected.Kind),
        RefusedBy = rejected.Kind.ToString(),
        RetryAfterSeconds = rejected.Kind == RejectionKind.Contended ? 1 : null,
    };
}

using System.Buffers;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>What an interaction answers, before it becomes an HTTP response or an entry of a batch-response.</summary>
internal sealed record Answer(int Status)
{
    /// <summary>A resource in UTF-8 JSON; empty for none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Writes a resource that is put together when it leaves, in the place of <see cref="Body"/>; null when that is it.</summary>
    public Action<IBufferWriter<byte>>? Resource { get; init; }

    /// <summary>Becomes <c>ETag: W/"3"</c>.</summary>
    public int? Version { get; init; }

    public DateTimeOffset? LastModified { get; init; }

    /// <summary>Absolute, with the version (R4 3.1.0.8).</summary>
    public string? Location { get; init; }

    /// <summary>The methods that the address knows, for 405.</summary>
    public string? Allow { get; init; }

    /// <summary>The challenge of a 401.</summary>
    public string? Authenticate { get; init; }

    public int? RetryAfterSeconds { get; init; }

    /// <summary>What a failure says to humans, as in <see cref="Body"/>; null where issues say it.</summary>
    public string? Diagnostics { get; init; }

    /// <summary>Name of what refused, for the security log; null when nothing did.</summary>
    public string? RefusedBy { get; init; }

    /// <summary>The body or the resource, whichever it is; empty for none.</summary>
    public ReadOnlyMemory<byte> Whole()
    {
        if (Resource is null)
            return Body;
        var to = new ArrayBufferWriter<byte>(4_096);
        Resource(to);
        return to.WrittenMemory;
    }

    /// <summary>A failure that no rule of a record is behind.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="code">R4 issue-type.</param>
    /// <param name="diagnostics">For humans, without PHI: it names parameters and rules, never values.</param>
    public static Answer Problem(int status, string code, string diagnostics) =>
        new(status) { Body = Outcome(FhirSeverity.Error, code, diagnostics), Diagnostics = diagnostics, RefusedBy = code };

    /// <summary>A record's refusal, by the one table.</summary>
    public static Answer Of(Refused refused)
    {
        var how = RefusalTable.For(refused.Rule);
        return new Answer(how.Status)
        {
            Body = Outcome(FhirSeverity.Error, how.IssueCode, how.Diagnostics),
            RetryAfterSeconds = how.RetryAfterSeconds,
            // The version of the tombstone, or the one that If-Match should have named.
            Version = refused.Version,
            RefusedBy = refused.Rule.ToString(),
        };
    }

    /// <summary>
    /// A body that is not valid R4. 400 when it could not be read to its end, 422 when it was read and breaks rules of the standard (R4
    /// 3.1.0.8 leaves the border open:
    /// here 400 means that the sender's writer is broken, 422 that the content is).
    /// </summary>
    public static Answer Invalid(IReadOnlyList<FhirIssue> issues)
    {
        var body = new ArrayBufferWriter<byte>();
        FhirOutcome.Write(body, issues);
        bool unreadable = issues.Any(issue => issue.Severity == FhirSeverity.Fatal);
        return new Answer(unreadable ? 400 : 422) { Body = body.WrittenMemory, RefusedBy = unreadable ? "structure" : "invalid" };
    }

    public static ReadOnlyMemory<byte> Outcome(FhirSeverity severity, string code, string diagnostics)
    {
        var body = new ArrayBufferWriter<byte>(256);
        FhirOutcome.Write(body, severity, code, diagnostics);
        return body.WrittenMemory;
    }
}

using PatientGrains.Fhir;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// batch and transaction (R4 3.1.0.11), posted to the base. The intake does the writes; entries that read come back here and take the
/// ordinary routes.
/// </summary>
internal sealed class BundleEndpoint(SubmissionIntake intake, Writes writes, AccessNotes notes, Func<Routes> routes)
{
    public async Task<Answer> Answer(FhirCall call)
    {
        if (Queries.Unknown(call) is { } unknown)
            return unknown;
        var (resource, problem) = await writes.Body(call);
        if (resource is null)
            return problem!;
        if (resource.Type != "Bundle")
            return Fhir.Answer.Problem(400, "invalid", "What is posted to the base must be a Bundle of type batch or transaction.");
        bool isBatch = resource.Bundle?.Type == "batch";
        if (!isBatch && resource.Bundle?.Type != "transaction")
            return Fhir.Answer.Problem(400, "value", "What is posted to the base must be a Bundle of type batch or transaction.");
        // In a batch each entry stands for itself, so the intake looks at each; a transaction with one wrong entry is wrong.
        if (!isBatch && !resource.IsValid)
            return Fhir.Answer.Invalid(resource.Issues);
        return await intake.Bundle(resource, Writes.SubmissionOf(call), (method, url, entry) => ReadEntry(call, method, url, entry)) switch
        {
            BundleDone done => Show(call, done, resource.Bundle!),
            BundleFailed failed => Failed(call, failed),
            var other => throw new InvalidOperationException($"The intake answered with {other.GetType().Name}."),
        };
    }

    private Answer Show(FhirCall call, BundleDone done, ScannedBundle sent)
    {
        call.IsLogged = true;
        var bundle = new BundleWriter(done.ResponseType, null);
        for (int i = 0; i < done.Entries.Count; i++)
        {
            var entry = i < sent.Entries.Count ? sent.Entries[i] : null;
            bundle.Response(done.Entries[i] switch
            {
                EntryChanged changed =>
                    writes.Of(call with { Method = entry?.Method ?? "POST" }, changed.Answer, entry?.IfNoneExist is not null),
                EntryRead read =>
                    new Answer(read.Status) { Body = read.Body, Version = VersionOf(read.ETag), LastModified = read.LastModified },
                var other => throw new InvalidOperationException($"The intake answered an entry with {other.GetType().Name}."),
            });
        }
        return new Answer(200) { Body = bundle.Finish() };
    }

    private Answer Failed(FhirCall call, BundleFailed failed)
    {
        var answer = writes.Of(call, failed.Why, isConditional: false);
        // A refusal has no place of its own: R4 3.1.0.11.2 wants to know which entry made the transaction fail.
        if (failed is not { Entry: { } index, Why: RuleBroken broken })
            return answer;
        var how = RefusalTable.For(broken.Refused.Rule);
        string diagnostics = FormattableString.Invariant($"Bundle.entry[{index}]: {how.Diagnostics}");
        return answer with { Body = Fhir.Answer.Outcome(FhirSeverity.Error, how.IssueCode, diagnostics) };
    }

    private async Task<EntryAnswer> ReadEntry(FhirCall outer, string method, string url, ScannedEntry entry)
    {
        var call = Inner(outer, method, url, entry);
        var answer = call is null
            ? Fhir.Answer.Problem(400, "value", "The url of the entry is not relative to the base.")
            : await routes().Answer(call);
        if (call is not { IsLogged: true })
            await notes.Note(outer.Who, outer.RequestId, "batch", $"{method} {call?.Asked ?? url}", answer.RefusedBy);
        string? tag = answer.Version is { } version ? BundleWriter.ETag(version) : null;
        return new EntryRead(answer.Status, method == "HEAD" ? default : answer.Whole(), tag, answer.LastModified);
    }

    private static FhirCall? Inner(FhirCall outer, string method, string url, ScannedEntry entry)
    {
        string relative = References.Relative(url, outer.BaseUrl).TrimStart('/');
        if (relative.Contains("://", StringComparison.Ordinal))
            return null;
        int question = relative.IndexOf('?');
        string path = question < 0 ? relative : relative[..question];
        string[] segments = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        return outer.Entry(method, segments, question < 0 ? Parameters.None : Parameters.Parse(relative[question..])) with
        {
            IfNoneMatch = entry.IfNoneMatch,
            IfModifiedSince = entry.IfModifiedSince,
        };
    }

    private static int? VersionOf(string? tag) => tag is null ? null : References.Version(tag["W/\"".Length..^1]);
}

using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>What one record gets of a submission, and which changes of the plan that is, in the order of the submit.</summary>
internal sealed record RecordPart(string Log, Submit Submit, IReadOnlyList<PlannedChange> Changes);

/// <summary>Makes the submits, once everything is known. Pure.</summary>
internal static class Writing
{
    /// <summary>
    /// One part for each record. The first decides: the patient's, else the one with the greatest name. The others are held one after the
    /// other in ordinal order before it does, so that all submissions wait for records in the same order, and none in a circle.
    /// </summary>
    /// <param name="plan">Settled and placed.</param>
    /// <param name="s">Who submits.</param>
    /// <param name="digest">Of the submission's content.</param>
    /// <param name="now">When it was received: what claims to be later is doubted.</param>
    public static List<RecordPart> Build(SubmissionPlan plan, Submission s, Blob digest, DateTimeOffset now)
    {
        if (plan.Changes is [{ Log: { } only }])
            return [new RecordPart(only, SubmitOf(plan, plan.Changes, new LinkReplacing(plan), s, digest, now), plan.Changes)];
        var byLog = new Dictionary<string, List<PlannedChange>>();
        foreach (var change in plan.Changes)
        {
            if (change.Log is not { } log)
                continue;
            if (!byLog.TryGetValue(log, out var changes))
                byLog.Add(log, changes = []);
            changes.Add(change);
        }
        var replacing = new LinkReplacing(plan);
        var parts = new List<RecordPart>(byLog.Count);
        foreach (var (log, changes) in byLog)
            parts.Add(new RecordPart(log, SubmitOf(plan, changes, replacing, s, digest, now), changes));
        parts.Sort((a, b) => string.CompareOrdinal(a.Log, b.Log));
        int patient = parts.FindIndex(part => Placing.IsPatientLog(part.Log));
        int deciding = patient >= 0 ? patient : parts.Count - 1;
        if (deciding > 0)
        {
            parts.Insert(0, parts[deciding]);
            parts.RemoveAt(deciding + 1);
        }
        return parts;
    }

    public static StatementBody Body(FinishedResource finished, ImmutableArray<Finding> findings) => new()
    {
        Json = new Blob(finished.Body),
        MetaAt = finished.Meta.Offset,
        MetaLength = finished.Meta.Length,
        Terms = new Blob(finished.Terms.Bytes),
        Extractor = FhirScanner.ExtractorVersion,
        Findings = findings,
    };

    private static Submit SubmitOf(
        SubmissionPlan plan, List<PlannedChange> planned, LinkReplacing replacing, Submission s, Blob digest, DateTimeOffset now)
    {
        var changes = ImmutableArray.CreateBuilder<Change>(planned.Count);
        foreach (var change in planned)
            changes.Add(ChangeOf(change, replacing, now));
        return new Submit
        {
            Who = s.Who,
            RequestId = s.RequestId,
            MessageId = s.MessageId,
            Digest = digest,
            Interaction = plan.Interaction,
            WantsBodies = s.WantsBodies,
            Changes = changes.MoveToImmutable(),
        };
    }

    private static Change ChangeOf(PlannedChange change, LinkReplacing replacing, DateTimeOffset now) => new()
    {
        Kind = change.Kind,
        Key = change.Key,
        Body = change.Resource is { } resource ? Written(resource, resource.Finish(change.Key.Id, replacing.For(change)), now) : null,
        IfVersion = change.IfVersion,
        // A match is asked again under its own id: the record confirms it in its turn, and writes down that the requester learns of it.
        IfNoneExist = change.Condition?.Criteria ?? [],
        IsReferredTo = change.IsReferredTo,
    };

    private static StatementBody Written(ScannedResource resource, FinishedResource finished, DateTimeOffset now) =>
        Body(finished, FhirFindings.Of(resource.Type, finished.Body.Span, now));
}

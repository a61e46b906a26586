using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Finds out what a plan needs to know of what is stored: ids for creates, what conditions match, where deletes go. Nothing is written. It
/// may be run again on the
/// same plan when the world moved on.
/// </summary>
internal sealed class Settling(ConditionSearch search, Records records, DerivedIds ids)
{
    public async Task<Problem?> Settle(SubmissionPlan plan, Submission s)
    {
        List<Task<Problem?>>? looks = null;
        foreach (var change in plan.Changes)
        {
            if (change.Condition is { } condition)
                (looks ??= []).Add(SettleCreate(change, condition, s));
            else if (change.GetsNewId)
            {
                plan.Ids ??= ids.Of(s.Who.Source, s.MessageId);
                change.Target.SettleNew(change.Resource!.Type, plan.Ids.Value, change.Index);
            }
            else if (change.Kind == ChangeKind.Delete)
                (looks ??= []).Add(SettleDelete(change));
        }
        if (looks is not null && First(await Task.WhenAll(looks)) is { } problem)
            return problem;
        if (plan.References.Count == 0)
            return null;
        // R4 3.1.0.11.2 resolves conditional references after all writes: what the transaction itself creates can be found, what it deletes
        // cannot.
        return First(await Task.WhenAll(plan.References.Select(reference => SettleReference(plan, reference, s))));
    }

    private async Task<Problem?> SettleCreate(PlannedChange change, Condition condition, Submission s)
    {
        var found = await search.Find(condition, s);
        var at = PlaceInBundle.Request(change.Index, "ifNoneExist");
        if (found.Refused is { } refused)
            return Problem.Broken(refused, change.Index);
        if (found.IsTooWide)
            return Problem.Ambiguous(at, "condition-too-wide", $"The criteria {condition.Shown} may match too many records.");
        // R4 3.1.0.8.1: multiple matches are 412.
        if (found.Matches.Count > 1)
            return Problem.Ambiguous(at, "condition-ambiguous", $"The criteria {condition.Shown} match several resources.");
        change.HasMatch = found.Matches.Count == 1;
        if (change.HasMatch)
        {
            change.Log = found.Matches[0].Log;
            change.Target.Settle(found.Matches[0].Key, found.Matches[0].Version);
        }
        else
        {
            change.Target.Settle(new ResourceKey(condition.Type, ids.ForCondition(condition, change.Generation)), 1);
        }
        return null;
    }

    private async Task<Problem?> SettleDelete(PlannedChange change)
    {
        change.Log = await records.OwnerOf(change.Key);
        return change.Log is null && change.IfVersion is not null
            ? Problem.Broken(new Refused(Rule.VersionStale, change.Key), change.Index)
            : null;
    }

    private async Task<Problem?> SettleReference(SubmissionPlan plan, ConditionalReference reference, Submission s)
    {
        var condition = reference.Condition;
        var found = await search.Find(condition, s);
        if (found.Refused is { } refused)
            return Problem.Broken(refused, reference.Entry);
        var at = new PlaceInBundle(reference.Entry, "resource");
        if (found.IsTooWide)
            return Problem.Ambiguous(at, "reference-too-wide", $"The conditional reference {condition.Shown} may match too many records.");
        var stored = found.Matches.Where(match => !plan.Changes.Exists(change => IsReplaced(change, match))).ToList();
        List<PlannedChange> own = plan.IsTransaction ? OwnMatches.Of(plan, condition) : [];
        if (stored.Count + own.Count == 0)
            return Problem.Unresolved(at, "reference-unmatched", $"The conditional reference {condition.Shown} matches no resource.");
        if (stored.Count + own.Count > 1)
            return Problem.Ambiguous(at, "reference-ambiguous", $"The conditional reference {condition.Shown} matches several resources.");
        reference.FoundIn = stored.Count == 1 ? stored[0].Log : null;
        reference.Target.Change = own.Count == 1 ? own[0] : null;
        if (own.Count == 1)
            own[0].IsReferredTo = true;
        reference.Target.Settle(own.Count == 1 ? own[0].Key : stored[0].Key, own.Count == 1 ? own[0].Target.Version : stored[0].Version);
        return null;
    }

    /// <summary>What the submission deletes or writes anew is not what is stored any more.</summary>
    private static bool IsReplaced(PlannedChange change, Match match) =>
        change.Target.Type == match.Key.Type && change.Key == match.Key && !change.HasMatch;

    private static Problem? First(IEnumerable<Problem?> problems) => problems.FirstOrDefault(problem => problem is not null);
}

/// <summary>The changes of a submission whose new content meets a condition.</summary>
internal static class OwnMatches
{
    public static List<PlannedChange> Of(SubmissionPlan plan, Condition condition)
    {
        var matches = new List<PlannedChange>();
        foreach (var change in plan.Changes)
        {
            if (change.Resource is not { } resource || change.HasMatch || resource.Type != condition.Type)
                continue;
            var draft = change.Draft ??= DraftOf(change.Key, resource);
            if (Criterion.AllMatch(condition.Criteria, draft))
                matches.Add(change);
        }
        return matches;
    }

    /// <summary>The change as a statement, so that conditions are evaluated by the record's own rules.</summary>
    private static Statement DraftOf(ResourceKey key, ScannedResource resource)
    {
        var record = new PatientRecord();
        RecordFold.Evolve(record, new ResourceStored
        {
            Key = key,
            Version = 1,
            At = default,
            Source = "",
            MessageId = "",
            Body = Writing.Body(resource.Finish(key.Id), []),
        });
        return record.Find(key)!;
    }
}

using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>Spreads the records' answer over the entries that it is for. Pure.</summary>
internal static class Answers
{
    /// <returns>What became of each change, by the index of its entry.</returns>
    public static Dictionary<int, Done> Of(SubmissionPlan plan, List<RecordPart> parts, Accepted accepted)
    {
        var answers = new Dictionary<int, Done>(plan.Changes.Count);
        var bodies = accepted.Versions.IsEmpty ? null : accepted.Versions.ToDictionary(version => version.Key);
        bool inOrder = accepted.Results.Length == parts.Sum(part => part.Changes.Count);
        var byKey = inOrder ? null : accepted.Results.ToDictionary(result => result.Key);
        int at = 0;
        foreach (var change in parts.SelectMany(part => part.Changes))
        {
            var result = byKey is null ? accepted.Results[at++] : byKey.GetValueOrDefault(change.Key) ?? Unchanged(change);
            answers.Add(change.Index, new Done(result, bodies?.GetValueOrDefault(result.Key), accepted.Repeated));
        }
        foreach (var change in plan.Changes)
            answers.TryAdd(change.Index, new Done(Unchanged(change), null));
        return answers;
    }

    /// <summary>
    /// A delete of what never existed (version 0), or, when an old answer is repeated, a conditional create that the first time had met another record: it is what it is.
    /// </summary>
    private static ChangeResult Unchanged(PlannedChange change) => new(change.Key, change.HasMatch ? change.Target.Version ?? 0 : 0, ChangeEffect.Unchanged, default);
}

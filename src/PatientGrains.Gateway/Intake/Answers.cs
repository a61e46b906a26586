using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>Spreads the records' answers over the entries that they are for. Pure.</summary>
internal static class Answers
{
    /// <returns>What became of each change, by the index of its entry.</returns>
    public static Dictionary<int, Done> Of(SubmissionPlan plan, List<Answered> answered)
    {
        var answers = new Dictionary<int, Done>(plan.Changes.Count);
        foreach (var (changes, outcome) in answered)
            Spread(changes, outcome, answers);
        foreach (var change in plan.Changes)
            answers.TryAdd(change.Index, new Done(Unchanged(change), null));
        return answers;
    }

    private static void Spread(IReadOnlyList<PlannedChange> changes, Accepted outcome, Dictionary<int, Done> answers)
    {
        var bodies = outcome.Versions.IsEmpty ? null : outcome.Versions.ToDictionary(version => version.Key);
        // An old answer may be shorter: the first time, a conditional create may have met another record than it does now.
        var byKey = outcome.Results.Length == changes.Count ? null : outcome.Results.ToDictionary(result => result.Key);
        for (int i = 0; i < changes.Count; i++)
        {
            var result = byKey is null ? outcome.Results[i] : byKey.GetValueOrDefault(changes[i].Key) ?? Unchanged(changes[i]);
            answers.Add(changes[i].Index, new Done(result, bodies?.GetValueOrDefault(result.Key), outcome.Repeated));
        }
    }

    /// <summary>Version 0 for a delete of what never existed, the version that was found for a conditional create.</summary>
    private static ChangeResult Unchanged(PlannedChange change) =>
        new(change.Key, change.HasMatch ? change.Target.Version ?? 0 : 0, ChangeEffect.Unchanged, default);
}

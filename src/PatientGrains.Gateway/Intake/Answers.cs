using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>Spreads the records' answers over the changes that they are for.</summary>
internal static class Answers
{
    /// <summary>A record took these changes.</summary>
    /// <param name="changes">In the order of the outcome's results.</param>
    /// <param name="outcome">One for all records of a transaction.</param>
    public static void Spread(IReadOnlyList<PlannedChange> changes, Accepted outcome)
    {
        var bodies = outcome.Versions.IsEmpty ? null : outcome.Versions.ToDictionary(version => version.Key);
        // An old answer may be shorter: the first time, a conditional create may have met another record than it does now.
        var byKey = outcome.Results.Length == changes.Count ? null : outcome.Results.ToDictionary(result => result.Key);
        for (int i = 0; i < changes.Count; i++)
        {
            var result = byKey is null ? outcome.Results[i] : byKey.GetValueOrDefault(changes[i].Key) ?? Unchanged(changes[i]);
            changes[i].Answer = new Done(result, bodies?.GetValueOrDefault(result.Key), outcome.Repeated);
        }
    }

    /// <summary>Everything was taken: what had no record to go to is as it was.</summary>
    public static void Complete(SubmissionPlan plan)
    {
        foreach (var change in plan.Changes)
            change.Answer ??= new Done(Unchanged(change), null);
    }

    /// <summary>Version 0 for a delete of what never existed, the version that was found for a conditional create.</summary>
    private static ChangeResult Unchanged(PlannedChange change) =>
        new(change.Key, change.HasMatch ? change.Target.Version ?? 0 : 0, ChangeEffect.Unchanged, default);
}

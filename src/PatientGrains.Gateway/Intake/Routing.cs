using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Gives what the server names an id that leads to its log, once it is known which one that is, so that nothing has to be claimed for it.
/// What names its log itself (a Patient, a directory resource) and what conditional creates agree on keep the id that derives from the
/// message or the criteria alone. Pure.
/// </summary>
internal sealed class Routing(IntakeOptions options)
{
    public void Route(SubmissionPlan plan)
    {
        if (options is not { RoutedIds: { } routed, BlindLog: { } blind } || !plan.Changes.Exists(IsRoutable))
            return;
        // One id of a transaction tells the message whatever patient it is about: so the same message id about another patient meets it.
        bool isTold = !plan.IsTransaction || plan.Changes.Exists(static change => IsDerived(change) && !IsRoutable(change));
        var names = plan.Ids!.Value;
        string? name = null;
        UInt128 log = default;
        foreach (var change in plan.Changes)
        {
            if (!IsRoutable(change))
                continue;
            if (!isTold)
            {
                isTold = true;
                continue;
            }
            if (name != change.Log)
                (name, log) = (change.Log, blind(change.Log!));
            change.Target.Settle(new ResourceKey(change.Resource!.Type, names.ForEntry(change.Index, routed, log)), 1);
        }
        foreach (var reference in plan.References)
        {
            if (reference.Target.Change is { } own)
                reference.Target.Settle(own.Key, own.Target.Version);
        }
    }

    private static bool IsDerived(PlannedChange change) => change is { GetsNewId: true, Condition: null };

    private static bool IsRoutable(PlannedChange change) =>
        IsDerived(change) && change.Target.Type != "Patient" && change.Log is { } log && Placing.IsPatientLog(log);
}

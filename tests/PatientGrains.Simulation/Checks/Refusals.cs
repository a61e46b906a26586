using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Simulation.Actors;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>
/// Refusals change nothing: a message that was refused for good left no version behind, and one that was refused as too much for now left
/// nothing at all.
/// </summary>
internal static class Refusals
{
    /// <summary>Refused by a rule, as opposed to by the state of the store.</summary>
    public static bool IsDecided(Rule rule) => rule is not (Rule.Busy or Rule.Interrupted or Rule.StorageFull or Rule.RecordFull);

    public static void Check(Ledger ledger, LogImage image)
    {
        var stored = image.All.Where(logged => logged.Happened is ResourceStored or ResourceDeleted or SubmissionAccepted)
            .ToLookup(logged => logged.Happened switch
            {
                ResourceStored happened => (happened.Source, happened.MessageId),
                ResourceDeleted happened => (happened.Source, happened.MessageId),
                var happened => (((SubmissionAccepted)happened).Source, ((SubmissionAccepted)happened).MessageId),
            });
        var digests = ledger.Operations.Where(operation => operation.Submit is not null && operation.Outcome is not Refused)
            .SelectMany(Messages.Parts).Select(part => (part.Submit.Who!.Source, part.Submit.MessageId)).ToHashSet();
        var entered = image.All.Select(logged => logged.Happened).OfType<AccessRecorded>()
            .Select(recorded => recorded.Entry.RequestId).ToHashSet();
        foreach (var operation in ledger.Operations)
        {
            Forbidden(operation);
            ForGood(operation, stored, digests);
            foreach (var attempt in operation.Attempts.Where(attempt => attempt.Outcome is Refused { Rule: Rule.Busy or Rule.StorageFull }))
                ForNow(operation, attempt, entered);
        }
    }

    /// <summary>Who may only receive alerts writes nothing; who cares for patients does not see who else does.</summary>
    private static void Forbidden(Operation operation)
    {
        bool isForbidden = operation.Submit is { Who.Roles: [Role.Alerting] } && operation.Outcome is Accepted
            || operation.Command is ReadAccessLog { Who.Roles: [Role.Clinician] } && operation.Outcome is AccessLogReleased;
        if (isForbidden)
            throw new CheckFailedException("refusals change nothing", $"{operation.Attempts[^1].RequestId} was not refused");
    }

    private static void ForGood(Operation operation, ILookup<(string, string), LoggedEvent> stored, HashSet<(string, string)> others)
    {
        if (operation is not { Outcome: Refused refused, Submit: { } submit })
            return;
        var message = (submit.Who!.Source, submit.MessageId);
        // A message id that was used twice stands for what it was used for first.
        if (others.Contains(message) || refused.Rule == Rule.MessageIdReused || WasEarly(operation, submit, refused))
            return;
        if (stored[message].Any())
        {
            throw new CheckFailedException("refusals change nothing",
                $"{operation.Attempts[^1].RequestId} was refused by {refused.Rule}, but {submit.MessageId} is stored");
        }
    }

    /// <summary>
    /// Refusals are not remembered: who demands a version that is still to come is refused, and taken when the network brings the request
    /// a second time after that version was written. Who demands one that he has seen is not refused for that.
    /// </summary>
    private static bool WasEarly(Operation operation, Submit submit, Refused refused) =>
        refused.Rule == Rule.VersionStale && operation.Attempts.Any(attempt => !attempt.CameOnce)
        && submit.Changes.Any(change => change.Key == refused.Key && change.IfVersion > refused.Version);

    /// <summary>A request that came twice may have been taken the other time, and a transaction is refused in parts.</summary>
    private static void ForNow(Operation operation, Attempt attempt, HashSet<string?> entered)
    {
        if (operation.Transaction is null && attempt.CameOnce && entered.Contains(attempt.RequestId))
            throw new CheckFailedException("refusals change nothing", $"{attempt.RequestId} was refused for now, but is in the log");
    }
}

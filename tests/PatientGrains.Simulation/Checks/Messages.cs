using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Simulation.Actors;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>
/// What was acknowledged is there, as it was acknowledged and before it was; each message had one effect, all of it or nothing; and whoever
/// repeated it got the same answer.
/// </summary>
internal static class Messages
{
    public static void Check(Ledger ledger, LogImage image)
    {
        var taken = new Dictionary<(string Log, string Source, string Message), LoggedEvent>();
        foreach (var logged in image.All)
        {
            if (logged.Happened is SubmissionAccepted accepted && !taken.TryAdd((logged.Log, accepted.Source, accepted.MessageId), logged))
                throw new CheckFailedException("one effect", $"message {accepted.MessageId} was taken twice in {logged.Log}");
        }
        foreach (var operation in ledger.Operations.Where(operation => operation.Submit is not null))
        {
            Whole(operation, taken);
            foreach (var attempt in operation.Attempts)
            {
                if (attempt.Outcome is Accepted answer)
                    Acknowledged(operation, attempt, answer, taken, image);
            }
        }
    }

    /// <summary>The submissions of an operation by their logs, in the order in which an answer names their results.</summary>
    public static IEnumerable<(string Log, Submit Submit)> Parts(Operation operation) =>
        operation.Transaction is not { } transaction
            ? [(operation.Log, operation.Submit!)]
            :
            [
                (operation.Log, transaction.Own),
                .. transaction.Others.OrderBy(other => other.Log, StringComparer.Ordinal).Select(other => (other.Log, other.Submit)),
            ];

    private static void Whole(Operation operation, Dictionary<(string, string, string), LoggedEvent> taken)
    {
        var found = Parts(operation)
            .Select(part => taken.GetValueOrDefault((part.Log, part.Submit.Who!.Source, part.Submit.MessageId))).ToArray();
        if (found.Distinct().Count() > 1 && found.Select(logged => logged?.Step).Distinct().Count() > 1)
            throw new CheckFailedException("all or nothing", $"the transaction {operation.Submit!.MessageId} took effect in parts");
    }

    private static void Acknowledged(
        Operation operation, Attempt attempt, Accepted answer, Dictionary<(string, string, string), LoggedEvent> taken, LogImage image)
    {
        int at = 0;
        foreach (var (log, submit) in Parts(operation))
        {
            string what = $"{attempt.RequestId}, message {submit.MessageId} in {log},";
            if (!taken.TryGetValue((log, submit.Who!.Source, submit.MessageId), out var logged))
                throw new CheckFailedException("lost commits", $"{what} was acknowledged and is not in the log");
            if (logged.Step > attempt.AnsweredAt)
                throw new CheckFailedException("lost commits", $"{what} was acknowledged before it was durable");
            var accepted = (SubmissionAccepted)logged.Happened;
            if (accepted.Digest != submit.Digest)
                throw new CheckFailedException("one effect", $"{what} was acknowledged with other content than it has in the log");
            var results = answer.Results.Skip(at).Take(submit.Changes.Length).ToImmutableArray();
            if (!results.SequenceEqual(accepted.Results))
                throw new CheckFailedException("one effect", $"{what} was answered otherwise than the log says");
            Stored(what, logged, submit, results, image);
            if (submit.WantsBodies)
                BodiesOf(what, submit, results, answer);
            at += submit.Changes.Length;
        }
    }

    private static void Stored(string what, LoggedEvent accepted, Submit submit, ImmutableArray<ChangeResult> results, LogImage image)
    {
        int changes = results.Count(result => result.Effect != ChangeEffect.Unchanged);
        var events = image.Of(accepted.Log).Skip((int)accepted.Seq - changes).Take(changes).ToDictionary(logged => logged.Happened switch
        {
            ResourceStored stored => stored.Key,
            ResourceDeleted deleted => deleted.Key,
            _ => default,
        });
        foreach (var (result, change) in results.Zip(submit.Changes))
        {
            if (result.Effect == ChangeEffect.Unchanged)
                continue;
            if (change.IfVersion is { } expected && result.Version != expected + 1)
                throw new CheckFailedException("order", $"{what} was to follow {result.Key}/{expected}, and made {result.Version}");
            bool isThere = events.GetValueOrDefault(result.Key)?.Happened switch
            {
                ResourceStored stored => stored.Version == result.Version && stored.MessageId == submit.MessageId
                    && stored.Body.Json == change.Body?.Json,
                ResourceDeleted deleted => deleted.Version == result.Version && change.Kind == ChangeKind.Delete,
                _ => false,
            };
            if (!isThere)
                throw new CheckFailedException("lost commits", $"{what} was acknowledged, {result.Key}/{result.Version} is not there");
        }
    }

    private static void BodiesOf(string what, Submit submit, ImmutableArray<ChangeResult> results, Accepted answer)
    {
        foreach (var (result, change) in results.Zip(submit.Changes))
        {
            bool mustBe = result.Effect is ChangeEffect.Created or ChangeEffect.Updated;
            var version = answer.Versions.FirstOrDefault(version => version.Key == result.Key);
            if (mustBe && (version is null || version.Version != result.Version || version.Body?.Json != change.Body!.Json))
                throw new CheckFailedException("one effect", $"{what} was answered without the body of {result.Key}/{result.Version}");
        }
    }
}

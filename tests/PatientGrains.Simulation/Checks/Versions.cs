using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Simulation.Actors;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>
/// The versions of a resource are 1, 2, 3... in the order of its log, and that order agrees with what clients know: what was begun after
/// another was acknowledged comes behind it. Reads are held against the log at the place of their own entry (<see cref="Accesses"/>), and
/// see everything that was acknowledged before they began.
/// </summary>
internal static class Versions
{
    public static void Check(Ledger ledger, LogImage image)
    {
        foreach (string log in image.Names)
        {
            var newest = new Dictionary<ResourceKey, int>();
            foreach (var logged in image.Of(log))
            {
                var (key, version) = Of(logged.Happened);
                if (version == 0)
                    continue;
                int before = newest.GetValueOrDefault(key);
                if (before + 1 != version)
                    throw new CheckFailedException("order", $"{log} event {logged.Seq} is {key}/{version} after {before}");
                newest[key] = version;
            }
        }
        InRealTime(ledger);
    }

    public static (ResourceKey Key, int Version) Of(Event happened) => happened switch
    {
        ResourceStored stored => (stored.Key, stored.Version),
        ResourceDeleted deleted => (deleted.Key, deleted.Version),
        _ => default,
    };

    /// <summary>Goes through beginnings and ends in their order and remembers, of each resource, the newest version that anybody knows
    /// of.</summary>
    private static void InRealTime(Ledger ledger)
    {
        var moments = new List<(long Step, bool IsEnd, Operation Operation)>();
        var repeated = new HashSet<(string, string)>();
        foreach (var operation in ledger.Operations.Where(operation => operation.EndedAt is not null))
        {
            // A message that comes again gets its old answer, whatever has happened since.
            if (operation.Submit is { } submit && !repeated.Add((operation.Client, submit.MessageId)))
                continue;
            moments.Add((operation.BegunAt, false, operation));
            moments.Add((operation.EndedAt!.Value, true, operation));
        }
        var known = new Dictionary<ResourceKey, int>();
        var least = new Dictionary<Operation, Dictionary<ResourceKey, int>>();
        foreach (var (_, isEnd, operation) in moments.OrderBy(moment => moment.Step).ThenBy(moment => moment.IsEnd))
        {
            if (!isEnd)
            {
                least[operation] = new(known);
                continue;
            }
            foreach (var (key, version, isWrite) in Seen(operation))
            {
                int before = least[operation].GetValueOrDefault(key);
                if (version < before || (isWrite && version == before))
                {
                    throw new CheckFailedException("order",
                        $"{operation.Attempts[^1].RequestId} {(isWrite ? "made" : "saw")} {key}/{version}, but {before} was known before");
                }
                known[key] = Math.Max(known.GetValueOrDefault(key), version);
            }
        }
    }

    private static IEnumerable<(ResourceKey Key, int Version, bool IsWrite)> Seen(Operation operation) => operation.Outcome switch
    {
        Accepted accepted => accepted.Results.Select(result => (result.Key, result.Version, result.Effect != ChangeEffect.Unchanged)),
        Released released when operation.Command is ReadResource or SearchRecord =>
            released.Versions.Select(version => (version.Key, version.Version, false)),
        Refused { Rule: Rule.VersionStale, Key: { } key, Version: { } version } => [(key, version, false)],
        _ => [],
    };
}

using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;
using PatientGrains.Simulation.Actors;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>
/// Nothing was answered before its entry lay in the log: with the right reader and the versions that left. And what a read released is what
/// was current at the place of its entry.
/// </summary>
internal static class Accesses
{
    public static void Check(Ledger ledger, LogImage image)
    {
        var entries = image.All.Where(logged => logged.Happened is AccessRecorded)
            .ToLookup(logged => (logged.Log, ((AccessRecorded)logged.Happened).Entry.RequestId));
        foreach (var operation in ledger.Operations)
        {
            foreach (var attempt in operation.Attempts)
            {
                if (MustBeEntered(attempt.Outcome))
                    Entered(operation, attempt, entries, image);
            }
        }
    }

    /// <summary>A repeat releases nothing that its first answer did not; what the log itself refused has no place to be entered.</summary>
    private static bool MustBeEntered(Outcome? outcome) => outcome switch
    {
        null or Accepted { Repeated: true } => false,
        Refused refused => Refusals.IsDecided(refused.Rule),
        _ => true,
    };

    private static void Entered(
        Operation operation, Attempt attempt, ILookup<(string, string?), LoggedEvent> entries, LogImage image)
    {
        // A request that came twice has two entries: that of its answer is among them.
        var found = entries[(operation.Log, attempt.RequestId)].Where(logged => logged.Step <= attempt.AnsweredAt).ToArray();
        var who = operation.Command?.Who ?? operation.Submit!.Who;
        string? wrong = "nothing was entered";
        foreach (var logged in found)
        {
            wrong = Wrong(((AccessRecorded)logged.Happened).Entry, logged, who!, operation, attempt.Outcome!, image);
            if (wrong is null)
                return;
        }
        if (operation.Transaction is not null && attempt.Outcome is Refused && found.Length == 0)
            return;
        throw new CheckFailedException("entry first",
            $"{attempt.RequestId} was answered {Describe.Outcome(attempt.Outcome!)} at step {attempt.AnsweredAt}, but {wrong}");
    }

    private static string? Wrong(
        AccessEntry entry, LoggedEvent logged, Requester who, Operation operation, Outcome outcome, LogImage image)
    {
        if (entry.Who?.Subject != who.Subject || entry.Who.Source != who.Source)
            return "somebody else was entered";
        if (entry.RefusedBy != (outcome as Refused)?.Rule.ToString())
            return $"it was entered as {entry.RefusedBy ?? "permitted"}";
        return outcome switch
        {
            Released released => entry.Versions.SequenceEqual(
                released.Versions.Select(version => new ReleasedVersion(version.Key, version.Version)))
                ? WrongVersions(operation.Command!, released, logged, image)
                : "other versions were entered than left",
            Accepted accepted => accepted.Results.Where(result => result.Version > 0).Take(entry.Versions.Length)
                .Select(result => new ReleasedVersion(result.Key, result.Version)).SequenceEqual(entry.Versions)
                    ? null : "other versions were entered than were written",
            AccessLogReleased log => WrongEntries(log, image.Of(logged.Log)),
            AlertsReleased alerts => WrongAlerts(alerts, entry, logged, image),
            _ => null,
        };
    }

    private static string? WrongVersions(Command command, Released released, LoggedEvent entry, LogImage image)
    {
        var before = image.Of(entry.Log).Take((int)entry.Seq).ToArray();
        var current = new Dictionary<ResourceKey, (int Version, bool IsDeleted)>();
        var bodies = new Dictionary<(ResourceKey, int), Event>();
        foreach (var logged in before)
        {
            var (key, version) = Versions.Of(logged.Happened);
            if (version == 0)
                continue;
            current[key] = (version, logged.Happened is ResourceDeleted);
            bodies[(key, version)] = logged.Happened;
        }
        foreach (var version in released.Versions)
        {
            bool isSame = bodies.GetValueOrDefault((version.Key, version.Version)) switch
            {
                ResourceStored stored => !version.Deleted && stored.Body.Json == version.Body?.Json && stored.At == version.At
                    && stored.Source == version.Source,
                ResourceDeleted deleted => version.Deleted && deleted.At == version.At,
                _ => false,
            };
            if (!isSame)
                return $"what left as {version.Key}/{version.Version} is not what was written before the entry";
            if (command is ReadResource or SearchRecord && current[version.Key] != (version.Version, false))
                return $"{version.Key}/{current[version.Key].Version} was current by then";
        }
        int all = command switch
        {
            ReadHistory history => current[history.Key].Version,
            SearchRecord => current.Count(pair => pair.Key.Type == "Observation" && !pair.Value.IsDeleted),
            _ => 1,
        };
        return released.Total == all ? null : $"{released.Total} were said to be there of {all}";
    }

    private static string? WrongEntries(AccessLogReleased released, IReadOnlyList<LoggedEvent> log)
    {
        var newest = log.Where(logged => logged.Seq < released.BeforeSeq).Select(logged => logged.Happened).OfType<AccessRecorded>()
            .Select(recorded => recorded.Entry.Id).Reverse().Take(10);
        return newest.SequenceEqual(released.Entries.Select(entry => entry.Id)) ? null : "other entries were shown than the log has";
    }

    private static string? WrongAlerts(AlertsReleased released, AccessEntry entry, LoggedEvent logged, LogImage image)
    {
        var open = new List<int>();
        foreach (var before in image.Of(logged.Log).Take((int)logged.Seq))
        {
            if (before.Happened is AlertRaised raised)
                open.Add(raised.Alert);
            else if (before.Happened is AlertClosed or AlertWithdrawn or AlertOverridden)
                open.Remove(((AlertEvent)before.Happened).Alert);
        }
        if (!open.SequenceEqual(released.Alerts.Select(alert => alert.Number)))
            return "other alerts were shown than were open";
        bool areEntered = !released.Alerts.SelectMany(alert => alert.Reason.Versions).Except(entry.Versions).Any();
        return areEntered ? null : "versions left that were not entered";
    }
}

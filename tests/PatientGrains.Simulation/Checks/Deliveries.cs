using System.Globalization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Log;
using PatientGrains.Simulation.Actors;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>
/// The feed has each alert event once, numbered without gap in the order in which they became durable; every subscriber got each of them at
/// least once, as it is in the log, and after its entry.
/// </summary>
internal static class Deliveries
{
    public static void Check(Town town, SharedStore store, LogImage image)
    {
        var lines = Lines(store, image);
        var entries = image.All.Where(logged => logged.Happened is AccessRecorded { Entry.Feed: Feed.Alerts })
            .ToLookup(logged => (logged.Log, ((AccessRecorded)logged.Happened).Entry.RequestId));
        var notes = image.All.Where(logged => logged.Log.StartsWith("security/", StringComparison.Ordinal))
            .ToLookup(logged => (logged.Happened as AccessRecorded)?.Entry.RequestId);
        var had = town.Subscribers.ToDictionary(subscriber => subscriber.Name, _ => new HashSet<long>());
        foreach (var delivery in town.Ledger.Deliveries)
        {
            long number = delivery.Entry.Number;
            if (!lines.TryGetValue(number, out var logged))
                throw new CheckFailedException("feed", $"{delivery.RequestId} got line {number}, which the feed does not have");
            if (delivery.Entry.Happened is null)
            {
                if (!notes[delivery.RequestId].Any(note => note.Step <= delivery.Step))
                    throw new CheckFailedException("entry first", $"{delivery.RequestId} heard of line {number} without an entry");
                continue;
            }
            had[delivery.Subscriber].Add(number);
            Entered(delivery, logged, entries);
        }
        foreach (var (subscriber, numbers) in had)
        {
            long missed = lines.Keys.Except(numbers).FirstOrDefault();
            if (missed > 0)
                throw new CheckFailedException("every alert delivered", $"{subscriber} never got line {missed} of {lines[missed].Log}");
        }
    }

    /// <summary>The feed held against the logs.</summary>
    private static Dictionary<long, LoggedEvent> Lines(SharedStore store, LogImage image)
    {
        var lines = new Dictionary<long, LoggedEvent>();
        var byId = image.Names.ToDictionary(name => store.Keys.Ring.Blind(new LogName(name)), name => name);
        long step = 0;
        foreach (var line in image.Alerts)
        {
            if (line.Number != lines.Count + 1)
                throw new CheckFailedException("feed", $"line {line.Number} follows line {lines.Count}");
            var logged = line.Log is { } id && byId.TryGetValue(id, out string? name) && line.Seq < image.Of(name).Count
                ? image.Of(name)[(int)line.Seq] : null;
            if (logged?.Happened is not AlertEvent || logged.Step < step)
                throw new CheckFailedException("feed", $"line {line.Number} leads to no alert, or to one from before the line before it");
            step = logged.Step;
            lines.Add(line.Number, logged);
        }
        int events = image.All.Count(logged => logged.Happened is AlertEvent);
        return lines.Values.Distinct().Count() == events ? lines
            : throw new CheckFailedException("feed", $"{events} alert events have {lines.Values.Distinct().Count()} lines");
    }

    private static void Entered(Delivery delivery, LoggedEvent logged, ILookup<(string, string?), LoggedEvent> entries)
    {
        var (_, _, requestId, entry) = delivery;
        var alert = (AlertEvent)logged.Happened;
        bool isSame = entry.Log == logged.Log && entry.Happened is AlertEvent got && got.Number == alert.Number
            && got.GetType() == alert.GetType();
        if (!isSame)
            throw new CheckFailedException("feed", $"{requestId} got something else as line {entry.Number} than the log has");
        bool isEntered = entries[(logged.Log, requestId)].Any(candidate => candidate.Step <= delivery.Step
            && ((AccessRecorded)candidate.Happened).Entry is { RefusedBy: null } access
            && Names(access.Asked, alert.Number) && !VersionsOf(alert).Except(access.Versions).Any());
        if (!isEntered)
            throw new CheckFailedException("entry first", $"{requestId} got line {entry.Number} of {entry.Log} without an entry before it");
    }

    private static IEnumerable<ReleasedVersion> VersionsOf(AlertEvent alert) => alert switch
    {
        AlertRaised raised => raised.Reason.Versions,
        AlertWorsened worsened => worsened.Reason.Versions,
        AlertClosed closed => closed.Reason.Versions,
        _ => [],
    };

    /// <summary>Entries name lines as <c>feed alerts 3-5 9</c>.</summary>
    private static bool Names(string asked, int number) => asked.Split(' ').Skip(2).Any(range =>
    {
        int[] ends = [.. range.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
        return number >= ends[0] && number <= ends[^1];
    });
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PatientGrains.Core.Access;

namespace PatientGrains.Core.Record;

/// <summary>
/// Decides which subscriber may have which lines. Who asked for none of them gets none and leaves no trace; who gets some or is refused
/// has one access entry, which names feed, lines and the versions whose values leave.
/// </summary>
internal static class ReleaseFeedDecision
{
    /// <summary>Lines of one release, and subscribers of one: what a front reads and serves at a time.</summary>
    private const int MaxLines = 1000;

    private const int MaxDeliveries = 1000;

    public static Decision Decide(PatientRecord record, ReleaseFeed release, Facts facts)
    {
        if (release.Seqs.Length > MaxLines || release.To.Length > MaxDeliveries)
            throw new ArgumentException($"A release has at most {MaxLines} lines and {MaxDeliveries} subscribers.");
        Line[] lines = [.. LinesOf(record, release)];
        var events = ImmutableArray.CreateBuilder<Event>();
        var wanted = new List<Line>[release.To.Length];
        var refusals = new Rule?[release.To.Length];
        Told? told = null;
        for (int i = 0; i < release.To.Length; i++)
        {
            var to = release.To[i];
            wanted[i] = [.. lines.Where(line => line.Matches(to, facts.Log))];
            if (wanted[i].Count == 0)
                continue;
            refusals[i] = AccessPolicy.RefusalFor(to.Who, KindOf(release.Feed));
            told = told is not null && told.Lines.SequenceEqual(wanted[i]) ? told : Told.Of(release.Feed, wanted[i]);
            events.Add(new AccessRecorded { Entry = EntryOf(release.Feed, to, told, refusals[i], facts, i) });
            wanted[i] = refusals[i] is null ? told.Lines : [];
        }
        return new Decision(events.ToImmutable(), Released(record, lines, wanted, refusals));
    }

    /// <summary>The kind of access that the delivery of a feed is.</summary>
    private static AccessKind KindOf(Feed feed) => feed switch
    {
        Feed.Alerts => AccessKind.ReceiveAlerts,
        Feed.Quality => AccessKind.ReceiveQuality,
        Feed.Security => AccessKind.ReceiveSecurity,
        // The census serves the engine's own reports and leaves for nobody.
        _ => AccessKind.ReceiveCensus,
    };

    /// <summary>What is known of the lines; a sequence number that is none of the feed's is passed over.</summary>
    private static IEnumerable<Line> LinesOf(PatientRecord record, ReleaseFeed release)
    {
        long before = -1;
        foreach (long seq in release.Seqs)
        {
            if (seq <= before)
                throw new ArgumentException("The lines of a release ascend.");
            before = seq;
            if (LineOf(record, release.Feed, seq) is { } line)
                yield return line;
        }
    }

    private static Line? LineOf(PatientRecord record, Feed feed, long seq) => feed switch
    {
        Feed.Alerts when record.Lines.Alert(seq) is { } alert => new Line(seq, alert.Number, alert.Versions, alert, null),
        Feed.Quality when record.Lines.QualityOf(seq) is { } quality => new Line(seq, seq, [quality.Version], null, quality),
        // Access entries are not held in memory: the grain looks at what lies there, and hands out only what is a line.
        Feed.Security or Feed.Census when seq >= 0 && seq < record.NextSeq => new Line(seq, seq, [], null, null),
        _ => null,
    };

    private static AccessEntry EntryOf(Feed feed, FeedDelivery to, Told told, Rule? refusal, Facts facts, int index) => new()
    {
        Id = index == 0 ? facts.EntryId : $"{facts.EntryId}-{index}",
        At = facts.Now,
        Who = to.Who,
        Interaction = "operation",
        Asked = told.Asked,
        Feed = feed,
        RefusedBy = refusal?.ToString(),
        Versions = refusal is null ? told.Versions : [],
        RequestId = to.RequestId,
    };

    private static FeedReleased Released(PatientRecord record, Line[] lines, List<Line>[] wanted, Rule?[] refusals)
    {
        var going = lines.Where(line => wanted.Any(list => list.Contains(line))).ToArray();
        var places = going.Select((line, i) => (line.Seq, i)).ToDictionary(pair => pair.Seq, pair => pair.i);
        return new FeedReleased(
            [.. going.Select(line => new FeedItem(line.Seq, line.Alert is null ? null : record.Lines.Recent(line.Seq)))],
            [.. wanted.Zip(refusals, (list, refusal) => new DeliveryResult([.. list.Select(line => places[line.Seq])], refusal))]);
    }

    /// <summary>What the entries of all who get the same lines say of them: mostly that is everybody.</summary>
    private sealed record Told(List<Line> Lines, string Asked, ImmutableArray<ReleasedVersion> Versions)
    {
        public static Told Of(Feed feed, List<Line> lines) => new(
            lines, $"feed {feed.ToString().ToLowerInvariant()} {Ranges(lines)}", [.. lines.SelectMany(line => line.Versions).Distinct()]);
    }

    /// <summary>Numbers as <c>3-5 9</c>.</summary>
    private static string Ranges(List<Line> lines)
    {
        var text = new StringBuilder();
        for (int i = 0; i < lines.Count; i++)
        {
            int first = i;
            while (i + 1 < lines.Count && lines[i + 1].Number == lines[i].Number + 1)
                i++;
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? " " : "")}{lines[first].Number}");
            if (i > first)
                text.Append(CultureInfo.InvariantCulture, $"-{lines[i].Number}");
        }
        return text.ToString();
    }

    /// <param name="Seq">Where the event lies.</param>
    /// <param name="Number">How the access entry names it: the patient's number of an alert line, else the sequence number.</param>
    /// <param name="Versions">The versions whose values are in it.</param>
    /// <param name="Alert">On the alert feed.</param>
    /// <param name="Quality">On the quality feed.</param>
    private sealed record Line(
        long Seq, long Number, ImmutableArray<ReleasedVersion> Versions, AlertLine? Alert, QualityLine? Quality)
    {
        public bool Matches(FeedDelivery to, string? log)
        {
            var filter = to.Filter;
            if (!filter.Patients.IsEmpty && !filter.Patients.Any(id => log == "Patient/" + id))
                return false;
            if (Quality is not null)
                return SeesAllSources(to.Who) || Quality.Source == to.Who.Source;
            return Alert is null
                || (filter.Units.IsEmpty || Alert.Unit is { } unit && filter.Units.Contains(unit))
                && (filter.Rules.IsEmpty || filter.Rules.Contains(Alert.Rule))
                && (filter.MinSeverity is not { } least || Alert.Severity >= least);
        }

        /// <summary>An integrator learns what became of its own values, not of others'.</summary>
        private static bool SeesAllSources(Requester who) => who.Roles.Contains(Role.Clinician) || !who.Roles.Contains(Role.Integrator);
    }
}

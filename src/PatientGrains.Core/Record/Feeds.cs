using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>
/// A feed numbers the events of one kind over all logs, without gaps, in the order in which they became durable; the store keeps log and
/// sequence number only. The numbers of the kinds are stored.
/// </summary>
public enum Feed
{
    /// <summary>Every <see cref="AlertEvent"/>.</summary>
    Alerts = 1,
    /// <summary>Versions with a <see cref="Doubted"/> finding.</summary>
    Quality = 2,
    /// <summary>Refused accesses: logins, roles, purposes.</summary>
    Security = 3,
    /// <summary>Versions with a <see cref="Placed"/> finding: who lay where, for the burden report. Delivered to nobody.</summary>
    Census = 4,
}

/// <summary>A line of a feed: where its event lies.</summary>
/// <param name="Number">1, 2, 3... over the whole feed.</param>
/// <param name="Log">
/// Name of the log; empty when the log was erased: its line keeps its number, so that a reader sees no gap, and there is nothing behind it.
/// </param>
/// <param name="Seq">Sequence number of the event in it; 0 when the log was erased.</param>
public sealed record FeedLine(long Number, string Log, long Seq);

/// <summary>Some lines of a feed in order.</summary>
/// <param name="StoreId">Names the store, so that a cursor of another one is recognised.</param>
/// <param name="Lines">Empty when nothing came in time.</param>
/// <param name="Head">The feed's last number; 0 for an empty feed. What is between the last line and this is a reader's lag.</param>
public sealed record FeedPage(string StoreId, ImmutableArray<FeedLine> Lines, long Head);

/// <summary>
/// Releases lines of a feed to subscribers: one decision and one commit for all of them, one access entry for each who gets something or is
/// refused. Comes from the fronts' feed readers; <see cref="Command.Who"/> is null, because each delivery names its own requester.
/// </summary>
public sealed record ReleaseFeed : Command
{
    public required Feed Feed { get; init; }

    /// <summary>Sequence numbers in this log, ascending, at most 1,000.</summary>
    public required ImmutableArray<long> Seqs { get; init; }

    /// <summary>At most 1,000.</summary>
    public required ImmutableArray<FeedDelivery> To { get; init; }
}

/// <summary>A subscriber that the lines may go to.</summary>
public sealed record FeedDelivery
{
    public required Requester Who { get; init; }
    public string? RequestId { get; init; }

    /// <summary>What it asked for; what does not match is not delivered and not logged.</summary>
    public required FeedFilter Filter { get; init; }
}

/// <summary>
/// Which lines of the alert feed a subscriber wants; empty sets mean all. On other feeds only <see cref="Patients"/> counts.
/// </summary>
public sealed record FeedFilter
{
    /// <summary>Logical ids of patients.</summary>
    public ImmutableArray<string> Patients { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableArray<string> Units { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Ids of rules.</summary>
    public ImmutableArray<string> Rules { get; init => field = value.IsDefault ? [] : value; } = [];

    public Severity? MinSeverity { get; init; }
}

/// <summary>The answer to <see cref="ReleaseFeed"/>.</summary>
/// <param name="Items">Each event that goes to anybody, once, in order; the grain reads them from the log.</param>
/// <param name="Results">One for each delivery, in order.</param>
public sealed record FeedReleased(ImmutableArray<FeedItem> Items, ImmutableArray<DeliveryResult> Results) : Outcome;

/// <param name="Seq">Sequence number in the log.</param>
/// <param name="Happened">The event; null until the grain has read it, and for ever when what lies there is no line of the feed.</param>
public sealed record FeedItem(long Seq, Event? Happened = null)
{
    /// <summary>What a subscriber gets of an event: of a version with doubted values those and where they stand, not its body.</summary>
    /// <returns>Null when the event is no line of the feed.</returns>
    public static Event? Line(Feed feed, Event happened)
    {
        bool isLine = false;
        Effects.Feeds(happened, other => isLine |= other == feed);
        if (!isLine)
            return null;
        return happened is ResourceStored stored
            ? stored with
            {
                Body = stored.Body with
                {
                    Json = default, Terms = default, Findings = [.. stored.Body.Findings.Where(finding => finding is Doubted)],
                },
            }
            : happened;
    }
}

/// <param name="Items">Indexes into <see cref="FeedReleased.Items"/> that this subscriber may have.</param>
/// <param name="RefusedBy">The rule that keeps everything from it, or null.</param>
public sealed record DeliveryResult(ImmutableArray<int> Items, Rule? RefusedBy = null);

/// <summary>
/// A hint on the Orleans stream <c>alerts</c> that a patient's alert feed went on: it wakes a reader and carries nothing clinical. It can
/// be lost or come twice; the feed cannot.
/// </summary>
/// <param name="Patient">Logical id.</param>
/// <param name="Number">The newest <see cref="AlertEvent.Number"/>.</param>
public sealed record AlertHint(string Patient, int Number);

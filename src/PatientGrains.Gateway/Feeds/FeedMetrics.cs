using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Feeds;

/// <summary>Subscriptions in numbers; the only tag is the feed.</summary>
internal static class FeedMetrics
{
    private static readonly Meter Meter = new(Telemetry.Name);
    private static readonly ConcurrentDictionary<FeedSubscription, byte> Open = new();

    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "patientgrains.feed.deliveries", "{line}", "Lines handed to subscribers");

    private static readonly Counter<long> LeftBehind = Meter.CreateCounter<long>(
        "patientgrains.feed.overflows", "{subscriber}", "Subscribers that did not keep up and went on by themselves");

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "patientgrains.feed.retries", "{question}", "Records or feeds that could not be asked and are asked again");

    private static readonly Counter<long> Unreadable = Meter.CreateCounter<long>(
        "patientgrains.feed.unreadable", "{line}", "Lines that were passed over because their record could not be asked");

    static FeedMetrics()
    {
        Meter.CreateObservableGauge(
            "patientgrains.feed.subscribers", () => OfEach(all => all.Count()), "{subscriber}", "Open subscriptions");
        Meter.CreateObservableGauge(
            "patientgrains.feed.lag", () => OfEach(all => all.Max(one => one.Lag)), "{line}",
            "How far the slowest subscriber is behind the feed's head");
    }

    public static void Opened(FeedSubscription subscription) => Open.TryAdd(subscription, 0);

    public static void Closed(FeedSubscription subscription) => Open.TryRemove(subscription, out _);

    public static void Delivered(Feed feed, int lines) => Deliveries.Add(lines, Tag(feed));

    public static void Overflowed(Feed feed) => LeftBehind.Add(1, Tag(feed));

    public static void Retried(Feed feed) => Retries.Add(1, Tag(feed));

    public static void PassedOver(Feed feed, int lines) => Unreadable.Add(lines, Tag(feed));

    private static IEnumerable<Measurement<long>> OfEach(Func<IEnumerable<FeedSubscription>, long> measure) =>
        Open.Keys.GroupBy(one => one.Feed).Select(ofFeed => new Measurement<long>(measure(ofFeed), Tag(ofFeed.Key)));

    private static KeyValuePair<string, object?> Tag(Feed feed) => new("feed", feed.ToString());
}

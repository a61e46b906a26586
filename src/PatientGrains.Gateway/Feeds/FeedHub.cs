using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// Subscriptions to feeds, whatever front they come from. There is one live reader for each feed, while it has subscribers. Delivery is at
/// least once and in feed order; each is decided by the record that it is about and has a durable access entry before it leaves.
/// </summary>
internal sealed class FeedHub(FeedSource source, AccessNotes notes, FeedLimits limits, TimeProvider time, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Feed, (LiveReader Reader, int Subscribers)> _readers = [];
    private readonly Dictionary<(string Source, string Subject), int> _byRequester = [];

    public FeedLimits Limits => limits;

    public TimeProvider Time => time;

    public CancellationToken Stopping => stopping;

    /// <summary>A subscription, which the caller disposes of; or why there is none. Refusals by role and purpose are noted.</summary>
    public async Task<(FeedSubscription? Subscription, FeedRefusal? Refusal)> Open(FeedAsk ask)
    {
        if (AccessPolicy.RefusalFor(ask.Who, KindOf(ask.Feed)) is { } denied)
        {
            await notes.Note(ask.Who, ask.RequestId, "operation", $"feeds/{NameOf(ask.Feed)}", denied.ToString());
            return (null, new FeedRefusal(null, denied));
        }
        if (Wrong(ask) is { } wrong)
            return (null, new FeedRefusal(wrong, null));
        var page = await source.Look(ask.Feed, 0);
        long position = ask.FromBeginning ? 0 : page.Head;
        if (ask.Cursor is { } cursor && FeedCursor.Read(cursor, ask.Feed, page, out position) is { } badCursor)
            return (null, new FeedRefusal(badCursor, null));
        lock (_lock)
        {
            if (Full(ask) is { } full)
                return (null, new FeedRefusal(full, null));
            return (Add(ask, position, page), null);
        }
    }

    public static string NameOf(Feed feed) => feed switch
    {
        Feed.Alerts => "alerts",
        Feed.Quality => "quality",
        Feed.Security => "security",
        _ => throw new InvalidOperationException($"{feed} is not delivered to subscribers."),
    };

    public static AccessKind KindOf(Feed feed) => feed switch
    {
        Feed.Alerts => AccessKind.ReceiveAlerts,
        Feed.Quality => AccessKind.ReceiveQuality,
        Feed.Security => AccessKind.ReceiveSecurity,
        _ => throw new InvalidOperationException($"{feed} is not delivered to subscribers."),
    };

    private FeedProblem? Wrong(FeedAsk ask)
    {
        var filter = ask.Filter;
        bool isOfAlertsOnly = !filter.Units.IsEmpty || !filter.Rules.IsEmpty || filter.MinSeverity is not null;
        if (ask.Feed != Feed.Alerts && isOfAlertsOnly)
            return FeedProblem.FilterNotOfFeed;
        foreach (var values in new[] { filter.Patients, filter.Units, filter.Rules })
        {
            if (values.Length > limits.MaxFilterValues || values.Any(value => value.Length > limits.MaxFilterChars))
                return FeedProblem.FilterTooLarge;
        }
        return null;
    }

    private FeedProblem? Full(FeedAsk ask) =>
        _readers.TryGetValue(ask.Feed, out var live) && live.Subscribers >= limits.MaxSubscribers ? FeedProblem.TooManySubscribers
        : _byRequester.GetValueOrDefault((ask.Who.Source, ask.Who.Subject)) >= limits.MaxPerRequester ? FeedProblem.TooManyOfRequester
        : null;

    private FeedSubscription Add(FeedAsk ask, long position, FeedPage page)
    {
        var requester = (ask.Who.Source, ask.Who.Subject);
        // Who comes while others still hold on to a reader that failed must not be given that one.
        if (!_readers.TryGetValue(ask.Feed, out var live) || live.Reader.Failure is not null)
            live = (new LiveReader(ask.Feed, page, source, limits, stopping), live.Subscribers);
        _readers[ask.Feed] = (live.Reader, live.Subscribers + 1);
        _byRequester[requester] = _byRequester.GetValueOrDefault(requester) + 1;
        return new FeedSubscription(ask, position, live.Reader, source, this, () => Remove(ask.Feed, requester));
    }

    private void Remove(Feed feed, (string, string) requester)
    {
        lock (_lock)
        {
            if (--_byRequester[requester] is var left && left == 0)
                _byRequester.Remove(requester);
            var (reader, subscribers) = _readers[feed];
            _readers[feed] = (reader, subscribers - 1);
            if (subscribers > 1)
                return;
            _readers.Remove(feed);
            reader.Dispose();
        }
    }
}

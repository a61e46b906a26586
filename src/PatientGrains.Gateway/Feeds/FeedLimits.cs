namespace PatientGrains.Gateway.Feeds;

/// <summary>Limits of subscriptions to feeds, each with its reason.</summary>
public sealed record FeedLimits
{
    /// <summary>
    /// Subscribers of one process and feed: each is an access entry for each record that has news, written before the news leaves; it is
    /// also the most that one question to a record may name.
    /// </summary>
    public int MaxSubscribers { get; init; } = 1_000;

    /// <summary>
    /// Subscribers of one requester (subject and source), over all feeds: a client that loses its streams must not use up all places.
    /// </summary>
    public int MaxPerRequester { get; init; } = 250;

    /// <summary>
    /// Lines that wait for one subscriber before it is left to read by itself. They are shared, so that what waits costs a reference each.
    /// </summary>
    public int MaxWaiting { get; init; } = 4_096;

    /// <summary>Lines that are read and asked for at once: the more, the fewer access entries and the longer a subscriber waits.</summary>
    public int Batch { get; init; } = 500;

    /// <summary>Values of one filter: a list, not a copy of the population.</summary>
    public int MaxFilterValues { get; init; } = 1_000;

    /// <summary>Characters of one of them; ids have 64 at most, units may be displays.</summary>
    public int MaxFilterChars { get; init; } = 256;

    /// <summary>How long the reader waits for the first new line before it asks again.</summary>
    public TimeSpan LongPoll { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a subscription is silent at most: proxies cut what is silent for a minute.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first wait before a record or the feed that could not be asked is asked again; doubled each time.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest such wait.</summary>
    public TimeSpan LastRetry { get; init; } = TimeSpan.FromSeconds(5);
}

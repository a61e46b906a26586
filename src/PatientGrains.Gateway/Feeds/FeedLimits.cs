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

    /// <summary>
    /// How long the live alerts of all patients wait for one record before its lines are passed over as unreadable: longer than a record
    /// takes to come back when the silo that held it has died (6 s were measured), or than an overloaded store keeps it waiting. Whose
    /// record is broken beyond that costs the others so long once, and a quarter of it each time it has news.
    /// </summary>
    public TimeSpan AlertPatience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The same for the other feeds: nobody runs for their lines, so that their content is worth waiting for.</summary>
    public TimeSpan OtherPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The same for a subscriber that catches up: after a restart hundreds of records open at once, and only this subscriber waits.
    /// </summary>
    public TimeSpan CatchUpPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long writing down that lines are passed over may take before the record is asked again: security logs that take longer hang.
    /// </summary>
    public TimeSpan NotePatience { get; init; } = TimeSpan.FromSeconds(5);
}

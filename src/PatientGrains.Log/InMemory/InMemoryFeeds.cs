namespace PatientGrains.Log;

/// <summary>Feeds and due times of the log in memory; guarded by its lock.</summary>
internal sealed class InMemoryFeeds
{
    private readonly Dictionary<byte, List<StoredFeedLine>> _feeds = [];
    private readonly SortedSet<(long Micros, LogId Log)> _due = [];
    private readonly Dictionary<LogId, long> _dueOf = [];

    public LogSignals Signals { get; } = new();

    public void Write(AppendBatch batch)
    {
        foreach (var (feed, log, seq) in batch.Feeds)
        {
            if (!_feeds.TryGetValue(feed, out var lines))
                _feeds.Add(feed, lines = []);
            lines.Add(new StoredFeedLine(lines.Count + 1, log, seq));
        }
        foreach (var change in batch.Due)
            Set(change.Log, change.At is { } at ? Micros.Up(at) : null);
    }

    /// <summary>Whoever waits for it is told.</summary>
    public void Tell(AppendBatch batch)
    {
        foreach (byte feed in batch.Feeds.Select(line => line.Feed).Distinct())
        {
            Telemetry.FeedMoved(feed, Head(feed));
            Signals.FeedMoved(feed, Head(feed));
        }
        foreach (var change in batch.Due)
        {
            if (change.At is { } at)
                Signals.DueWasSet(Micros.Up(at));
        }
    }

    public long Head(byte feed) => _feeds.GetValueOrDefault(feed)?.Count ?? 0;

    public StoredFeedPage Read(byte feed, long after, int limit)
    {
        long head = Head(feed);
        return new([.. after < head ? _feeds[feed].Skip((int)after).Take(limit) : []], head);
    }

    public DateTimeOffset? DueOf(LogId log) => _dueOf.TryGetValue(log, out long micros) ? Micros.Time(micros) : null;

    public IReadOnlyList<DueLog> Due(DateTimeOffset until, DueLog? after, int limit) =>
    [
        .. _due.TakeWhile(entry => entry.Micros <= Micros.Down(until))
            .SkipWhile(entry => after is { } a && entry.CompareTo((Micros.Up(a.At), a.Log)) <= 0)
            .Take(limit).Select(entry => new DueLog(Micros.Time(entry.Micros), entry.Log)),
    ];

    public DateTimeOffset? NextDue(DateTimeOffset after)
    {
        var later = _due.GetViewBetween((Micros.Down(after) + 1, default), (long.MaxValue, default));
        return later.Count > 0 ? Micros.Time(later.Min.Micros) : null;
    }

    private void Set(LogId log, long? micros)
    {
        if (_dueOf.Remove(log, out long before))
            _due.Remove((before, log));
        if (micros is not { } at)
            return;
        _dueOf.Add(log, at);
        _due.Add((at, log));
    }

    public void Erase(LogId log)
    {
        Set(log, null);
        foreach (var lines in _feeds.Values)
        {
            for (int i = 0; i < lines.Count; i++)
            {
                if (lines[i].Log == log)
                    lines[i] = new StoredFeedLine(i + 1, null, 0);
            }
        }
    }
}

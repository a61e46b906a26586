using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// One subscriber's way through a feed: by itself while it is behind, in batches; then together with all others. It passes from one to the
/// other without gap or duplicate. For one reader at a time.
/// </summary>
internal sealed class FeedSubscription : IDisposable
{
    private readonly FeedAsk _ask;
    private readonly LiveReader _live;
    private readonly FeedSource _source;
    private readonly FeedLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action _closed;
    private readonly CancellationTokenSource _stop = new();
    private readonly Bell _bell = new();
    private readonly Mailbox _mailbox;
    private readonly ITimer _heartbeat;
    private readonly ITimer _expiry;
    private readonly CancellationToken _serverStops;
    private readonly CancellationTokenRegistration _onServerStops;
    private Task<(IReadOnlyList<FeedEntry> Entries, long Through, long Head)>? _step;
    private long _position;
    private long _head;
    private long? _ownUntil;
    private bool _mustTell = true;
    private long _toldAt;

    /// <param name="ask">Who, and what.</param>
    /// <param name="position">The number of the last line that it does not want.</param>
    /// <param name="live">The process's reader of this feed.</param>
    /// <param name="source">For what the subscriber reads by itself.</param>
    /// <param name="hub">Limits, clock, and the end of the server.</param>
    /// <param name="closed">Called once, when the subscription is disposed of.</param>
    public FeedSubscription(FeedAsk ask, long position, LiveReader live, FeedSource source, FeedHub hub, Action closed)
    {
        (_ask, _position, _live, _source, _closed) = (ask, position, live, source, closed);
        (_limits, _time, _serverStops) = (hub.Limits, hub.Time, hub.Stopping);
        _head = Math.Max(position, live.Head);
        _mailbox = new Mailbox(ask, _limits.MaxWaiting, _bell);
        _heartbeat = _time.CreateTimer(_ => Due(), null, _limits.Heartbeat, _limits.Heartbeat);
        var left = ask.Until - _time.GetUtcNow();
        // Timers drop fractions of a millisecond: one that rings too early rings again.
        var again = TimeSpan.FromMilliseconds(100);
        _expiry = _time.CreateTimer(_ => _bell.Ring(), null, left > TimeSpan.Zero ? Min(left) : TimeSpan.Zero, again);
        _onServerStops = _serverStops.Register(_bell.Ring);
        FeedMetrics.Opened(this);
    }

    public Feed Feed => _ask.Feed;

    /// <summary>How many lines of the feed come behind its position.</summary>
    public long Lag => Math.Max(0, Head - Math.Max(Interlocked.Read(ref _position), _mailbox.Passed));

    private long Head => Math.Max(_live.Head, Interlocked.Read(ref _head));

    /// <summary>
    /// What comes next. At first, after falling behind, and at each heartbeat this may be the position only. Whatever it holds has its
    /// access entry, which is durable. When the caller gives up waiting, nothing is lost.
    /// </summary>
    public async Task<FeedNews> Next(CancellationToken cancel)
    {
        while (true)
        {
            if (End() is { } end)
                return News([], end);
            _ownUntil ??= _live.Join(_mailbox, _position);
            // One that is behind hears so before it waits for what it has to read.
            if (_mustTell && !IsLive)
                return News([], null);
            var entries = IsLive ? TakeFromLive() : await TakeByItself(cancel);
            if (End() is { } endNow)
                return News([], endNow);
            if (entries.Count > 0 || _mustTell)
                return News(entries, null);
            if (_live.Failure is { } failure)
                throw new InvalidOperationException("The feed is not followed any more.", failure);
            if (IsLive)
                await _bell.Heard().WaitAsync(cancel);
        }
    }

    private bool IsLive => _ownUntil <= _position && _step is null;

    private IReadOnlyList<FeedEntry> TakeFromLive()
    {
        var (entries, through, isLive) = _mailbox.Take();
        Moved(Math.Max(_position, through), _head);
        if (!isLive)
        {
            _ownUntil = null;
            _mustTell = true;
            FeedMetrics.Overflowed(Feed);
        }
        return entries;
    }

    /// <summary>
    /// A batch from where it stands; nothing when it takes so long that the subscriber must be told something else first.
    /// </summary>
    private async Task<IReadOnlyList<FeedEntry>> TakeByItself(CancellationToken cancel)
    {
        _step ??= CatchUp();
        await Task.WhenAny(_step, _bell.Heard()).WaitAsync(cancel);
        if (!_step.IsCompleted)
            return [];
        var step = _step;
        _step = null;
        var (entries, through, head) = await step;
        Moved(through, head);
        return entries;
    }

    /// <summary>Changes nothing here: where the subscriber stands moves when what was read is handed to it.</summary>
    private async Task<(IReadOnlyList<FeedEntry> Entries, long Through, long Head)> CatchUp()
    {
        int limit = (int)Math.Min(_limits.Batch, (_ownUntil ?? long.MaxValue) - _position);
        var page = await _source.Read(Feed, _position, limit, TimeSpan.Zero, _stop.Token);
        if (page.Lines.IsEmpty)
            throw new InvalidOperationException("The feed lost lines.");
        var released = await _source.Release(page, Feed, [_ask], _limits.CatchUpPatience, _stop.Token);
        return (released[0], page.Lines[^1].Number, page.Head);
    }

    private FeedNews News(IReadOnlyList<FeedEntry> entries, FeedEnd? end)
    {
        bool isHeartbeat = _mustTell;
        _mustTell = false;
        _toldAt = _time.GetTimestamp();
        FeedMetrics.Delivered(Feed, entries.Count);
        string cursor = FeedCursor.Write(Feed, _live.StoreId, _position);
        return new FeedNews(entries, cursor, _position, Math.Max(Head, _position), isHeartbeat, end);
    }

    private void Moved(long position, long head)
    {
        Interlocked.Exchange(ref _position, position);
        Interlocked.Exchange(ref _head, Math.Max(head, _head));
    }

    private FeedEnd? End() => _time.GetUtcNow() >= _ask.Until ? FeedEnd.TokenExpired
        : _serverStops.IsCancellationRequested ? FeedEnd.ServerStops
        : null;

    private void Due()
    {
        // Only ever set from here: to write back what it was would undo what the reader sets meanwhile.
        if (Lag > 0 || _time.GetElapsedTime(_toldAt) >= _limits.Heartbeat / 2)
            _mustTell = true;
        _bell.Ring();
    }

    /// <summary>Timers cannot be set further ahead than 49 days; then the heartbeat looks.</summary>
    private static TimeSpan Min(TimeSpan left) => left < TimeSpan.FromDays(40) ? left : TimeSpan.FromDays(40);

    public void Dispose()
    {
        _live.Leave(_mailbox);
        _heartbeat.Dispose();
        _expiry.Dispose();
        _onServerStops.Dispose();
        _stop.Cancel();
        FeedMetrics.Closed(this);
        _closed();
    }
}

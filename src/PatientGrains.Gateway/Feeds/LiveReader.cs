using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// Follows a feed for all subscribers of the process that keep up: each line is read once, its record is asked once, and what it releases
/// goes to each of them. Nobody is waited for but records.
/// </summary>
internal sealed class LiveReader : IDisposable
{
    private readonly Feed _feed;
    private readonly FeedSource _source;
    private readonly FeedLimits _limits;
    private readonly CancellationTokenSource _stop;
    private readonly Lock _lock = new();
    private readonly List<Mailbox> _live = [];
    private long _begun;
    private long _head;

    /// <param name="feed">What to follow.</param>
    /// <param name="from">A page that was just read: following begins at its head.</param>
    /// <param name="source">Where lines come from.</param>
    /// <param name="limits">How much at once.</param>
    /// <param name="stopping">When the server stops: then nothing is handed out any more.</param>
    public LiveReader(Feed feed, FeedPage from, FeedSource source, FeedLimits limits, CancellationToken stopping)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        (_feed, _source, _limits) = (feed, source, limits);
        StoreId = from.StoreId;
        _begun = _head = from.Head;
        _ = Run();
    }

    public string StoreId { get; }

    /// <summary>The feed's last number, as far as this reader has heard.</summary>
    public long Head => Interlocked.Read(ref _head);

    /// <summary>Why nothing more comes, which only a bug can bring about; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>
    /// Takes a subscriber in, unless it is too far behind. What lies between its position and where the reader is now it has to read by
    /// itself.
    /// </summary>
    /// <param name="mailbox">The subscriber's.</param>
    /// <param name="position">The number up to which it has everything.</param>
    /// <returns>The number up to which the subscriber is on its own; null when it is too far behind.</returns>
    public long? Join(Mailbox mailbox, long position)
    {
        lock (_lock)
        {
            if (_begun - position > _limits.Batch)
                return null;
            // A subscriber that starts now may be ahead of a reader that waits for a record.
            mailbox.Join(Math.Max(_begun, position));
            _live.Add(mailbox);
            return _begun;
        }
    }

    public void Leave(Mailbox mailbox)
    {
        lock (_lock)
            _live.Remove(mailbox);
    }

    private async Task Run()
    {
        try
        {
            while (true)
            {
                var page = await _source.Read(_feed, _begun, _limits.Batch, _limits.LongPoll, _stop.Token);
                Interlocked.Exchange(ref _head, page.Head);
                if (!page.Lines.IsEmpty)
                    await HandOut(page);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The last subscriber has gone, or all are about to.
        }
        catch (Exception failed)
        {
            Failure = failed;
            lock (_lock)
                _live.ForEach(mailbox => mailbox.Wake());
        }
    }

    private async Task HandOut(FeedPage page)
    {
        Mailbox[] to;
        lock (_lock)
        {
            // Lines before and behind the place where a subscriber begins are never in one page.
            long last = page.Lines[^1].Number;
            foreach (var mailbox in _live)
            {
                if (mailbox.LiveFrom > _begun)
                    last = Math.Min(last, mailbox.LiveFrom);
            }
            page = page with { Lines = [.. page.Lines.TakeWhile(line => line.Number <= last)] };
            to = [.. _live.Where(mailbox => mailbox.LiveFrom <= _begun)];
            _begun = last;
        }
        long first = page.Lines[0].Number;
        var released = to.Length == 0
            ? []
            : await _source.Release(page, _feed, [.. to.Select(mailbox => mailbox.Ask)], Patience, _stop.Token);
        for (int i = 0; i < to.Length; i++)
        {
            if (!to[i].Put(released[i], first, page.Lines[^1].Number))
                Leave(to[i]);
        }
    }

    private TimeSpan Patience => _feed == Feed.Alerts ? _limits.AlertPatience : _limits.OtherPatience;

    public void Dispose() => _stop.Cancel();
}

namespace PatientGrains.Gateway.Feeds;

/// <summary>
/// What the live reader has for one subscriber. It is bounded: a subscriber that does not keep up is let go, and what it has by then is
/// all it gets from here; the rest it reads by itself.
/// </summary>
internal sealed class Mailbox(FeedAsk ask, int capacity, Bell bell)
{
    private readonly Lock _lock = new();
    private List<FeedEntry> _waiting = [];
    private bool _isLive;
    private long _liveFrom;
    private long _through;

    public FeedAsk Ask { get; } = ask;

    /// <summary>Lines up to this number are not for the mailbox.</summary>
    public long LiveFrom
    {
        get
        {
            lock (_lock)
                return _liveFrom;
        }
    }

    /// <summary>The number up to which nothing is left for the subscriber to take; 0 when it is on its own.</summary>
    public long Passed
    {
        get
        {
            lock (_lock)
                return _isLive && _waiting.Count == 0 ? _through : 0;
        }
    }

    public void Join(long liveFrom)
    {
        lock (_lock)
        {
            _isLive = true;
            _liveFrom = liveFrom;
            _through = liveFrom;
        }
    }

    /// <summary>Puts in what of some lines is for this subscriber; false when it is not live any more.</summary>
    /// <param name="entries">In feed order.</param>
    /// <param name="first">Number of the first of those lines: what began before a subscriber joined is not for it.</param>
    /// <param name="last">Number of the last of those lines, whether it is for the subscriber or not.</param>
    public bool Put(IReadOnlyList<FeedEntry> entries, long first, long last)
    {
        bool isLive;
        lock (_lock)
        {
            if (_isLive && first <= _liveFrom)
                return true;
            // Answered as it is now: a subscriber that was let go may have joined again before this returns, as another one for the reader.
            isLive = _isLive = _isLive && _waiting.Count + entries.Count <= capacity;
            if (isLive)
            {
                _waiting.AddRange(entries);
                _through = last;
            }
        }
        if (entries.Count > 0)
            bell.Ring();
        return isLive;
    }

    /// <summary>Lets the subscriber look again.</summary>
    public void Wake() => bell.Ring();

    /// <summary>Everything that waits.</summary>
    /// <returns>The entries, the number up to which they are complete, and whether more will come.</returns>
    public (IReadOnlyList<FeedEntry> Entries, long Through, bool IsLive) Take()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return ([], _through, _isLive);
            var taken = _waiting;
            _waiting = [];
            return (taken, _through, _isLive);
        }
    }
}

namespace PatientGrains.Log;

/// <summary>
/// Tells those who wait in this process that a feed went on or that a log is due earlier, after that is durable. Waiting costs a store
/// nothing: whoever waits registers here first and looks into the store then, so that nothing falls between the two.
/// </summary>
internal sealed class LogSignals
{
    private readonly Lock _lock = new();
    private readonly Dictionary<byte, TaskCompletionSource<long>> _feeds = [];
    private readonly List<(long Before, TaskCompletionSource Set)> _due = [];
    private bool _closed;

    /// <summary>Completes with the feed's new head when the next line of it is durable.</summary>
    public Task<long> FeedMoves(byte feed)
    {
        lock (_lock)
        {
            if (_closed)
                return Task.FromException<long>(Closed());
            if (!_feeds.TryGetValue(feed, out var moves))
                _feeds.Add(feed, moves = new(TaskCreationOptions.RunContinuationsAsynchronously));
            return moves.Task;
        }
    }

    public async Task DueSet(long beforeMicros, CancellationToken cancel)
    {
        var waiter = (beforeMicros, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (_closed)
                throw Closed();
            _due.Add(waiter);
        }
        try
        {
            await waiter.Item2.Task.WaitAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
                _due.Remove(waiter);
        }
    }

    public void FeedMoved(byte feed, long head)
    {
        TaskCompletionSource<long>? moves;
        lock (_lock)
            _feeds.Remove(feed, out moves);
        moves?.SetResult(head);
    }

    public void DueWasSet(long micros)
    {
        lock (_lock)
        {
            foreach (var (before, set) in _due)
            {
                if (micros < before)
                    set.TrySetResult();
            }
        }
    }

    /// <summary>Nothing will ever come: everybody who waits fails.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var moves in _feeds.Values)
            {
                moves.SetException(Closed());
                // Looked at here, because perhaps nobody waits any more.
                _ = moves.Task.Exception;
            }
            _feeds.Clear();
            foreach (var (_, set) in _due)
                set.TrySetException(Closed());
        }
    }

    private static LogFailedException Closed() => new("The log is closed.");
}

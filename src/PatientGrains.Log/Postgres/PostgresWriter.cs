namespace PatientGrains.Log.Postgres;

/// <summary>
/// Appends wait here in the order in which they were handed over. Whenever a transaction is free, a group of them goes: whatever has
/// gathered meanwhile. Several transactions are under way at a time, never two that touch one log or one key of the locator: an append
/// whose log is under way stays behind, and so does everything behind it that touches the same. That keeps the order of each log.
/// </summary>
internal sealed class PostgresWriter(
    PostgresConnections connections, PostgresStatements statements, PostgresHeads heads, PostgresSignals signals,
    PostgresLogOptions options)
{
    /// <summary>Bytes that may wait: what the queue may hold of the machine's memory. Past half of it the log is crowded.</summary>
    public const long MaxQueuedBytes = 256L << 20;
    /// <summary>Appends in one transaction; more would only delay the first.</summary>
    public const int MaxGroup = 1024;
    /// <summary>Bytes in one transaction, so that its message stays a small part of the 1 GB that PostgreSQL takes.</summary>
    public const long MaxGroupBytes = 8L << 20;
    /// <summary>Appends that are looked at for a group, when those in front wait for another one.</summary>
    private const int MostLookedAt = 4 * MaxGroup;

    private readonly Lock _lock = new();
    private readonly LinkedList<PendingAppend> _waiting = [];
    private readonly HashSet<LogId> _logs = [];
    private readonly HashSet<BlindKey> _keys = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _waitingBytes;
    private int _underWay;
    private bool _closed;

    /// <summary>What is decided already still finds room; nothing new should be.</summary>
    public bool IsCrowded
    {
        get
        {
            lock (_lock)
                return _waiting.Count >= options.MaxQueued / 2 || _waitingBytes >= MaxQueuedBytes / 2;
        }
    }

    public Task Submit(AppendBatch batch)
    {
        var append = new PendingAppend(batch);
        lock (_lock)
        {
            if (_closed)
                return Task.FromException(new LogFailedException("The log is closed."));
            if (_waiting.Count >= options.MaxQueued || (_waitingBytes + append.Weight > MaxQueuedBytes && _waiting.Count > 0))
                return Task.FromException(new LogBusyException($"more than {options.MaxQueued} writes or {MaxQueuedBytes} bytes wait"));
            _waiting.AddLast(append);
            _waitingBytes += append.Weight;
            SendGroups();
        }
        return append.Done.Task;
    }

    /// <summary>Takes no more appends, and completes when those that wait are answered.</summary>
    public Task Drain()
    {
        lock (_lock)
        {
            _closed = true;
            if (_underWay == 0 && _waiting.Count == 0)
                _drained.TrySetResult();
        }
        return _drained.Task;
    }

    private void SendGroups()
    {
        while (_underWay < options.Writers && _waiting.Count > 0 && TakeGroup() is { Count: > 0 } taken)
        {
            _underWay++;
            Telemetry.GroupTaken(taken.Count, _waiting.Count);
            var group = new PostgresGroup(taken, heads);
            _ = Task.Run(() => WriteAndAnswer(group));
        }
    }

    private List<PendingAppend> TakeGroup()
    {
        var group = new List<PendingAppend>();
        var (logs, keys) = (new HashSet<LogId>(), new HashSet<BlindKey>());
        var (passedLogs, passedKeys) = (new HashSet<LogId>(), new HashSet<BlindKey>());
        long bytes = 0;
        int looked = 0;
        for (var node = _waiting.First; node is not null && group.Count < MaxGroup && looked < MostLookedAt; looked++)
        {
            var append = node.Value;
            var next = node.Next;
            if (bytes + append.Weight > MaxGroupBytes && group.Count > 0)
                break;
            bool isFree = append.Batch.Commits.All(c => !_logs.Contains(c.Commit.Log) && !passedLogs.Contains(c.Commit.Log))
                && append.Keys.All(key => !_keys.Contains(key) && !keys.Contains(key) && !passedKeys.Contains(key));
            if (isFree)
            {
                group.Add(append);
                bytes += append.Weight;
                _waiting.Remove(node);
            }
            (isFree ? logs : passedLogs).UnionWith(append.Batch.Commits.Select(c => c.Commit.Log));
            (isFree ? keys : passedKeys).UnionWith(append.Keys);
            node = next;
        }
        _logs.UnionWith(logs);
        _keys.UnionWith(keys);
        _waitingBytes -= bytes;
        return group;
    }

    /// <summary>Whatever happens, every append of the group is answered.</summary>
    private async Task WriteAndAnswer(PostgresGroup group)
    {
        LogException? failure = null;
        try
        {
            var moved = await new PostgresTransaction(connections, statements, options, group).Run().ConfigureAwait(false);
            heads.Remember(group.Ends, group.Renewal);
            // Before the answers, so that who was answered finds its lines told.
            signals.Tell(group, moved);
        }
        catch (LogException e)
        {
            failure = e;
        }
        catch (Exception e)
        {
            failure = new LogFailedException($"The log in {connections.Place} failed: {e.GetType().Name}", e);
        }
        if (failure is not null)
            heads.Forget(group.Logs());
        Free(group);
        foreach (var append in group.All)
        {
            // A group that failed may not have come to the end of finding out who is refused.
            if ((failure ?? append.Refusal) is { } reason)
                append.Done.TrySetException(reason);
            else
                append.Done.TrySetResult();
        }
    }

    private void Free(PostgresGroup group)
    {
        lock (_lock)
        {
            _underWay--;
            _logs.ExceptWith(group.Logs());
            _keys.ExceptWith(group.All.SelectMany(append => append.Keys));
            SendGroups();
            if (_closed && _underWay == 0 && _waiting.Count == 0)
                _drained.TrySetResult();
        }
    }
}

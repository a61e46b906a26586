using PatientGrains.Log;

namespace PatientGrains.Grains.Tests;

/// <summary>A log over another one, whose appends a test can hold back or let fail, before they are applied or after.</summary>
internal sealed class ScriptedLog(IPatientLog inner) : IPatientLog
{
    private readonly Lock _lock = new();
    private readonly Queue<(LogException Failure, bool Applied)> _failures = [];
    private readonly List<(int Appends, TaskCompletionSource AreHeld)> _waiting = [];
    private readonly TaskCompletionSource _hasSnapshot = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _gate;
    private Task _before = Task.CompletedTask;
    private int _opened;
    private int _held;

    /// <summary>How often a record was looked for in order to open it.</summary>
    public int Opened => Volatile.Read(ref _opened);

    /// <summary>No record opens before this has ended.</summary>
    public Task Opening { get; set; } = Task.CompletedTask;

    public string StoreId => inner.StoreId;

    /// <summary>Whether it says that too much waits.</summary>
    public bool IsCrowded { get; set; }

    public void Close()
    {
        lock (_lock)
            _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open()
    {
        lock (_lock)
        {
            _gate!.SetResult();
            _gate = null;
        }
    }

    /// <summary>Completes when so many appends have arrived while the gate was closed.</summary>
    public Task Holds(int appends)
    {
        lock (_lock)
        {
            var areHeld = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((appends, areHeld));
            TellOfHeld();
            return areHeld.Task.WaitAsync(RecordCluster.Patience);
        }
    }

    public void FailNext(LogException failure, bool applied = false)
    {
        lock (_lock)
            _failures.Enqueue((failure, applied));
    }

    /// <summary>Appends take effect in the order in which they were handed over, as every log's do.</summary>
    public Task Append(AppendBatch batch)
    {
        lock (_lock)
        {
            if (_gate is not null)
                _held++;
            TellOfHeld();
            var planted = _failures.TryDequeue(out var next) ? next : default;
            return _before = Apply(_before, _gate?.Task ?? Task.CompletedTask, batch, planted);
        }
    }

    private void TellOfHeld() => _waiting.RemoveAll(waiting => _held >= waiting.Appends && waiting.AreHeld.TrySetResult());

    private async Task Apply(Task before, Task gate, AppendBatch batch, (LogException? Failure, bool Applied) planted)
    {
        await Task.WhenAny(before);
        await gate;
        if (planted.Failure is null || planted.Applied)
            await inner.Append(batch);
        if (planted.Failure is not null)
            throw planted.Failure;
    }

    public async ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default)
    {
        Interlocked.Increment(ref _opened);
        await Opening.WaitAsync(cancel);
        return await inner.Snapshot(log, cancel);
    }

    public ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default) => inner.Find(log, cancel);

    public ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default) =>
        inner.Read(log, from, maxBytes, cancel);

    /// <summary>Completes when some record has a snapshot.</summary>
    public Task HasSnapshot => _hasSnapshot.Task;

    public async Task SaveSnapshot(LogId log, StoredSnapshot snapshot)
    {
        await inner.SaveSnapshot(log, snapshot);
        _hasSnapshot.TrySetResult();
    }

    public ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default) => inner.Locate(claim, cancel);

    public ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default) =>
        inner.Candidates(index, after, limit, cancel);

    public ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default) =>
        inner.Logs(after, limit, cancel);

    public Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement) =>
        inner.Rewrap(log, present, replacement);

    public ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default) =>
        inner.ReadFeed(feed, after, limit, cancel);

    public Task FeedBeyond(byte feed, long number, CancellationToken cancel = default) => inner.FeedBeyond(feed, number, cancel);

    /// <summary>How often the store shall fail when it is asked what is due.</summary>
    public int FailDue { get; set; }

    public ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default) =>
        FailDue-- > 0 ? throw new LogFailedException("planted") : inner.Due(until, after, limit, cancel);

    public ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default) => inner.NextDue(after, cancel);

    public Task DueSet(DateTimeOffset before, CancellationToken cancel = default) => inner.DueSet(before, cancel);

    public Task Erase(LogId log) => inner.Erase(log);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

using System.Collections.Concurrent;

namespace PatientGrains.Log.Sqlite;

/// <summary>
/// The one writer. A thread of its own takes whatever has been queued, writes it in one transaction, syncs once, and answers everybody:
/// while it syncs, the next group gathers.
/// </summary>
internal sealed class SqliteWriter
{
    /// <summary>Requests that may wait: a second of work at the slowest rate measured. Past half of it the log is crowded.</summary>
    public const int MaxQueued = 16_384;
    /// <summary>Bytes that may wait: what the queue may hold of the machine's memory. Past half of it the log is crowded.</summary>
    public const long MaxQueuedBytes = 256L << 20;
    /// <summary>Bytes of snapshots that may wait: appends wait behind them, and a snapshot may as well be left out.</summary>
    public const long MaxQueuedSnapshotBytes = 32L << 20;
    /// <summary>Requests in one transaction; more would only delay the first.</summary>
    public const int MaxGroup = 1024;
    /// <summary>Bytes in one transaction, so that one sync stays short.</summary>
    public const long MaxGroupBytes = 8L << 20;

    private readonly string _folder;
    private readonly SqliteDb _db;
    private readonly SqliteAppends _appends;
    private readonly SqliteSideWrites _side;
    private readonly SqliteCheckpoints _checkpoints;
    private readonly Action<WriteStep>? _onStep;
    private readonly LogSignals _signals;
    private readonly BlockingCollection<WriteRequest> _queue = new(new ConcurrentQueue<WriteRequest>(), MaxQueued);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<WriteRequest> _group = new(MaxGroup);
    private long _queuedBytes;
    private long _queuedSnapshotBytes;
    private volatile LogFailedException? _broken;

    public SqliteWriter(string folder, string file, SqliteDb db, LogSignals signals, SqliteTestSeams seams)
    {
        _folder = folder;
        _db = db;
        _signals = signals;
        _onStep = seams.OnStep;
        _appends = new SqliteAppends(db);
        _side = new SqliteSideWrites(db);
        _checkpoints = new SqliteCheckpoints(db, file, seams.CheckpointFrames);
        new Thread(Run) { IsBackground = true, Name = "patient log writer" }.Start();
    }

    /// <summary>What is decided already still finds room; nothing new should be.</summary>
    public bool IsCrowded => _queue.Count >= MaxQueued / 2 || Interlocked.Read(ref _queuedBytes) >= MaxQueuedBytes / 2;

    /// <summary>A single one is taken whatever its size.</summary>
    public Task SubmitSnapshot(Snapshot snapshot)
    {
        if (Interlocked.Add(ref _queuedSnapshotBytes, snapshot.Weight) is var all && all > MaxQueuedSnapshotBytes && all > snapshot.Weight)
        {
            Interlocked.Add(ref _queuedSnapshotBytes, -snapshot.Weight);
            return Task.FromException(new LogBusyException($"more than {MaxQueuedSnapshotBytes} bytes of snapshots wait"));
        }
        var done = Submit(snapshot);
        // Another task than the request's own tells that it was not queued.
        if (done != snapshot.Done.Task)
            Interlocked.Add(ref _queuedSnapshotBytes, -snapshot.Weight);
        return done;
    }

    public Task<bool> Submit(WriteRequest request)
    {
        if (_broken is { } broken)
            return Task.FromException<bool>(new LogFailedException(broken.Message, broken));
        if (Interlocked.Add(ref _queuedBytes, request.Weight) > MaxQueuedBytes || !TryQueue(request))
        {
            Interlocked.Add(ref _queuedBytes, -request.Weight);
            return Task.FromException<bool>(_queue.IsAddingCompleted
                ? new LogFailedException("The log is closed.")
                : new LogBusyException($"more than {MaxQueued} writes or {MaxQueuedBytes} bytes wait"));
        }
        return request.Done.Task;
    }

    private bool TryQueue(WriteRequest request)
    {
        try
        {
            return _queue.TryAdd(request);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Takes no more requests, writes those that wait, and ends the thread.</summary>
    public Task Drain()
    {
        _queue.CompleteAdding();
        return _ended.Task;
    }

    private void Run()
    {
        try
        {
            foreach (var first in _queue.GetConsumingEnumerable())
            {
                Gather(first);
                WriteOrFail();
            }
        }
        finally
        {
            _checkpoints.Finish();
            _db.Dispose();
            _ended.SetResult();
        }
    }

    /// <summary>Whatever happens, every request of the group is answered and the thread goes on answering: nobody waits for a writer that
    /// is gone.</summary>
    private void WriteOrFail()
    {
        try
        {
            if (_broken is null)
                WriteGroup();
            else
                Fail(_broken);
        }
        catch (Exception e)
        {
            Shut(e);
            Fail(_broken!);
        }
    }

    private void Gather(WriteRequest first)
    {
        _group.Clear();
        _group.Add(first);
        long bytes = first.Weight;
        while (_group.Count < MaxGroup && bytes < MaxGroupBytes && _queue.TryTake(out var next))
        {
            _group.Add(next);
            bytes += next.Weight;
        }
        Interlocked.Add(ref _queuedBytes, -bytes);
        Interlocked.Add(ref _queuedSnapshotBytes, -_group.OfType<Snapshot>().Sum(snapshot => snapshot.Weight));
        Telemetry.GroupTaken(_group.Count, _queue.Count);
    }

    private void WriteGroup()
    {
        try
        {
            _db.Execute("BEGIN IMMEDIATE");
            _onStep?.Invoke(WriteStep.Begun);
            foreach (var request in _group)
                request.Write(this);
            _onStep?.Invoke(WriteStep.Committing);
            _db.Execute("COMMIT");
        }
        catch (Exception e)
        {
            GiveUp(e);
            return;
        }
        _onStep?.Invoke(WriteStep.Committed);
        _checkpoints.CutErased();
        // Before the answers, so that who was answered finds its lines told.
        _appends.Tell(_signals);
        foreach (var request in _group)
            request.Answer();
        Checkpoint();
    }

    private void Checkpoint()
    {
        try
        {
            _checkpoints.AfterGroup();
        }
        catch (SqliteFailure e)
        {
            // A database file that could not be synced: what the WAL holds is still whole, so opening again recovers, but only then.
            Shut(e);
        }
    }

    /// <summary>
    /// Nothing of the group was acknowledged. After a full disk or a failed write it is rolled back and the next group may succeed; after
    /// anything else the state of the file is not known, and the log stays shut until it is opened again.
    /// </summary>
    private void GiveUp(Exception reason)
    {
        bool mayGoOn = reason is SqliteFailure { MayGoOn: true };
        try
        {
            if (_db.InTransaction)
                _db.Execute("ROLLBACK");
            _appends.RolledBack();
        }
        catch (SqliteFailure)
        {
            mayGoOn = false;
        }
        if (!mayGoOn)
            Shut(reason);
        Fail(reason is SqliteFailure { IsFull: true }
            ? new LogFullException(_folder)
            : new LogFailedException($"The log in {_folder} could not be written: {reason.Message}", reason));
    }

    private void Shut(Exception reason) =>
        _broken = new LogFailedException($"The log in {_folder} failed and must be opened again: {reason.Message}", reason);

    private void Fail(LogException reason)
    {
        foreach (var request in _group)
            request.Done.TrySetException(reason);
    }

    /// <summary>Something to write in the transaction of a group.</summary>
    internal abstract class WriteRequest(long weight)
    {
        protected LogException? Refusal { get; set; }
        protected bool Result { get; set; }

        public long Weight { get; } = weight;

        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public abstract void Write(SqliteWriter writer);

        /// <summary>After the group is durable.</summary>
        public void Answer()
        {
            if (Refusal is not null)
                Done.TrySetException(Refusal);
            else
                Done.TrySetResult(Result);
        }
    }

    internal sealed class Append(AppendBatch batch) : WriteRequest(batch.Weight)
    {
        public override void Write(SqliteWriter writer) => Refusal = writer._appends.Apply(batch, writer._onStep);
    }

    internal sealed class Snapshot(LogId log, StoredSnapshot snapshot) : WriteRequest(snapshot.Bytes.Length)
    {
        public override void Write(SqliteWriter writer) => writer._side.Snapshot(log, snapshot);
    }

    internal sealed class Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement) : WriteRequest(256)
    {
        public override void Write(SqliteWriter writer) => Result = writer._side.Rewrap(log, present, replacement);
    }

    internal sealed class Erase(LogId log) : WriteRequest(256)
    {
        public override void Write(SqliteWriter writer)
        {
            writer._side.Erase(log);
            writer._appends.Forget();
            writer._checkpoints.Erased();
        }
    }
}

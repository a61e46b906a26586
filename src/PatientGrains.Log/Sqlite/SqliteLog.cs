using PatientGrains.Log.Sqlite;

namespace PatientGrains.Log;

/// <summary>
/// The embedded log: one SQLite database in a data folder that one process has open at a time. An append is acknowledged after SQLite has
/// synced it (WAL, synchronous=FULL); appends that wait at the same time share a transaction and a sync.
/// </summary>
public sealed class SqliteLog : IPatientLog
{
    /// <summary>Page cache: the upper levels of the claim and token trees of a million resources.</summary>
    private const int WriterCacheKb = 128 * 1024;
    private const int ReaderCacheKb = 8 * 1024;
    /// <summary>What is left of the WAL's file when it is begun anew after a burst.</summary>
    private const int KeptWalBytes = 64 << 20;

    internal static string Settings { get; } = "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA busy_timeout=5000";
    internal static string ReaderSettings { get; } = $"PRAGMA query_only=ON; PRAGMA busy_timeout=5000; PRAGMA cache_size=-{ReaderCacheKb}";

    private readonly FolderLock _lock;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;
    private readonly LogSignals _signals;

    private SqliteLog(FolderLock held, string id, SqliteWriter writer, SqliteReaders readers, LogSignals signals)
    {
        _lock = held;
        _writer = writer;
        _readers = readers;
        _signals = signals;
        StoreId = id;
    }

    public string StoreId { get; }

    /// <summary>Opens the log in a folder, or makes one. Throws <see cref="DataFolderException"/> when the folder is in use, was made with
    /// another ring, or is newer.</summary>
    /// <param name="folder">On a local disk; made with mode 0700 when it does not exist.</param>
    /// <param name="ring">Only its check value is used: no key reaches the log.</param>
    public static SqliteLog Open(string folder, KeyRing ring) => Open(folder, ring, new SqliteTestSeams());

    internal static SqliteLog Open(string folder, KeyRing ring, SqliteTestSeams seams)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var held = FolderLock.Take(path);
        SqliteDb? db = null;
        try
        {
            string file = Path.Combine(path, "patientgrains.db");
            db = SqliteDb.Open(file, readOnly: false);
            db.Execute($"PRAGMA journal_mode=WAL; {Settings}");
            db.Execute($"PRAGMA cache_size=-{WriterCacheKb}; PRAGMA journal_size_limit={KeptWalBytes}");
            db.Execute(seams.Pragmas);
            string id = SqliteSchema.Prepare(db, path, ring.CheckValue.Span);
            var signals = new LogSignals();
            return new SqliteLog(held, id, new SqliteWriter(path, file, db, signals, seams), new SqliteReaders(file), signals);
        }
        catch (Exception e)
        {
            db?.Dispose();
            held.Dispose();
            if (e is not SqliteFailure failure)
                throw;
            throw failure.IsNotADatabase
                ? new DataFolderException(DataFolderProblem.NotAStore, path,
                    $"The database in {path} is not a log of this program, or is damaged.")
                : new LogFailedException($"The log in {path} could not be opened: {failure.Message}", failure);
        }
    }

    public ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default) => _readers.Use(r => r.Find(log), cancel);

    public ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default) => _readers.Use(r => r.Snapshot(log), cancel);

    public ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default) =>
        _readers.Use(r => r.Read(log, from, maxBytes), cancel);

    public ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default) => _readers.Use(r => r.Locate(claim), cancel);

    public ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default) =>
        _readers.Use(r => r.Candidates(index, after, limit), cancel);

    public ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default) =>
        _readers.Use(r => r.Logs(after, limit), cancel);

    public ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default) =>
        _readers.Use(r => r.Feeds.Read(feed, after, limit), cancel);

    public async Task FeedBeyond(byte feed, long number, CancellationToken cancel = default)
    {
        while (true)
        {
            var moves = _signals.FeedMoves(feed);
            if (await _readers.Use(r => r.Feeds.Head(feed), cancel).ConfigureAwait(false) > number
                || await moves.WaitAsync(cancel).ConfigureAwait(false) > number)
                return;
        }
    }

    public ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default) =>
        _readers.Use(r => r.Feeds.Due(until, after, limit), cancel);

    public ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default) =>
        _readers.Use(r => r.Feeds.NextDue(after), cancel);

    public Task DueSet(DateTimeOffset before, CancellationToken cancel = default) => _signals.DueSet(Micros.Up(before), cancel);

    public bool IsCrowded => _writer.IsCrowded;

    public Task Append(AppendBatch batch)
    {
        batch.Check();
        return _writer.Submit(new SqliteWriter.Append(batch));
    }

    public Task SaveSnapshot(LogId log, StoredSnapshot snapshot) => _writer.SubmitSnapshot(new SqliteWriter.Snapshot(log, snapshot));

    public Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement) =>
        _writer.Submit(new SqliteWriter.Rewrap(log, present, replacement));

    public Task Erase(LogId log) => _writer.Submit(new SqliteWriter.Erase(log));

    /// <summary>Writes and syncs everything that waits, then lets the folder go.</summary>
    public async ValueTask DisposeAsync()
    {
        _signals.Close();
        await _readers.DisposeAsync().ConfigureAwait(false);
        await _writer.Drain().ConfigureAwait(false);
        _lock.Dispose();
    }
}

/// <summary>Where tests reach in: crash the writer at a step, spoil its settings to see that a check notices, or make checkpoints
/// frequent.</summary>
internal sealed record SqliteTestSeams(
    Action<WriteStep>? OnStep = null, string Pragmas = "", int CheckpointFrames = SqliteCheckpoints.Begin);

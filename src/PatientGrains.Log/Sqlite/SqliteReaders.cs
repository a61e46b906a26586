using System.Collections.Concurrent;

namespace PatientGrains.Log.Sqlite;

/// <summary>
/// Connections that only read, a bounded number of them. Every read is a short transaction of its own, which neither blocks the writer nor
/// keeps the WAL from being begun anew. A reader sees what the writer has committed, and the writer's commits become visible after they
/// are synced, never before (wal.c: the index is written after the sync).
/// </summary>
internal sealed class SqliteReaders(string file) : IAsyncDisposable
{
    private const int Most = 8;

    private readonly SemaphoreSlim _free = new(Most);
    private readonly ConcurrentBag<SqliteReader> _idle = [];
    private volatile bool _closed;

    public async ValueTask<T> Use<T>(Func<SqliteReader, T> read, CancellationToken cancel)
    {
        await _free.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_closed)
                throw new LogFailedException("The log is closed.");
            if (!_idle.TryTake(out var reader))
                reader = new SqliteReader(file);
            try
            {
                var result = read(reader);
                _idle.Add(reader);
                return result;
            }
            catch (SqliteFailure e)
            {
                reader.Dispose();
                throw new LogFailedException($"The log could not be read: {e.Message}", e);
            }
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Waits for the reads that run; later ones fail.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (int i = 0; i < Most; i++)
            await _free.WaitAsync().ConfigureAwait(false);
        while (_idle.TryTake(out var reader))
            reader.Dispose();
        _free.Release(Most);
    }
}

/// <summary>One reading connection and its queries, but for those of feeds.</summary>
internal sealed class SqliteReader : IDisposable
{
    private const string EntryColumns = "l.id, l.wrapped, l.name, c.seq + c.count, c.hash";
    private const string LastCommit =
        "c.position = (SELECT position FROM commits WHERE log=l.no ORDER BY seq DESC, position DESC LIMIT 1)";

    private readonly SqliteDb _db;
    private readonly SqliteStatement _find, _snapshot, _start, _commits, _locate, _candidates, _logs;

    public SqliteReader(string file)
    {
        _db = SqliteDb.Open(file, readOnly: true);
        _db.Execute(SqliteLog.ReaderSettings);
        Feeds = new SqliteFeedReader(_db);
        _find = _db.Prepare(
            $"SELECT {EntryColumns}, d.at FROM logs l JOIN commits c ON {LastCommit} LEFT JOIN due d ON d.log=l.no WHERE l.id=?");
        _logs = _db.Prepare($"SELECT {EntryColumns} FROM logs l JOIN commits c ON {LastCommit} WHERE l.id>? ORDER BY l.id LIMIT ?");
        _snapshot = _db.Prepare("SELECT s.seq, s.hash, s.bytes FROM logs l JOIN snapshots s ON s.log=l.no WHERE l.id=?");
        _start = _db.Prepare("SELECT c.seq FROM logs l JOIN commits c ON c.log=l.no WHERE l.id=? AND c.seq<=? ORDER BY c.seq DESC LIMIT 1");
        _commits = _db.Prepare("""
            SELECT c.seq, c.count, c.hash, c.bytes, c.position FROM logs l JOIN commits c ON c.log=l.no
            WHERE l.id=? AND c.seq>=? AND c.position>? ORDER BY c.seq, c.position
            """);
        _locate = _db.Prepare("SELECT l.id FROM claims c JOIN logs l ON l.no=c.log WHERE c.key=?");
        _candidates = _db.Prepare("""
            SELECT l.id FROM tokens t JOIN logs l ON l.no=t.log
            WHERE t.key=? AND t.log>ifnull((SELECT no FROM logs WHERE id=?),0) ORDER BY t.log LIMIT ?
            """);
    }

    public SqliteFeedReader Feeds { get; }

    public LogEntry? Find(LogId log) =>
        One(_find.Bind(1, log.Value), row => Entry(row) with { DueAt = row.IsNull(5) ? null : Micros.Time(row.Long(5)) });

    public StoredSnapshot? Snapshot(LogId log) =>
        One(_snapshot.Bind(1, log.Value), row => new StoredSnapshot(new Head(row.Long(0), row.Hash(1)), row.Bytes(2)));

    public LogId? Locate(BlindKey key)
    {
        LogId? found = null;
        if (_locate.Bind(1, key.Value).Step())
            found = _locate.LogId(0);
        _locate.Reset();
        return found;
    }

    public CommitPage Read(LogId log, ReadFrom from, int maxBytes)
    {
        var commits = new List<SealedCommit>();
        long seq = from.Position == 0 ? Start(log, from.Seq) : from.Seq;
        var next = from;
        _commits.Bind(1, log.Value).Bind(2, seq).Bind(3, from.Position);
        for (long bytes = 0; bytes < maxBytes && _commits.Step();)
        {
            var commit = new SealedCommit(log, _commits.Long(0), _commits.Int(1), _commits.Hash(2), _commits.Bytes(3));
            commits.Add(commit);
            bytes += commit.Bytes.Length;
            next = new ReadFrom(commit.FirstSeq, _commits.Long(4));
        }
        _commits.Reset();
        return new CommitPage(commits, next);
    }

    private long Start(LogId log, long seq)
    {
        long start = _start.Bind(1, log.Value).Bind(2, seq).Step() ? _start.Long(0) : 0;
        _start.Reset();
        return start;
    }

    public IReadOnlyList<LogId> Candidates(BlindKey index, LogId? after, int limit) =>
        All(_candidates.Bind(1, index.Value).Bind(2, after is { } a ? Key(a) : []).Bind(3, limit), row => row.LogId(0));

    public IReadOnlyList<LogEntry> Logs(LogId? after, int limit) =>
        All(_logs.Bind(1, after is { } a ? Key(a) : []).Bind(2, limit), Entry);

    private static byte[] Key(LogId log)
    {
        var key = new byte[LogId.Size];
        log.Write(key);
        return key;
    }

    private static LogEntry Entry(SqliteStatement row) => new(row.LogId(0), new Head(row.Long(3), row.Hash(4)), row.Bytes(1), row.Bytes(2));

    private static T? One<T>(SqliteStatement query, Func<SqliteStatement, T> read)
        where T : class
    {
        var found = query.Step() ? read(query) : null;
        query.Reset();
        return found;
    }

    internal static List<T> All<T>(SqliteStatement query, Func<SqliteStatement, T> read)
    {
        var rows = new List<T>();
        while (query.Step())
            rows.Add(read(query));
        query.Reset();
        return rows;
    }

    public void Dispose() => _db.Dispose();
}

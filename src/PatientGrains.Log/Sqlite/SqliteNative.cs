using System.Buffers.Binary;
using SQLitePCL;

namespace PatientGrains.Log.Sqlite;

/// <summary>An SQLite connection, used by one thread at a time. The bare C interface: ADO.NET's parameters and readers cost more than the
/// rows of the hot path.</summary>
internal sealed class SqliteDb : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteDb() => Batteries_V2.Init();

    private SqliteDb(sqlite3 handle) => _handle = handle;

    public static SqliteDb Open(string file, bool readOnly)
    {
        int flags = (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE) | raw.SQLITE_OPEN_NOMUTEX;
        int code = raw.sqlite3_open_v2(file, out var handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            handle?.Dispose();
            throw new SqliteFailure(code, "cannot open the database");
        }
        raw.sqlite3_extended_result_codes(handle, 1);
        return new SqliteDb(handle);
    }

    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        var prepared = new SqliteStatement(this, statement);
        _statements.Add(prepared);
        return prepared;
    }

    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    public long Scalar(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var statement));
        using (statement)
        {
            int code = raw.sqlite3_step(statement);
            return code == raw.SQLITE_ROW ? raw.sqlite3_column_int64(statement, 0) : throw Failure(code);
        }
    }

    /// <summary>Rows that the last INSERT, UPDATE or DELETE changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Pages that this connection has written since it was asked last: in WAL mode, frames of the log.</summary>
    public int TakePagesWritten()
    {
        raw.sqlite3_db_status(_handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out int written, out _, 1);
        return written;
    }

    /// <summary>Copies what can be copied from the WAL into the database without waiting for anybody. False when another checkpoint
    /// runs.</summary>
    public bool CheckpointPassive(out int framesInLog, out int framesCopied) =>
        Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE, out framesInLog, out framesCopied);

    /// <summary>Copies everything and cuts the WAL to nothing; waits for readers as long as the busy timeout says.</summary>
    public bool CheckpointTruncate() => Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);

    private bool Checkpoint(int mode, out int framesInLog, out int framesCopied)
    {
        int code = raw.sqlite3_wal_checkpoint_v2(_handle, "main", mode, out framesInLog, out framesCopied);
        return (code & 0xFF) != raw.SQLITE_BUSY && (code == raw.SQLITE_OK ? true : throw Failure(code));
    }

    public void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw Failure(code);
    }

    public SqliteFailure Failure(int code) => new(code, raw.sqlite3_errstr(code).utf8_to_string());

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _handle.Dispose();
    }
}

/// <summary>A prepared statement. Parameters count from 1, columns from 0, as in SQLite.</summary>
internal sealed class SqliteStatement(SqliteDb db, sqlite3_stmt handle) : IDisposable
{
    public SqliteStatement Bind(int at, long value)
    {
        db.Check(raw.sqlite3_bind_int64(handle, at, value));
        return this;
    }

    public SqliteStatement Bind(int at, ReadOnlySpan<byte> value)
    {
        db.Check(raw.sqlite3_bind_blob(handle, at, value));
        return this;
    }

    public SqliteStatement Bind(int at, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Bind(at, bytes);
    }

    public SqliteStatement Bind(int at, ChainHash value)
    {
        Span<byte> bytes = stackalloc byte[ChainHash.Size];
        value.Write(bytes);
        return Bind(at, bytes);
    }

    /// <summary>True when there is a row. After false, or before it is bound anew, the statement must be <see cref="Reset"/>.</summary>
    public bool Step()
    {
        int code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code == raw.SQLITE_DONE)
            return false;
        raw.sqlite3_reset(handle);
        throw db.Failure(code);
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    public void Reset() => raw.sqlite3_reset(handle);

    public long Long(int column) => raw.sqlite3_column_int64(handle, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public int Int(int column) => raw.sqlite3_column_int(handle, column);

    public ReadOnlySpan<byte> Span(int column) => raw.sqlite3_column_blob(handle, column);

    public byte[] Bytes(int column) => Span(column).ToArray();

    public LogId LogId(int column) => Log.LogId.Read(Span(column));

    public ChainHash Hash(int column) => ChainHash.Read(Span(column));

    public void Dispose() => handle.Dispose();
}

/// <summary>An error of SQLite, by its extended result code (sqlite.org/rescode.html).</summary>
internal sealed class SqliteFailure(int code, string what) : Exception($"SQLite error {code}: {what}")
{
    private const int Full = 13;
    private const int IoWrite = 10 | (3 << 8);
    private const int IoShmSize = 10 | (19 << 8);

    public int Code { get; } = code;

    public bool IsNotADatabase => (Code & 0xFF) is 11 or 26;

    public bool IsFull => (Code & 0xFF) == Full;

    /// <summary>
    /// A write that failed before anything was synced: the transaction is rolled back and its pages are written anew by the next one, so
    /// going on is safe. After a failed sync it is not: the kernel may have dropped the pages and report success the next time (LWN
    /// 752063), so the store stops until it is opened again.
    /// </summary>
    public bool MayGoOn => IsFull || Code is IoWrite or IoShmSize;
}

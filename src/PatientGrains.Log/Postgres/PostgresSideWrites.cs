using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>What is written beside appends: snapshots, re-wrapped keys, erasure. Each can be repeated without harm.</summary>
internal sealed class PostgresSideWrites(PostgresConnections connections, PostgresHeads heads, string schema)
{
    /// <summary>At a time; others wait.</summary>
    private const int AtOnce = 2;
    /// <summary>Bytes of snapshots that may wait; a snapshot may as well be left out.</summary>
    private const long MaxWaitingBytes = 32L << 20;
    /// <summary>Appends that may come in between an erasure and the place that it takes, before it is given up.</summary>
    private const int MostTries = 1000;
    /// <summary>A table that is read through may be large, and an erasure that is given up half way is given up every time.</summary>
    private const int EraseSeconds = 3600;

    private readonly SemaphoreSlim _free = new(AtOnce);
    private long _waitingBytes;

    /// <summary>The lock on the log's row keeps a snapshot from being written behind an erasure.</summary>
    private readonly string _snapshot = $"""
        INSERT INTO {schema}.snapshots AS s SELECT no, $2, $3, $4 FROM {schema}.logs WHERE id=$1 AND length(wrapped)>0 FOR SHARE
        ON CONFLICT(log) DO UPDATE SET seq=excluded.seq, hash=excluded.hash, bytes=excluded.bytes WHERE excluded.seq>=s.seq
        """;
    private readonly string _rewrap = $"UPDATE {schema}.logs SET wrapped=$3 WHERE id=$1 AND wrapped=$2";
    private readonly string[] _erase = Erasure(schema, $"(SELECT no FROM {schema}.logs WHERE id=$1)");

    /// <summary>The statements of an erasure, in their order. The second takes the place of the next commit, so that no append comes after
    /// it.</summary>
    private static string[] Erasure(string schema, string no) =>
    [
        $"UPDATE {schema}.logs SET wrapped='', name='' WHERE id=$1 AND length(wrapped)>0",
        $"""
        INSERT INTO {schema}.commits SELECT log, seq+count, CASE count WHEN 0 THEN voids+1 ELSE 0 END, -1, '', ''
        FROM (SELECT * FROM {schema}.commits WHERE log={no} ORDER BY seq DESC, voids DESC LIMIT 1) AS last WHERE count>=0
        """,
        $"DELETE FROM {schema}.snapshots WHERE log={no}", $"DELETE FROM {schema}.due WHERE log={no}",
        $"DELETE FROM {schema}.claims WHERE log={no}", $"DELETE FROM {schema}.tokens WHERE log={no}",
        $"UPDATE {schema}.feeds SET log=NULL, seq=0 WHERE log={no}",
    ];

    public async Task Snapshot(LogId log, StoredSnapshot snapshot)
    {
        long size = snapshot.Bytes.Length;
        if (Interlocked.Add(ref _waitingBytes, size) > MaxWaitingBytes + size)
        {
            Interlocked.Add(ref _waitingBytes, -size);
            throw new LogBusyException($"more than {MaxWaitingBytes} bytes of snapshots wait");
        }
        try
        {
            var hash = new byte[ChainHash.Size];
            snapshot.At.Hash.Write(hash);
            await Use("written", connection =>
                Run(connection, _snapshot, new NpgsqlParameter<Guid> { TypedValue = Uuid.Of(log) },
                    new NpgsqlParameter<long> { TypedValue = snapshot.At.NextSeq }, new NpgsqlParameter<byte[]> { TypedValue = hash },
                    new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = snapshot.Bytes })).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _waitingBytes, -size);
        }
    }

    public async Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement) =>
        await Use("written", connection => Run(connection, _rewrap, new NpgsqlParameter<Guid> { TypedValue = Uuid.Of(log) },
            new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = present },
            new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = replacement })).ConfigureAwait(false) == 1;

    /// <summary>Claims, tokens and feeds are read through: they are ordered by key and number, and erasures are rare.</summary>
    public async Task Erase(LogId log)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                await Use("erased", connection => TryErase(connection, log)).ConfigureAwait(false);
                heads.Forget([log]);
                return;
            }
            catch (LogFailedException e) when (tries < MostTries && e.InnerException is PostgresException
            {
                SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected
            })
            {
                // An append was first at the place.
            }
        }
    }

    /// <summary>In one message, which is one transaction: see <see cref="PostgresStatements"/>.</summary>
    private async Task<int> TryErase(NpgsqlConnection connection, LogId log)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = EraseSeconds };
        foreach (string statement in _erase)
        {
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(statement) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = Uuid.Of(log) } } });
        }
        return await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private async Task<int> Use(string what, Func<NpgsqlConnection, Task<int>> write)
    {
        await _free.WaitAsync().ConfigureAwait(false);
        try
        {
            await using var connection = await connections.Open().ConfigureAwait(false);
            return await write(connection).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresConnections.IsOfServer(e))
        {
            if (PostgresConnections.IsLost(e))
                connections.Clear();
            throw connections.Failure(what, e);
        }
        finally
        {
            _free.Release();
        }
    }

    private static async Task<int> Run(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}

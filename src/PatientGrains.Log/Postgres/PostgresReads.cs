using System.Buffers.Binary;
using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace PatientGrains.Log.Postgres;

/// <summary>What is asked about logs, commits, claims and tokens. A question is one statement, so its answer is of one moment.</summary>
internal sealed class PostgresReads(PostgresConnections connections, string schema)
{
    /// <summary>Commits that one question may bring; what they weigh together is bounded by the caller.</summary>
    private const int MostCommits = 1000;

    private readonly string _find = $"""
        SELECT l.id, l.wrapped, l.name, c.seq + c.count, c.hash, d.at
        FROM {schema}.logs l {LastCommit(schema)} LEFT JOIN {schema}.due d ON d.log=l.no WHERE l.id=$1
        """;
    private readonly string _logs = $"""
        SELECT l.id, l.wrapped, l.name, c.seq + c.count, c.hash FROM {schema}.logs l {LastCommit(schema)}
        WHERE l.id>coalesce($1, '{Guid.Empty}') ORDER BY l.id LIMIT $2
        """;
    private readonly string _snapshot = $"""
        SELECT s.seq, s.hash, s.bytes FROM {schema}.logs l JOIN {schema}.snapshots s ON s.log=l.no WHERE l.id=$1
        """;
    private readonly string _locate = $"SELECT l.id FROM {schema}.claims c JOIN {schema}.logs l ON l.no=c.log WHERE c.key=$1";
    private readonly string _candidates = $"""
        SELECT l.id FROM {schema}.tokens t JOIN {schema}.logs l ON l.no=t.log
        WHERE t.key=$1 AND t.log>coalesce((SELECT no FROM {schema}.logs WHERE id=$2), 0) ORDER BY t.log LIMIT $3
        """;
    /// <summary>The running sum keeps the server from sending more than was asked for; the first commit comes whatever it weighs.</summary>
    private readonly string _commits = $"""
        SELECT seq, count, hash, bytes, voids FROM (
          SELECT c.*, sum(length(c.bytes)) OVER (ORDER BY c.seq, c.voids) - length(c.bytes) AS before FROM (
            SELECT c.* FROM {schema}.commits c
            WHERE c.log=(SELECT no FROM {schema}.logs WHERE id=$1) AND (c.seq, c.voids) >= ($2, $3) AND c.count>=0
            ORDER BY c.seq, c.voids LIMIT {MostCommits}) c) c
        WHERE before<$4 ORDER BY seq, voids
        """;
    private readonly string _start = $"""
        SELECT c.seq FROM {schema}.commits c WHERE c.log=(SELECT no FROM {schema}.logs WHERE id=$1) AND c.seq<=$2 AND c.count>=0
        ORDER BY c.seq DESC LIMIT 1
        """;

    /// <summary>The last commit of a log: its head.</summary>
    public static string LastCommit(string schema) => $"""
        CROSS JOIN LATERAL (SELECT seq, count, voids, hash FROM {schema}.commits WHERE log=l.no AND count>=0
                            ORDER BY seq DESC, voids DESC LIMIT 1) c
        """;

    public ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel) => One(_find, cancel, row => Entry(row) with
    {
        DueAt = row.IsDBNull(5) ? null : Micros.Time(row.GetInt64(5)),
    }, Uuid.Of(log));

    public ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel) => One(_snapshot, cancel,
        row => new StoredSnapshot(new Head(row.GetInt64(0), Hash(row, 1)), row.GetFieldValue<byte[]>(2)), Uuid.Of(log));

    public async ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel)
    {
        var found = await All(_locate, cancel, row => Uuid.Log(row.GetGuid(0)), Uuid.Of(claim)).ConfigureAwait(false);
        return found.Count > 0 ? found[0] : null;
    }

    public async ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel) =>
        await All(_candidates, cancel, row => Uuid.Log(row.GetGuid(0)), Uuid.Of(index), OrNull(after), limit).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel) =>
        await All(_logs, cancel, Entry, OrNull(after), limit).ConfigureAwait(false);

    /// <summary>A page's position is one more than the void commits before its last commit at that one's event.</summary>
    public async ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel)
    {
        long seq = from.Seq;
        if (from.Position == 0)
        {
            var start = await All(_start, cancel, row => row.GetInt64(0), Uuid.Of(log), from.Seq).ConfigureAwait(false);
            seq = start.Count > 0 ? start[0] : 0;
        }
        var next = from;
        var commits = await All(_commits, cancel, row =>
        {
            next = new ReadFrom(row.GetInt64(0), row.GetInt32(4) + 1);
            return new SealedCommit(log, row.GetInt64(0), row.GetInt32(1), Hash(row, 2), row.GetFieldValue<byte[]>(3));
        }, Uuid.Of(log), seq, (int)from.Position, (long)maxBytes).ConfigureAwait(false);
        return new CommitPage(commits, next);
    }

    private static LogEntry Entry(NpgsqlDataReader row) => new(
        Uuid.Log(row.GetGuid(0)), new Head(row.GetInt64(3), Hash(row, 4)), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2));

    public static ChainHash Hash(NpgsqlDataReader row, int column) => ChainHash.Read(row.GetFieldValue<byte[]>(column));

    private static object OrNull(LogId? log) => log is { } id ? Uuid.Of(id) : DBNull.Value;

    private async ValueTask<T?> One<T>(string sql, CancellationToken cancel, Func<NpgsqlDataReader, T> read, params object[] values)
        where T : class
    {
        var rows = await All(sql, cancel, read, values).ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    private ValueTask<List<T>> All<T>(string sql, CancellationToken cancel, Func<NpgsqlDataReader, T> read, params object[] values) =>
        connections.Read((connection, cancel) => All(connection, sql, cancel, read, values), cancel);

    public static async Task<List<T>> All<T>(
        NpgsqlConnection connection, string sql, CancellationToken cancel, Func<NpgsqlDataReader, T> read, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (object value in values)
            command.Parameters.Add(value is DBNull ? new() { Value = value, NpgsqlDbType = NpgsqlDbType.Uuid } : new() { Value = value });
        await using var rows = await command.ExecuteReaderAsync(CommandBehavior.Default, cancel).ConfigureAwait(false);
        var all = new List<T>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            all.Add(read(rows));
        return all;
    }
}

/// <summary>16 bytes as PostgreSQL's uuid, in the same order.</summary>
internal static class Uuid
{
    public static Guid Of(LogId log) => Of(log.Value);

    public static Guid Of(BlindKey key) => Of(key.Value);

    public static LogId Log(Guid uuid) => new(Value(uuid));

    public static BlindKey Key(Guid uuid) => new(Value(uuid));

    private static Guid Of(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new Guid(bytes, bigEndian: true);
    }

    private static UInt128 Value(Guid uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}

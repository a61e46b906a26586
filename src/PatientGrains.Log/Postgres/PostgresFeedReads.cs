using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>What is asked about feeds and due times.</summary>
internal sealed class PostgresFeedReads(PostgresConnections connections, string schema)
{
    private readonly string _head = $"SELECT head FROM {schema}.feed_heads WHERE feed=$1";
    private readonly string _lines = $"""
        SELECT f.number, l.id, f.seq FROM {schema}.feeds f LEFT JOIN {schema}.logs l ON l.no=f.log
        WHERE f.feed=$1 AND f.number>$2 ORDER BY f.number LIMIT $3
        """;
    private readonly string _next = $"SELECT min(at) FROM {schema}.due WHERE at>$1";
    /// <summary>Logs of one time stand in the order of their numbers, which is as good as any.</summary>
    private readonly string _due = $"""
        SELECT d.at, l.id FROM {schema}.due d JOIN {schema}.logs l ON l.no=d.log
        WHERE d.at<=$1 AND (d.at, d.log)>($2, coalesce((SELECT no FROM {schema}.logs WHERE id=$3), 0)) ORDER BY d.at, d.log LIMIT $4
        """;

    public ValueTask<long> Head(byte feed, CancellationToken cancel) => connections.Read((c, cancel) => Head(c, feed, cancel), cancel);

    private async Task<long> Head(NpgsqlConnection connection, byte feed, CancellationToken cancel)
    {
        var heads = await PostgresReads.All(connection, _head, cancel, row => row.GetInt64(0), (short)feed).ConfigureAwait(false);
        return heads.Count > 0 ? heads[0] : 0;
    }

    /// <summary>The head is asked for last, so that it covers the lines.</summary>
    public ValueTask<StoredFeedPage> Read(byte feed, long after, int limit, CancellationToken cancel) => connections.Read(
        async (connection, cancel) =>
        {
            var lines = await PostgresReads.All(connection, _lines, cancel, row =>
                new StoredFeedLine(row.GetInt64(0), row.IsDBNull(1) ? null : Uuid.Log(row.GetGuid(1)), row.GetInt64(2)),
                (short)feed, after, limit).ConfigureAwait(false);
            return new StoredFeedPage(lines, await Head(connection, feed, cancel).ConfigureAwait(false));
        }, cancel);

    public ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel)
    {
        long behind = after is { } a ? Micros.Up(a.At) : long.MinValue;
        return connections.Read(async (connection, cancel) => (IReadOnlyList<DueLog>)await PostgresReads.All(
            connection, _due, cancel, row => new DueLog(Micros.Time(row.GetInt64(0)), Uuid.Log(row.GetGuid(1))),
            Micros.Down(until), behind, Uuid.Of(after?.Log ?? default), limit).ConfigureAwait(false), cancel);
    }

    public ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel) => connections.Read(
        async (connection, cancel) =>
        {
            var next = await PostgresReads.All(connection, _next, cancel, row => row.IsDBNull(0) ? (long?)null : row.GetInt64(0),
                Micros.Down(after)).ConfigureAwait(false);
            return next[0] is { } at ? Micros.Time(at) : (DateTimeOffset?)null;
        }, cancel);
}

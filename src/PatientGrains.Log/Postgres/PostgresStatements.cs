using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>
/// A group's transaction: statements that go to the server in one message and are one transaction there (PostgreSQL, 55.2.3 Extended Query,
/// Pipelining: what stands before one Sync is rolled back together). So an append costs one round trip, and nothing waits for us while it
/// holds a lock. Whatever does not fit fails the whole of it; who is to blame is found out afterwards.
/// <para>Everybody locks rows in the same order: new logs, places of commits, keys of claims, feeds, each in their own.</para>
/// </summary>
internal sealed class PostgresStatements(string schema)
{
    private readonly string _addLogs = $"""
        INSERT INTO {schema}.logs SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[])
        """;
    private readonly string _addCommits = $"""
        INSERT INTO {schema}.commits SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::bytea[], $6::bytea[])
        """;
    private readonly string _takeOver = $"""
        UPDATE {schema}.claims c SET log=u.log
        FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS u(key, log, from_log) JOIN {schema}.logs l ON l.id=u.from_log
        WHERE c.key=u.key AND c.log=l.no
        """;
    /// <summary>Dividing by zero is how a statement without a function of its own refuses.</summary>
    private readonly string _claim = $"""
        WITH held AS (
          INSERT INTO {schema}.claims AS c SELECT * FROM unnest($1::uuid[], $2::bigint[])
          ON CONFLICT(key) DO UPDATE SET log=excluded.log WHERE c.log=excluded.log RETURNING 1)
        SELECT 1/(count(*)=cardinality($1))::int FROM held
        """;
    private readonly string _release = $"""
        DELETE FROM {schema}.claims c USING unnest($1::uuid[], $2::bigint[]) AS u(key, log) WHERE c.key=u.key AND c.log=u.log
        """;
    private readonly string _dropTokens = $"""
        DELETE FROM {schema}.tokens t USING unnest($1::uuid[], $2::bigint[], $3::int[]) AS u(key, log, down)
        WHERE t.key=u.key AND t.log=u.log AND t.count<=u.down
        """;
    private readonly string _discount = $"""
        UPDATE {schema}.tokens t SET count=t.count-u.down FROM unnest($1::uuid[], $2::bigint[], $3::int[]) AS u(key, log, down)
        WHERE t.key=u.key AND t.log=u.log
        """;
    private readonly string _count = $"""
        INSERT INTO {schema}.tokens AS t SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::int[])
        ON CONFLICT(key, log) DO UPDATE SET count=t.count+excluded.count
        """;
    private readonly string _dropDue = $"DELETE FROM {schema}.due WHERE log=ANY($1::bigint[])";
    private readonly string _setDue = $"""
        INSERT INTO {schema}.due SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT(log) DO UPDATE SET at=excluded.at
        """;
    /// <summary>
    /// The last statement: the row of a feed stays locked until the commit, so numbers are in the order of commits, and nobody waits
    /// for the row longer than that. Gives the feeds' new heads.
    /// </summary>
    private readonly string _number = $"""
        WITH moved AS (
          INSERT INTO {schema}.feed_heads AS h SELECT * FROM unnest($1::smallint[], $2::bigint[]) ORDER BY 1
          ON CONFLICT(feed) DO UPDATE SET head=h.head+excluded.head RETURNING h.feed, h.head),
        lines AS (
          INSERT INTO {schema}.feeds SELECT u.feed, m.head-u.from_end, u.log, u.seq
          FROM unnest($3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS u(feed, from_end, log, seq)
          JOIN moved m ON m.feed=u.feed)
        SELECT feed, head FROM moved
        """;
    private readonly string _claimants = $"""
        SELECT c.key, l.id FROM unnest($1::uuid[]) AS u(key) JOIN {schema}.claims c ON c.key=u.key JOIN {schema}.logs l ON l.no=c.log
        """;
    private readonly string _isThere = $"SELECT 1 FROM {schema}.commits WHERE log=$1 AND seq=$2 AND voids=$3 AND count>=0 AND hash=$4";
    private readonly string _feedHeads = $"SELECT feed, head FROM {schema}.feed_heads WHERE feed=ANY($1::smallint[])";

    /// <summary>Writes the accepted appends of a group. Completes when they are durable, with the new heads of the feeds that they moved.
    /// </summary>
    public async Task<List<(byte Feed, long Head)>> Write(NpgsqlConnection connection, PostgresGroup group)
    {
        await using var batch = new NpgsqlBatch(connection);
        AddCommits(batch, group);
        var numbers = group.Ends.ToDictionary(end => end.Key, end => end.Value.No);
        AddKeys(batch, group, numbers);
        AddTokens(batch, group, numbers);
        AddDue(batch, group, numbers);
        bool isNumbered = AddLines(batch, group, numbers);
        var heads = new List<(byte, long)>();
        // To the end: the last thing that the server says is that the transaction is committed.
        await using var rows = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        do
        {
            while (await rows.ReadAsync().ConfigureAwait(false))
            {
                if (isNumbered && rows.FieldCount == 2)
                    heads.Add(((byte)rows.GetInt16(0), rows.GetInt64(1)));
            }
        }
        while (await rows.NextResultAsync().ConfigureAwait(false));
        return heads;
    }

    /// <summary>Whether the transaction of a group was committed: it was when its first commit is at its place, since it is all or nothing,
    /// and no other commit has its hash.</summary>
    public async Task<bool> IsThere(NpgsqlConnection connection, Known at, SealedCommit commit) =>
        (await PostgresReads.All(
            connection, _isThere, default, _ => 1, at.No, commit.FirstSeq, at.Voids, Bytes(commit.Hash)).ConfigureAwait(false)).Count > 0;

    public async Task<List<(byte Feed, long Head)>> FeedHeads(NpgsqlConnection connection, IEnumerable<byte> feeds) =>
        await PostgresReads.All(connection, _feedHeads, default, row => ((byte)row.GetInt16(0), row.GetInt64(1)),
            feeds.Distinct().Select(feed => (short)feed).ToArray()).ConfigureAwait(false);

    public async Task<Dictionary<BlindKey, LogId>> Claimants(NpgsqlConnection connection, IEnumerable<BlindKey> keys) => new(
        await PostgresReads.All(connection, _claimants, default,
            row => KeyValuePair.Create(Uuid.Key(row.GetGuid(0)), Uuid.Log(row.GetGuid(1))),
            keys.Select(Uuid.Of).ToArray()).ConfigureAwait(false));

    private void AddCommits(NpgsqlBatch batch, PostgresGroup group)
    {
        var fresh = group.Places.Where(place => place.At.Head == Head.Empty).OrderBy(place => place.Append.Commit.Log).ToList();
        if (fresh.Count > 0)
        {
            Add(batch, _addLogs, Array(fresh, f => f.At.No), Array(fresh, f => Uuid.Of(f.Append.Commit.Log)),
                Array(fresh, f => f.Append.WrappedKey), Array(fresh, f => f.Append.SealedName));
        }
        var all = group.Places.OrderBy(p => p.At.No).ThenBy(p => p.Append.Commit.FirstSeq).ThenBy(p => p.At.Voids).ToList();
        Add(batch, _addCommits, Array(all, p => p.At.No), Array(all, p => p.Append.Commit.FirstSeq), Array(all, p => p.At.Voids),
            Array(all, p => p.Append.Commit.Count), Array(all, p => Bytes(p.Append.Commit.Hash)), Array(all, p => p.Append.Commit.Bytes));
    }

    private void AddKeys(NpgsqlBatch batch, PostgresGroup group, Dictionary<LogId, long> numbers)
    {
        var claims = group.Accepted.SelectMany(append => append.Batch.Claims).OrderBy(claim => claim.Key).ToList();
        var takeOvers = claims.FindAll(claim => claim.Replaces is not null);
        if (takeOvers.Count > 0)
        {
            Add(batch, _takeOver, Array(takeOvers, c => Uuid.Of(c.Key)), Array(takeOvers, c => numbers[c.Log]),
                Array(takeOvers, c => Uuid.Of(c.Replaces!.Value)));
        }
        if (claims.Count > 0)
            Add(batch, _claim, Array(claims, c => Uuid.Of(c.Key)), Array(claims, c => numbers[c.Log]));
        var releases = group.Accepted.SelectMany(append => append.Batch.Releases).OrderBy(release => release.Key).ToList();
        if (releases.Count > 0)
            Add(batch, _release, Array(releases, r => Uuid.Of(r.Key)), Array(releases, r => numbers[r.Log]));
    }

    /// <summary>Changes of one entry one after the other, where a count that falls below zero is zero, come to the same as going down once
    /// and up once.</summary>
    private void AddTokens(NpgsqlBatch batch, PostgresGroup group, Dictionary<LogId, long> numbers)
    {
        var changes = new Dictionary<(BlindKey Key, LogId Log), (int Down, int Up)>();
        foreach (var (key, log, delta) in group.Accepted.SelectMany(append => append.Batch.Index))
        {
            var (down, up) = changes.GetValueOrDefault((key, log));
            changes[(key, log)] = delta >= 0 ? (down, up + delta) : (down + Math.Max(0, -delta - up), Math.Max(0, up + delta));
        }
        var downs = changes.Where(change => change.Value.Down > 0).ToList();
        if (downs.Count > 0)
        {
            foreach (string statement in new[] { _dropTokens, _discount })
            {
                Add(batch, statement, Array(downs, d => Uuid.Of(d.Key.Key)), Array(downs, d => numbers[d.Key.Log]),
                    Array(downs, d => d.Value.Down));
            }
        }
        var ups = changes.Where(change => change.Value.Up > 0).ToList();
        if (ups.Count > 0)
            Add(batch, _count, Array(ups, u => Uuid.Of(u.Key.Key)), Array(ups, u => numbers[u.Key.Log]), Array(ups, u => u.Value.Up));
    }

    private void AddDue(NpgsqlBatch batch, PostgresGroup group, Dictionary<LogId, long> numbers)
    {
        var last = new Dictionary<LogId, DateTimeOffset?>();
        foreach (var change in group.Accepted.SelectMany(append => append.Batch.Due))
            last[change.Log] = change.At;
        var dropped = last.Where(change => change.Value is null).Select(change => numbers[change.Key]).ToArray();
        if (dropped.Length > 0)
            Add(batch, _dropDue, Parameter(dropped));
        var set = last.Where(change => change.Value is not null).ToList();
        if (set.Count > 0)
            Add(batch, _setDue, Array(set, s => numbers[s.Key]), Array(set, s => Micros.Up(s.Value!.Value)));
    }

    /// <summary>A line's number is said from the feed's new head backwards, because only the server knows that.</summary>
    private bool AddLines(NpgsqlBatch batch, PostgresGroup group, Dictionary<LogId, long> numbers)
    {
        var lines = group.Accepted.SelectMany(append => append.Batch.Feeds).ToList();
        if (lines.Count == 0)
            return false;
        var left = lines.GroupBy(line => line.Feed).ToDictionary(feed => feed.Key, feed => (long)feed.Count());
        var feeds = left.OrderBy(feed => feed.Key).ToList();
        Add(batch, _number, Array(feeds, f => (short)f.Key), Array(feeds, f => f.Value), Array(lines, l => (short)l.Feed),
            Array(lines, l => --left[l.Feed]), Array(lines, l => numbers[l.Log]), Array(lines, l => l.Seq));
        return true;
    }

    private static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<TValue[]> Array<TRow, TValue>(List<TRow> rows, Func<TRow, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        return Parameter(values);
    }

    private static NpgsqlParameter<T[]> Parameter<T>(T[] values) => new() { TypedValue = values };

    private static byte[] Bytes(ChainHash hash)
    {
        var bytes = new byte[ChainHash.Size];
        hash.Write(bytes);
        return bytes;
    }
}

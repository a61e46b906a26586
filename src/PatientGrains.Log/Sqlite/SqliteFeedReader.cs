namespace PatientGrains.Log.Sqlite;

/// <summary>What a reading connection asks about feeds and due times.</summary>
internal sealed class SqliteFeedReader(SqliteDb db)
{
    private readonly SqliteStatement _head = db.Prepare("SELECT ifnull(max(number),0) FROM feeds WHERE feed=?");
    private readonly SqliteStatement _lines = db.Prepare("""
        SELECT f.number, l.id, f.seq FROM feeds f LEFT JOIN logs l ON l.no=f.log
        WHERE f.feed=? AND f.number>? ORDER BY f.number LIMIT ?
        """);
    private readonly SqliteStatement _next = db.Prepare("SELECT min(at) FROM due WHERE at>?");
    /// <summary>Logs of one time stand in the order in which they were made, which is as good as any.</summary>
    private readonly SqliteStatement _due = db.Prepare("""
        SELECT d.at, l.id FROM due d JOIN logs l ON l.no=d.log
        WHERE d.at<=? AND (d.at, d.log)>(?, ifnull((SELECT no FROM logs WHERE id=?),0)) ORDER BY d.at, d.log LIMIT ?
        """);

    public long Head(byte feed)
    {
        _head.Bind(1, (long)feed).Step();
        long head = _head.Long(0);
        _head.Reset();
        return head;
    }

    /// <summary>The head is asked for last, so that it covers the lines.</summary>
    public StoredFeedPage Read(byte feed, long after, int limit)
    {
        var lines = SqliteReader.All(_lines.Bind(1, (long)feed).Bind(2, after).Bind(3, limit), row =>
            new StoredFeedLine(row.Long(0), row.IsNull(1) ? null : row.LogId(1), row.Long(2)));
        return new StoredFeedPage(lines, Head(feed));
    }

    public IReadOnlyList<DueLog> Due(DateTimeOffset until, DueLog? after, int limit)
    {
        _due.Bind(1, Micros.Down(until)).Bind(2, after is { } a ? Micros.Up(a.At) : long.MinValue);
        _due.Bind(3, after?.Log.Value ?? UInt128.Zero).Bind(4, limit);
        return SqliteReader.All(_due, row => new DueLog(Micros.Time(row.Long(0)), row.LogId(1)));
    }

    public DateTimeOffset? NextDue(DateTimeOffset after)
    {
        _next.Bind(1, Micros.Down(after)).Step();
        DateTimeOffset? next = _next.IsNull(0) ? null : Micros.Time(_next.Long(0));
        _next.Reset();
        return next;
    }
}

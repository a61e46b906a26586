namespace PatientGrains.Log.Sqlite;

/// <summary>
/// Numbers the lines of feeds and keeps due times, inside the writer's open transaction. Only an append that is not refused any more comes
/// here, so its numbers are final but for a rollback of the whole group, after which they are counted anew from the table.
/// </summary>
internal sealed class SqliteFeeds(SqliteDb db)
{
    private readonly SqliteStatement _add = db.Prepare("INSERT INTO feeds VALUES(?,?,?,?)");
    private readonly SqliteStatement _head = db.Prepare("SELECT ifnull(max(number),0) FROM feeds WHERE feed=?");
    private readonly SqliteStatement _setDue = db.Prepare("INSERT INTO due VALUES(?,?) ON CONFLICT DO UPDATE SET at=excluded.at");
    private readonly SqliteStatement _dropDue = db.Prepare("DELETE FROM due WHERE log=?");
    /// <summary>The last number of each feed that this writer has numbered.</summary>
    private readonly Dictionary<byte, long> _heads = [];
    private readonly HashSet<byte> _moved = [];
    private long _earliest = long.MaxValue;

    public void Number(FeedAppend line, long log)
    {
        long number = (_heads.TryGetValue(line.Feed, out long head) ? head : Load(line.Feed)) + 1;
        _add.Bind(1, (long)line.Feed).Bind(2, number).Bind(3, log).Bind(4, line.Seq).Run();
        _heads[line.Feed] = number;
        _moved.Add(line.Feed);
    }

    private long Load(byte feed)
    {
        _head.Bind(1, (long)feed).Step();
        long head = _head.Long(0);
        _head.Reset();
        return head;
    }

    public void Set(DueChange change, long log)
    {
        if (change.At is not { } at)
        {
            _dropDue.Bind(1, log).Run();
            return;
        }
        long micros = Micros.Up(at);
        _setDue.Bind(1, log).Bind(2, micros).Run();
        _earliest = Math.Min(_earliest, micros);
    }

    /// <summary>The transaction was rolled back.</summary>
    public void Forget()
    {
        _heads.Clear();
        _moved.Clear();
        _earliest = long.MaxValue;
    }

    /// <summary>The transaction is durable: whoever waits for it is told.</summary>
    public void Tell(LogSignals signals)
    {
        foreach (byte feed in _moved)
        {
            Telemetry.FeedMoved(feed, _heads[feed]);
            signals.FeedMoved(feed, _heads[feed]);
        }
        _moved.Clear();
        if (_earliest != long.MaxValue)
            signals.DueWasSet(_earliest);
        _earliest = long.MaxValue;
    }
}

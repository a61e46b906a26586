namespace PatientGrains.Log.Sqlite;

/// <summary>
/// Applies one append inside the writer's open transaction. It looks before it writes, and the claims, whose rows are tried by inserting
/// them, are taken back when one is refused: so a refused append leaves nothing, without a savepoint (which copies every page it touches),
/// and the others of the group are not disturbed.
/// </summary>
internal sealed class SqliteAppends
{
    /// <summary>Heads in each of two generations: about 30 MB in all. A head that is not cached costs two lookups.</summary>
    private const int HeadsPerGeneration = 100_000;

    private readonly SqliteDb _db;
    private readonly SqliteFeeds _feeds;
    private readonly SqliteStatement _findLog, _lastCommit, _addLog, _addCommit, _tryClaim, _claimant, _takeOver, _unclaim, _count,
        _discount, _dropEmpty;
    private readonly List<(BlindKey Key, long No, long Before)> _taken = [];
    private Dictionary<LogId, Known> _young = [];
    private Dictionary<LogId, Known> _old = [];
    /// <summary>The logs of the append at hand.</summary>
    private readonly Dictionary<LogId, Known> _numbers = [];
    private long _nextLog;

    private readonly record struct Known(long No, Head Head, bool Erased);

    public SqliteAppends(SqliteDb db)
    {
        _db = db;
        _feeds = new SqliteFeeds(db);
        _findLog = db.Prepare("SELECT no, length(wrapped) FROM logs WHERE id=?");
        _lastCommit = db.Prepare("SELECT seq, count, hash FROM commits WHERE log=? ORDER BY seq DESC, position DESC LIMIT 1");
        _addLog = db.Prepare("INSERT INTO logs VALUES(?,?,?,?)");
        _addCommit = db.Prepare("INSERT INTO commits(log, seq, count, hash, bytes) VALUES(?,?,?,?,?)");
        _tryClaim = db.Prepare("INSERT INTO claims VALUES(?,?) ON CONFLICT DO NOTHING");
        _claimant = db.Prepare("SELECT l.no, l.id FROM claims c JOIN logs l ON l.no=c.log WHERE c.key=?");
        _takeOver = db.Prepare("UPDATE claims SET log=? WHERE key=?");
        _unclaim = db.Prepare("DELETE FROM claims WHERE key=? AND log=?");
        _count = db.Prepare("INSERT INTO tokens VALUES(?,?,?) ON CONFLICT DO UPDATE SET count=count+excluded.count");
        _discount = db.Prepare("UPDATE tokens SET count=count+? WHERE key=? AND log=?");
        _dropEmpty = db.Prepare("DELETE FROM tokens WHERE key=? AND log=? AND count<=0");
        _nextLog = db.Scalar("SELECT ifnull(max(no),0)+1 FROM logs");
    }

    /// <summary>Logs are not known any more: one of them was erased, or see <see cref="RolledBack"/>.</summary>
    public void Forget()
    {
        _young = [];
        _old = [];
        _nextLog = _db.Scalar("SELECT ifnull(max(no),0)+1 FROM logs");
    }

    /// <summary>The transaction was rolled back: nothing is known any more.</summary>
    public void RolledBack()
    {
        Forget();
        _feeds.Forget();
    }

    /// <summary>The transaction is durable.</summary>
    public void Tell(LogSignals signals) => _feeds.Tell(signals);

    /// <summary>Writes the append into the open transaction, or returns why it is refused and leaves nothing of it.</summary>
    public LogException? Apply(AppendBatch batch, Action<WriteStep>? onStep)
    {
        var numbers = _numbers;
        numbers.Clear();
        foreach (var append in batch.Commits)
        {
            var known = Find(append.Commit.Log);
            if (known.Erased)
                return new LogErasedException(append.Commit.Log);
            if (known.Head != append.On || (known.No == 0 && append.WrappedKey.IsEmpty))
                return new StaleHeadException(append.Commit.Log);
            numbers.Add(append.Commit.Log, known.No == 0 ? known with { No = _nextLog++ } : known);
        }
        if (TakeClaims(batch.Claims, numbers) is { } taken)
            return taken;
        onStep?.Invoke(WriteStep.Claimed);
        foreach (var append in batch.Commits)
            Write(append, numbers[append.Commit.Log]);
        onStep?.Invoke(WriteStep.Written);
        foreach (var release in batch.Releases)
            _unclaim.Bind(1, release.Key.Value).Bind(2, numbers[release.Log].No).Run();
        foreach (var change in batch.Index)
            Index(change, numbers[change.Log].No);
        foreach (var line in batch.Feeds)
            _feeds.Number(line, numbers[line.Log].No);
        foreach (var change in batch.Due)
            _feeds.Set(change, numbers[change.Log].No);
        onStep?.Invoke(WriteStep.Indexed);
        return null;
    }

    private ClaimTakenException? TakeClaims(IReadOnlyList<Claim> claims, Dictionary<LogId, Known> numbers)
    {
        _taken.Clear();
        foreach (var claim in claims)
        {
            long no = numbers[claim.Log].No;
            _tryClaim.Bind(1, claim.Key.Value).Bind(2, no).Run();
            long owner = 0;
            if (_db.Changes == 0)
            {
                owner = Claimant(claim.Key, out var by);
                if (owner == no)
                    continue;
                if (by != claim.Replaces)
                {
                    GiveBack();
                    return new ClaimTakenException(claim.Key, by);
                }
                _takeOver.Bind(1, no).Bind(2, claim.Key.Value).Run();
            }
            _taken.Add((claim.Key, no, owner));
        }
        return null;
    }

    private long Claimant(BlindKey key, out LogId by)
    {
        _claimant.Bind(1, key.Value);
        if (!_claimant.Step())
            throw new InvalidOperationException("A claim of the same append was claimed twice.");
        by = _claimant.LogId(1);
        long owner = _claimant.Long(0);
        _claimant.Reset();
        return owner;
    }

    /// <summary>Undoes the claims of the append at hand.</summary>
    private void GiveBack()
    {
        foreach (var (key, no, before) in _taken)
        {
            if (before == 0)
                _unclaim.Bind(1, key.Value).Bind(2, no).Run();
            else
                _takeOver.Bind(1, before).Bind(2, key.Value).Run();
        }
    }

    private void Write(CommitAppend append, Known known)
    {
        var commit = append.Commit;
        if (known.Head == Head.Empty)
            _addLog.Bind(1, known.No).Bind(2, commit.Log.Value).Bind(3, append.WrappedKey.Span).Bind(4, append.SealedName.Span).Run();
        _addCommit.Bind(1, known.No).Bind(2, commit.FirstSeq).Bind(3, commit.Count).Bind(4, commit.Hash).Bind(5, commit.Bytes.Span).Run();
        Remember(commit.Log, known with { Head = commit.End });
    }

    private void Index(IndexChange change, long no)
    {
        if (change.Delta > 0)
        {
            _count.Bind(1, change.Key.Value).Bind(2, no).Bind(3, change.Delta).Run();
            return;
        }
        _discount.Bind(1, change.Delta).Bind(2, change.Key.Value).Bind(3, no).Run();
        _dropEmpty.Bind(1, change.Key.Value).Bind(2, no).Run();
    }

    private Known Find(LogId log)
    {
        if (_young.TryGetValue(log, out var known))
            return known;
        if (!_old.TryGetValue(log, out known))
            known = Load(log);
        if (known.No != 0)
            Remember(log, known);
        return known;
    }

    private Known Load(LogId log)
    {
        _findLog.Bind(1, log.Value);
        var known = _findLog.Step() ? new Known(_findLog.Long(0), Head.Empty, _findLog.Long(1) == 0) : default;
        _findLog.Reset();
        if (known.No == 0)
            return known;
        _lastCommit.Bind(1, known.No);
        if (_lastCommit.Step())
            known = known with { Head = new Head(_lastCommit.Long(0) + _lastCommit.Long(1), _lastCommit.Hash(2)) };
        _lastCommit.Reset();
        return known;
    }

    private void Remember(LogId log, Known known)
    {
        if (_young.Count >= HeadsPerGeneration)
            (_old, _young) = (_young, []);
        _young[log] = known;
    }
}

/// <summary>Where the writer stands; tests crash it there.</summary>
internal enum WriteStep
{
    Begun,
    Claimed,
    Written,
    Indexed,
    Committing,
    Committed,
}

namespace PatientGrains.Log.Sqlite;

/// <summary>What is written beside appends, in the same transactions: snapshots, re-wrapped keys, erasure.</summary>
internal sealed class SqliteSideWrites(SqliteDb db)
{
    private readonly SqliteStatement _rewrap = db.Prepare("UPDATE logs SET wrapped=? WHERE id=? AND wrapped=?");
    private readonly SqliteStatement _snapshot = db.Prepare("""
        INSERT INTO snapshots SELECT no, ?, ?, ? FROM logs WHERE id=? AND length(wrapped)>0
        ON CONFLICT DO UPDATE SET seq=excluded.seq, hash=excluded.hash, bytes=excluded.bytes WHERE excluded.seq>=seq
        """);

    public void Snapshot(LogId log, StoredSnapshot snapshot) =>
        _snapshot.Bind(1, snapshot.At.NextSeq).Bind(2, snapshot.At.Hash).Bind(3, snapshot.Bytes.Span).Bind(4, log.Value).Run();

    public bool Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement)
    {
        _rewrap.Bind(1, replacement.Span).Bind(2, log.Value).Bind(3, present.Span).Run();
        return db.Changes == 1;
    }

    /// <summary>
    /// Deleted bytes are overwritten with zeros (sqlite.org/pragma.html#pragma_secure_delete), but pages that were split or freed earlier
    /// may hold a copy of a wrapped key: only removing the key that wrapped it is final.
    /// Claims and tokens are ordered by key and feeds by number, not by log: erasure reads these tables through, which holds the writer up
    /// for seconds in a large store. Erasures are rare.
    /// </summary>
    public void Erase(LogId log)
    {
        using var find = db.Prepare("SELECT no FROM logs WHERE id=?");
        find.Bind(1, log.Value);
        if (!find.Step())
            return;
        long no = find.Long(0);
        find.Reset();
        db.Execute($"""
            PRAGMA secure_delete=ON;
            UPDATE logs SET wrapped=x'', name=x'' WHERE no={no};
            DELETE FROM snapshots WHERE log={no};
            DELETE FROM claims WHERE log={no};
            DELETE FROM tokens WHERE log={no};
            DELETE FROM due WHERE log={no};
            UPDATE feeds SET log=0, seq=0 WHERE log={no};
            PRAGMA secure_delete=OFF;
            """);
    }
}

using System.Security.Cryptography;

namespace PatientGrains.Log;

/// <summary>The log without a disk, for tests and trials: the same answers as the others, and nothing survives the process. Every append
/// is a critical section.</summary>
public sealed class InMemoryLog : IPatientLog
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<LogId, Kept> _logs = [];
    private readonly Dictionary<BlindKey, LogId> _claims = [];
    private readonly Dictionary<BlindKey, SortedDictionary<LogId, int>> _index = [];
    private readonly InMemoryFeeds _feeds = new();

    private sealed class Kept
    {
        public List<SealedCommit> Commits { get; } = [];
        public Head Head { get; set; }
        public ReadOnlyMemory<byte> WrappedKey { get; set; }
        public ReadOnlyMemory<byte> SealedName { get; set; }
        public StoredSnapshot? Snapshot { get; set; }
    }

    public string StoreId { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default)
    {
        lock (_lock)
            return new(_logs.TryGetValue(log, out var kept) ? Entry(log, kept) with { DueAt = _feeds.DueOf(log) } : null);
    }

    public ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default)
    {
        lock (_lock)
            return new(_logs.GetValueOrDefault(log)?.Snapshot);
    }

    public ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default)
    {
        lock (_lock)
        {
            var commits = new List<SealedCommit>();
            if (!_logs.TryGetValue(log, out var kept))
                return new(new CommitPage(commits, from));
            int at = from.Position > 0 ? (int)from.Position : Start(kept.Commits, from.Seq);
            for (long bytes = 0; bytes < maxBytes && at < kept.Commits.Count; bytes += kept.Commits[at++].Bytes.Length)
                commits.Add(kept.Commits[at]);
            return new(new CommitPage(commits, new ReadFrom(from.Seq, at)));
        }
    }

    private static int Start(List<SealedCommit> commits, long seq)
    {
        int last = commits.FindLastIndex(c => c.FirstSeq <= seq);
        return last < 0 ? 0 : commits.FindIndex(c => c.FirstSeq == commits[last].FirstSeq);
    }

    public Task Append(AppendBatch batch)
    {
        batch.Check();
        lock (_lock)
        {
            if (Refusal(batch) is { } refusal)
                return Task.FromException(refusal);
            Write(batch);
            _feeds.Tell(batch);
            return Task.CompletedTask;
        }
    }

    private LogException? Refusal(AppendBatch batch)
    {
        foreach (var append in batch.Commits)
        {
            var kept = _logs.GetValueOrDefault(append.Commit.Log);
            if (kept is { WrappedKey.IsEmpty: true })
                return new LogErasedException(append.Commit.Log);
            if ((kept?.Head ?? Head.Empty) != append.On || (kept is null && append.WrappedKey.IsEmpty))
                return new StaleHeadException(append.Commit.Log);
        }
        foreach (var claim in batch.Claims)
        {
            if (_claims.TryGetValue(claim.Key, out var by) && by != claim.Log && by != claim.Replaces)
                return new ClaimTakenException(claim.Key, by);
        }
        return null;
    }

    private void Write(AppendBatch batch)
    {
        foreach (var append in batch.Commits)
        {
            if (!_logs.TryGetValue(append.Commit.Log, out var kept))
                _logs.Add(append.Commit.Log, kept = new Kept { WrappedKey = append.WrappedKey, SealedName = append.SealedName });
            kept.Commits.Add(append.Commit);
            kept.Head = append.Commit.End;
        }
        foreach (var claim in batch.Claims)
            _claims[claim.Key] = claim.Log;
        foreach (var release in batch.Releases)
        {
            if (_claims.TryGetValue(release.Key, out var by) && by == release.Log)
                _claims.Remove(release.Key);
        }
        foreach (var change in batch.Index)
            Change(change);
        _feeds.Write(batch);
    }

    private void Change(IndexChange change)
    {
        if (!_index.TryGetValue(change.Key, out var logs))
        {
            if (change.Delta <= 0)
                return;
            _index.Add(change.Key, logs = []);
        }
        int count = logs.GetValueOrDefault(change.Log) + change.Delta;
        if (count > 0)
            logs[change.Log] = count;
        else
            logs.Remove(change.Log);
    }

    public Task SaveSnapshot(LogId log, StoredSnapshot snapshot)
    {
        lock (_lock)
        {
            if (_logs.TryGetValue(log, out var kept) && !kept.WrappedKey.IsEmpty && (kept.Snapshot?.At.NextSeq ?? 0) <= snapshot.At.NextSeq)
                kept.Snapshot = snapshot;
            return Task.CompletedTask;
        }
    }

    public ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default)
    {
        lock (_lock)
            return new(_feeds.Read(feed, after, limit));
    }

    public async Task FeedBeyond(byte feed, long number, CancellationToken cancel = default)
    {
        while (true)
        {
            var moves = _feeds.Signals.FeedMoves(feed);
            lock (_lock)
            {
                if (_feeds.Head(feed) > number)
                    return;
            }
            if (await moves.WaitAsync(cancel).ConfigureAwait(false) > number)
                return;
        }
    }

    public ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default)
    {
        lock (_lock)
            return new(_feeds.Due(until, after, limit));
    }

    public ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default)
    {
        lock (_lock)
            return new(_feeds.NextDue(after));
    }

    public Task DueSet(DateTimeOffset before, CancellationToken cancel = default) => _feeds.Signals.DueSet(Micros.Up(before), cancel);

    public ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default)
    {
        lock (_lock)
            return new(_claims.TryGetValue(claim, out var log) ? log : null);
    }

    public ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default)
    {
        lock (_lock)
        {
            IEnumerable<LogId> logs = _index.TryGetValue(index, out var found) ? found.Keys : [];
            return new([.. logs.Where(l => after is not { } a || l.CompareTo(a) > 0).Take(limit)]);
        }
    }

    public ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default)
    {
        lock (_lock)
            return new([.. _logs.Where(l => after is not { } a || l.Key.CompareTo(a) > 0).Take(limit).Select(l => Entry(l.Key, l.Value))]);
    }

    public Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement)
    {
        lock (_lock)
        {
            if (!_logs.TryGetValue(log, out var kept) || !kept.WrappedKey.Span.SequenceEqual(present.Span))
                return Task.FromResult(false);
            kept.WrappedKey = replacement;
            return Task.FromResult(true);
        }
    }

    public Task Erase(LogId log)
    {
        lock (_lock)
        {
            if (!_logs.TryGetValue(log, out var kept))
                return Task.CompletedTask;
            (kept.WrappedKey, kept.SealedName, kept.Snapshot) = (default, default, null);
            foreach (var claim in _claims.Where(c => c.Value == log).ToList())
                _claims.Remove(claim.Key);
            foreach (var logs in _index.Values)
                logs.Remove(log);
            _feeds.Erase(log);
            return Task.CompletedTask;
        }
    }

    private static LogEntry Entry(LogId log, Kept kept) => new(log, kept.Head, kept.WrappedKey, kept.SealedName);

    public ValueTask DisposeAsync()
    {
        _feeds.Signals.Close();
        return ValueTask.CompletedTask;
    }
}

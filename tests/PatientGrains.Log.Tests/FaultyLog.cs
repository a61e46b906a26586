namespace PatientGrains.Log.Tests;

/// <summary>
/// A log over another one that fails as a seed says: appends fail before or after they were applied, answer late and in another order than
/// they were made. As the contract demands, appends take effect in the order in which they were handed over.
/// </summary>
internal sealed class FaultyLog(IPatientLog inner, int seed) : ForwardingLog(inner)
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private Task _before = Task.CompletedTask;

    public int FailurePercent { get; set; } = 10;

    /// <summary>Decides the fate of the next appends instead of the seed: "before", "after" or "".</summary>
    public Queue<string> Script { get; } = [];

    public override Task Append(AppendBatch batch)
    {
        lock (_lock)
        {
            string fate = Script.TryDequeue(out var scripted) ? scripted : Fate();
            var applied = _before = Apply(_before, batch, fate, _random.Next(4));
            return Answer(applied, fate, _random.Next(12));
        }
    }

    private string Fate()
    {
        int dice = _random.Next(100);
        return dice < FailurePercent / 2 ? "before" : dice < FailurePercent ? "after" : "";
    }

    private async Task Apply(Task before, AppendBatch batch, string fate, int yields)
    {
        await Task.WhenAny(before).ConfigureAwait(false);
        for (int i = 0; i < yields; i++)
            await Task.Yield();
        if (fate == "before")
            throw new LogFailedException("planted: not applied");
        await base.Append(batch).ConfigureAwait(false);
    }

    private static async Task Answer(Task applied, string fate, int yields)
    {
        try
        {
            await applied.ConfigureAwait(false);
        }
        finally
        {
            for (int i = 0; i < yields; i++)
                await Task.Yield();
        }
        if (fate == "after")
            throw new LogFailedException("planted: applied");
    }
}

/// <summary>Hands everything on to another log.</summary>
internal abstract class ForwardingLog(IPatientLog inner) : IPatientLog
{
    public string StoreId => inner.StoreId;

    public virtual Task Append(AppendBatch batch) => inner.Append(batch);

    public ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default) => inner.Find(log, cancel);

    public ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default) => inner.Snapshot(log, cancel);

    public ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default) =>
        inner.Read(log, from, maxBytes, cancel);

    public virtual Task SaveSnapshot(LogId log, StoredSnapshot snapshot) => inner.SaveSnapshot(log, snapshot);

    public ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default) => inner.Locate(claim, cancel);

    public ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default) =>
        inner.Candidates(index, after, limit, cancel);

    public ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default) =>
        inner.Logs(after, limit, cancel);

    public Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement) =>
        inner.Rewrap(log, present, replacement);

    public ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default) =>
        inner.ReadFeed(feed, after, limit, cancel);

    public Task FeedBeyond(byte feed, long number, CancellationToken cancel = default) => inner.FeedBeyond(feed, number, cancel);

    public ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default) =>
        inner.Due(until, after, limit, cancel);

    public ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default) => inner.NextDue(after, cancel);

    public Task DueSet(DateTimeOffset before, CancellationToken cancel = default) => inner.DueSet(before, cancel);

    public Task Erase(LogId log) => inner.Erase(log);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

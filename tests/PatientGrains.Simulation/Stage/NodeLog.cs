using PatientGrains.Log;

namespace PatientGrains.Simulation.Stage;

/// <summary>
/// The shared store as one process sees it: appends fail before or after they took effect, or are said to have failed and take effect
/// later; answers are slow and of different logs in another order; reads fail; snapshots are lost. What a process that died had handed
/// over may still take effect. Appends of one log take effect in the order in which they were handed over, as the contract says.
/// </summary>
internal sealed class NodeLog(Node node, SharedStore store, Weather weather) : IPatientLog
{
    private readonly Dictionary<LogId, TimeSpan> _last = [];

    public string StoreId => store.Log.StoreId;

    public bool IsCrowded => weather.Strikes("store crowded", 0.01);

    private SimWorld World => node.World;

    public Task Append(AppendBatch batch)
    {
        if (node.IsAlive && weather.Strikes("append busy", 0.01))
            return Task.FromException(new LogBusyException("so many appends"));
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!node.IsAlive)
            return done.Task;
        var takesEffect = InOrder(batch, World.Now + weather.Latency(3));
        if (weather.Strikes("append fails, not written", 0.04))
            Answer(done, takesEffect, new LogFailedException("planted: not written"));
        else if (weather.Strikes("append refused, store full", 0.01))
            Answer(done, takesEffect, new LogFullException("the simulation"));
        else if (weather.Strikes("append fails, written", 0.04))
        {
            var failure = new LogFailedException("planted: written");
            World.After(takesEffect - World.Now, () => Apply(batch, _ => Answer(done, World.Now, failure)));
        }
        else if (weather.Strikes("append fails, written later", 0.03))
            FailAndWriteLater(batch, done, takesEffect);
        else
            World.After(takesEffect - World.Now, () => Apply(batch, refusal => Answer(done, World.Now, refusal)));
        return done.Task;
    }

    private TimeSpan InOrder(AppendBatch batch, TimeSpan at)
    {
        foreach (var append in batch.Commits)
        {
            var before = _last.GetValueOrDefault(append.Commit.Log);
            at = at > before ? at : before + TimeSpan.FromTicks(1);
        }
        foreach (var append in batch.Commits)
            _last[append.Commit.Log] = at;
        return at;
    }

    private void FailAndWriteLater(AppendBatch batch, TaskCompletionSource done, TimeSpan takesEffect)
    {
        Answer(done, takesEffect, new LogFailedException("planted: written later, perhaps"));
        var later = takesEffect - World.Now + World.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5));
        World.After(later, () => Apply(batch, _ => { }));
    }

    private void Apply(AppendBatch batch, Action<Exception?> then)
    {
        // The last words of a process that died may be lost on the way.
        if (!node.IsAlive && World.Chance(0.5))
            return;
        var refusal = store.Append(batch);
        if (refusal is StaleHeadException)
            weather.Count("stale head");
        then(refusal);
    }

    private void Answer(TaskCompletionSource done, TimeSpan from, Exception? failure) =>
        node.After(from - World.Now + weather.Latency(2), () =>
        {
            if (failure is null)
                done.SetResult();
            else
                done.SetException(failure);
        });

    /// <summary>A question to the store, which is answered as of some time between now and then; half of them at once.</summary>
    private async Task<T> Ask<T>(Func<ValueTask<T>> look)
    {
        bool isSlow = World.Chance(0.5);
        if (isSlow || !node.IsAlive)
            await node.Pause(weather.Latency(2)).ConfigureAwait(false);
        if (weather.Strikes("read fails", 0.02))
            throw new LogFailedException("planted: not read");
        var answer = await look().ConfigureAwait(false);
        if (isSlow)
            await node.Pause(weather.Latency(2)).ConfigureAwait(false);
        return answer;
    }

    /// <summary>News travel: this process hears them later than the one that wrote.</summary>
    private async Task Hear(Task news, CancellationToken cancel)
    {
        if (weather.Strikes("wait fails", 0.02))
            throw new LogFailedException("planted: not listening");
        await news.ConfigureAwait(false);
        await node.Pause(weather.Latency(5)).WaitAsync(cancel).ConfigureAwait(false);
    }

    public async Task SaveSnapshot(LogId log, StoredSnapshot snapshot)
    {
        await node.Pause(weather.Latency(20)).ConfigureAwait(false);
        if (weather.Strikes("snapshot lost", 0.2))
            return;
        weather.Count("snapshot kept");
        await store.Log.SaveSnapshot(log, snapshot).ConfigureAwait(false);
    }

    public async ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default) =>
        await Ask(() => store.Log.Find(log, cancel)).ConfigureAwait(false);

    public async ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default) =>
        await Ask(() => store.Log.Snapshot(log, cancel)).ConfigureAwait(false);

    public async ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default) =>
        await Ask(() => store.Log.Read(log, from, maxBytes, cancel)).ConfigureAwait(false);

    public async ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default) =>
        await Ask(() => store.Log.ReadFeed(feed, after, limit, cancel)).ConfigureAwait(false);

    public Task FeedBeyond(byte feed, long number, CancellationToken cancel = default) =>
        Hear(store.Log.FeedBeyond(feed, number, cancel), cancel);

    public async ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default) =>
        await Ask(() => store.Log.Due(until, after, limit, cancel)).ConfigureAwait(false);

    public async ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default) =>
        await Ask(() => store.Log.NextDue(after, cancel)).ConfigureAwait(false);

    public Task DueSet(DateTimeOffset before, CancellationToken cancel = default) => Hear(store.Log.DueSet(before, cancel), cancel);

    public async ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default) =>
        await Ask(() => store.Log.Locate(claim, cancel)).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default) =>
        await Ask(() => store.Log.Candidates(index, after, limit, cancel)).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default) =>
        await Ask(() => store.Log.Logs(after, limit, cancel)).ConfigureAwait(false);

    public Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement) =>
        Ask(async () => await store.Log.Rewrap(log, present, replacement).ConfigureAwait(false));

    public Task Erase(LogId log) => store.Log.Erase(log);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

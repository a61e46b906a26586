using System.Collections.Concurrent;
using System.Globalization;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// What appends change outside their logs, but for claims: feeds, the index in shards, and the registry of due times and erased logs.
/// Everything may be written again: a feed takes a line once, and the others know by its position a change that they have had.
/// </summary>
internal sealed class SharedState
{
    /// <summary>Each shard is one sequence that all processes append to, and that a process that searches holds in memory.</summary>
    public const int IndexShards = 16;

    private readonly BlobClient _client;
    private readonly int _blocksPerBlob;
    private readonly LogSignals _signals;
    private readonly RegistryFold _registry;
    private readonly SharedTail _registryTail;
    private readonly (IndexFold Fold, SharedTail Tail)[] _index;
    private readonly ConcurrentDictionary<byte, (FeedForm Form, SharedTail Tail)> _feeds = [];

    public SharedState(BlobClient client, LogSignals signals, int blocksPerBlob)
    {
        (_client, _signals, _blocksPerBlob) = (client, signals, blocksPerBlob);
        _registry = new RegistryFold(signals);
        _registryTail = new SharedTail(client, "registry", new FoldForm(_registry), blocksPerBlob);
        _index = [.. Enumerable.Range(0, IndexShards).Select(shard =>
        {
            var fold = new IndexFold();
            string prefix = string.Create(CultureInfo.InvariantCulture, $"index/{shard:d2}");
            return (fold, new SharedTail(client, prefix, new FoldForm(fold), blocksPerBlob));
        })];
    }

    /// <summary>Hands over everything that a commit changes. What is handed over later comes behind it.</summary>
    /// <param name="effects">What its frame says.</param>
    /// <param name="positions">Where the commits of its logs lie.</param>
    /// <param name="healths">Of its logs.</param>
    public Task Write(AppendEffects effects, IReadOnlyDictionary<LogId, BlobPosition> positions, IReadOnlyList<LaneHealth> healths)
    {
        List<Task> written = [];
        foreach (var feed in effects.Batch.Feeds.GroupBy(line => line.Feed))
        {
            byte[] lines = [.. feed.SelectMany(line => FeedForm.Line(line.Log, line.Seq))];
            written.Add(Feed(feed.Key).Tail.Append(lines, effects.FeedsFrom[feed.Key], healths));
        }
        var changes = effects.Batch.Index.GroupBy(change => (change.Key, change.Log)).Select(same => new FoldRecord(
            IndexFold.ChangeKind, same.Key.Log, positions[same.Key.Log], same.Key.Key, same.Sum(change => (long)change.Delta)));
        foreach (var shard in changes.GroupBy(change => Shard(change.Key)))
            written.Add(_index[shard.Key].Tail.Append(Bytes(shard), 0, healths));
        if (effects.Batch.Due.Count > 0)
        {
            var due = effects.Batch.Due.Select(change => new FoldRecord(RegistryFold.DueKind, change.Log, positions[change.Log], default,
                change.At is { } at ? Micros.Up(at) : Footer.NoDue));
            written.Add(_registryTail.Append(Bytes(due), 0, healths));
        }
        return Task.WhenAll(written);
    }

    /// <summary>A log was erased at a position.</summary>
    public Task Erase(LogId log, BlobPosition at)
    {
        FoldRecord[] registry =
        [
            new(RegistryFold.DueKind, log, at, default, Footer.NoDue), new(RegistryFold.ErasedKind, log, at, default, 0),
        ];
        byte[] index = new FoldRecord(IndexFold.ErasedKind, log, at, default, 0).Write();
        return Task.WhenAll(_index.Select(shard => shard.Tail.Append(index, 0, [])).Append(_registryTail.Append(Bytes(registry), 0, [])));
    }

    private static byte[] Bytes(IEnumerable<FoldRecord> records) => [.. records.SelectMany(record => record.Write())];

    private static int Shard(BlindKey key) => (int)(key.Value % IndexShards);

    private (FeedForm Form, SharedTail Tail) Feed(byte feed) => _feeds.GetOrAdd(feed, _ =>
    {
        var form = new FeedForm(_client, feed, _signals);
        return (form, new SharedTail(_client, FeedForm.Prefix(feed), form, _blocksPerBlob));
    });

    /// <summary>For each feed of an append a number of lines that it has now, at least.</summary>
    public async Task<Dictionary<byte, long>> FeedsFrom(IReadOnlyList<FeedAppend> lines)
    {
        var from = new Dictionary<byte, long>();
        foreach (byte feed in lines.Select(line => line.Feed).Distinct())
        {
            var (form, tail) = Feed(feed);
            if (form.Head == 0)
                await tail.Refresh().ConfigureAwait(false);
            from[feed] = form.Head;
        }
        return from;
    }

    public async Task<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel)
    {
        var (form, tail) = Feed(feed);
        await Task.WhenAll(tail.Refresh(), _registryTail.Refresh()).WaitAsync(cancel).ConfigureAwait(false);
        long head = form.Head;
        var lines = await form.Lines(after, (int)Math.Min(limit, Math.Max(0, head - after)), cancel).ConfigureAwait(false);
        return new([.. lines.Select(line => _registry.IsErased(line.Log!.Value) ? new StoredFeedLine(line.Number, null, 0) : line)], head);
    }

    public async Task<long> FeedHead(byte feed, CancellationToken cancel)
    {
        var (form, tail) = Feed(feed);
        await tail.Refresh().WaitAsync(cancel).ConfigureAwait(false);
        return form.Head;
    }

    public async Task<IReadOnlyList<LogId>> Candidates(BlindKey key, LogId? after, int limit, CancellationToken cancel)
    {
        var (fold, tail) = _index[Shard(key)];
        await tail.Refresh().WaitAsync(cancel).ConfigureAwait(false);
        return fold.Candidates(key, after, limit);
    }

    /// <summary>Due times and erased logs as they are now.</summary>
    public async Task<RegistryFold> Registry(CancellationToken cancel)
    {
        await _registryTail.Refresh().WaitAsync(cancel).ConfigureAwait(false);
        return _registry;
    }
}

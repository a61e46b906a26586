using PatientGrains.Log.AzureBlob;

namespace PatientGrains.Log;

/// <summary>
/// The log of a cluster in append blobs of Azure Storage: several processes append to it and read it at once. Each log is a sequence of
/// blobs of its own, to which every append is conditional on its position; of two processes that both believe they own a log, the position
/// lets exactly one win. An append over several logs is prepared in the others and takes effect with the commit of the first. An append is
/// acknowledged when everything that it changes is durable; what a process that died left undone is found by its notes and done by another.
/// </summary>
public sealed class AzureBlobLog : IPatientLog
{
    private readonly AzureBlobLogOptions _options;
    private readonly BlobClient _client;
    private readonly LogSignals _signals = new();
    private readonly Decisions _decisions;
    private readonly Lanes _lanes;
    private readonly ClaimBlobs _claims;
    private readonly LogRecords _records;
    private readonly SharedState _shared;
    private readonly LogReading _reading;
    private readonly Notes _notes;
    private readonly Appends _appends;
    private readonly LogListing _listing;
    private readonly CancellationTokenSource _closed = new();
    private Upkeep? _upkeep;

    private AzureBlobLog(AzureBlobLogOptions options, BlobClient client)
    {
        (_options, _client) = (options, client);
        var logs = new LogBlobs(client);
        _decisions = new Decisions(logs, client, options);
        _lanes = new Lanes(options);
        _claims = new ClaimBlobs(client, _decisions);
        _records = new LogRecords(client);
        _shared = new SharedState(client, _signals, options.BlocksPerBlob);
        _reading = new LogReading(client, logs, _decisions);
        _notes = new Notes(client, options);
        var settling = new Settling(logs, _decisions, _claims, _records, _shared);
        _appends = new Appends(options, _lanes, _notes, logs, _decisions, _claims, _records, _shared, settling);
        _listing = new LogListing(client);
    }

    public string StoreId { get; private set; } = "";

    /// <summary>Opens the log in a container, or makes one, and settles what processes that died left behind. Throws
    /// <see cref="DataFolderException"/> when the container was made with another ring, is newer, or holds something else.</summary>
    /// <param name="options">Where it is, and how to be let in.</param>
    /// <param name="ring">Only its check value is used: no key reaches the log.</param>
    /// <param name="cancel">Gives up opening.</param>
    public static async Task<AzureBlobLog> Open(AzureBlobLogOptions options, KeyRing ring, CancellationToken cancel = default)
    {
        var client = new BlobClient(options);
        var log = new AzureBlobLog(options, client);
        try
        {
            await client.CreateContainer().WaitAsync(cancel).ConfigureAwait(false);
            log.StoreId = await StoreBlob.Prepare(client, ring.CheckValue, cancel).ConfigureAwait(false);
            await log._notes.SettleOthers(all: true, log._appends.Settle).WaitAsync(cancel).ConfigureAwait(false);
            log._upkeep = new Upkeep(options, log._lanes, log._notes, log._appends);
            return log;
        }
        catch
        {
            client.Stop();
            throw;
        }
    }

    public async ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default)
    {
        var known = _lanes.Tail(log);
        var tail = known is null
            ? await _decisions.Load(log, cancel).ConfigureAwait(false)
            : await _decisions.Follow(known, cancel).ConfigureAwait(false);
        // Whoever sees a commit may rely on what it changes.
        if (!_lanes.IsSettled(tail))
            tail = await _appends.Settle(log).WaitAsync(cancel).ConfigureAwait(false);
        if (tail.Head == Head.Empty)
            return null;
        var (wrapped, name, _) = await _records.Key(log, tail.Birth, cancel).ConfigureAwait(false);
        bool isErased = tail.IsErased;
        return new LogEntry(log, tail.Head, isErased ? default : wrapped, isErased ? default : name)
        {
            DueAt = AppendEffects.Time(tail.Due),
        };
    }

    public async ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default) =>
        await _records.Snapshot(log, cancel).ConfigureAwait(false) is { } snapshot
            && !(await _shared.Registry(cancel).ConfigureAwait(false)).IsErased(log)
            ? snapshot
            : null;

    public async ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default) =>
        await _reading.Read(log, from, maxBytes, cancel).ConfigureAwait(false);

    public bool IsCrowded => _lanes.IsCrowded;

    public Task Append(AppendBatch batch) =>
        _closed.IsCancellationRequested ? Task.FromException(BlobHttp.Closed()) : _appends.Append(batch);

    public async ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default) =>
        await _shared.ReadFeed(feed, after, limit, cancel).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <remarks>What other processes appended is noticed by a look every <see cref="AzureBlobLogOptions.LookEvery"/>.</remarks>
    public async Task FeedBeyond(byte feed, long number, CancellationToken cancel = default)
    {
        while (true)
        {
            var moves = _signals.FeedMoves(feed);
            if (await _shared.FeedHead(feed, cancel).ConfigureAwait(false) > number)
                return;
            await Heard(moves, cancel).ConfigureAwait(false);
        }
    }

    public async ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default) =>
        (await _shared.Registry(cancel).ConfigureAwait(false)).Due(until, after, limit);

    public async ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default) =>
        (await _shared.Registry(cancel).ConfigureAwait(false)).NextDue(after);

    /// <inheritdoc/>
    /// <remarks>What other processes appended is noticed by a look every <see cref="AzureBlobLogOptions.LookEvery"/>.</remarks>
    public async Task DueSet(DateTimeOffset before, CancellationToken cancel = default)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var set = _signals.DueSet(Micros.Up(before), given.Token);
        while (!await Heard(set, cancel).ConfigureAwait(false))
            // What is read is told to those who wait.
            await _shared.Registry(cancel).ConfigureAwait(false);
    }

    /// <summary>Waits until something is told here, or it is time to look what others wrote.</summary>
    private async Task<bool> Heard(Task told, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var look = Task.Delay(_options.LookEvery, _options.Clock, stop.Token);
        bool heard = await Task.WhenAny(told, look).ConfigureAwait(false) == told;
        await stop.CancelAsync().ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        if (heard)
            await told.ConfigureAwait(false);
        return heard;
    }

    public async Task SaveSnapshot(LogId log, StoredSnapshot snapshot)
    {
        if (!(await _shared.Registry(default).ConfigureAwait(false)).IsErased(log))
            await _records.SaveSnapshot(log, snapshot).ConfigureAwait(false);
    }

    public async ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default) =>
        await _claims.Locate(claim, cancel).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default) =>
        await _shared.Candidates(index, after, limit, cancel).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default)
    {
        var entries = new List<LogEntry>();
        while (entries.Count < limit)
        {
            // A log may have been begun and never got its first commit: it is none.
            var ids = await _listing.Behind(after, limit - entries.Count, cancel).ConfigureAwait(false);
            var found = await Task.WhenAll(ids.Select(id => Find(id, cancel).AsTask())).ConfigureAwait(false);
            entries.AddRange(found.OfType<LogEntry>().Select(entry => entry with { DueAt = null }));
            if (ids.Count == 0)
                break;
            after = ids[^1];
        }
        return entries;
    }

    public async Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement)
    {
        var tail = await _decisions.Load(log).ConfigureAwait(false);
        return tail.Head != Head.Empty && await _records.Rewrap(log, tail.Birth, present, replacement).ConfigureAwait(false);
    }

    public Task Erase(LogId log) => _appends.Erase(log);

    /// <summary>Writes everything that waits, and marks it as settled, so that the next process has nothing to look at.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closed.IsCancellationRequested)
            return;
        await _closed.CancelAsync().ConfigureAwait(false);
        _signals.Close();
        await _lanes.Drained().ConfigureAwait(false);
        if (_upkeep is { } upkeep)
        {
            await upkeep.DisposeAsync().ConfigureAwait(false);
            await upkeep.Finish().ConfigureAwait(false);
        }
        _client.Stop();
    }
}

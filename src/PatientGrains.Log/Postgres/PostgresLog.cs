using PatientGrains.Log.Postgres;

namespace PatientGrains.Log;

/// <summary>
/// The log of a cluster: a schema of a PostgreSQL database (14 or later) that any number of processes write at once. An append is
/// acknowledged when PostgreSQL has committed it, synced to its disk. It outlives the server: while that is away, appends and reads fail,
/// and when it is back they work again.
/// </summary>
public sealed class PostgresLog : IPatientLog
{
    private readonly PostgresConnections _connections;
    private readonly PostgresReads _reads;
    private readonly PostgresFeedReads _feeds;
    private readonly PostgresWriter _writer;
    private readonly PostgresSideWrites _side;
    private readonly PostgresSignals _signals;

    private PostgresLog(PostgresConnections connections, PostgresLogOptions options, string id)
    {
        StoreId = id;
        _connections = connections;
        _reads = new PostgresReads(connections, options.Schema);
        _feeds = new PostgresFeedReads(connections, options.Schema);
        _signals = new PostgresSignals(connections, options, id);
        var heads = new PostgresHeads(options.Schema, () => connections.Renewals);
        _writer = new PostgresWriter(connections, new PostgresStatements(options.Schema), heads, _signals, options);
        _side = new PostgresSideWrites(connections, heads, options.Schema);
    }

    public string StoreId { get; }

    /// <summary>Opens the log in a schema, or makes one. Programs that do so at the same time wait for each other.</summary>
    /// <param name="options">Where it lies.</param>
    /// <param name="ring">Only its check value is used: no key reaches the log.</param>
    /// <param name="cancel">Gives up opening.</param>
    /// <exception cref="DataFolderException">It was made with another ring, is newer, is of something else, may not be made, or the server
    /// does not sync.</exception>
    /// <exception cref="LogFailedException">The server cannot be reached.</exception>
    public static Task<PostgresLog> Open(PostgresLogOptions options, KeyRing ring, CancellationToken cancel = default) =>
        Open(options, ring, PostgresSchema.Version, cancel);

    internal static async Task<PostgresLog> Open(PostgresLogOptions options, KeyRing ring, int version, CancellationToken cancel)
    {
        if (!PostgresSchema.IsName(options.Schema))
            throw new ArgumentException("A schema is named by small letters, digits and underscores.", nameof(options));
        PostgresConnections? connections = null;
        try
        {
            connections = await PostgresConnections.Make(options, cancel).ConfigureAwait(false);
            await using var connection = await connections.Open(cancel).ConfigureAwait(false);
            string id = await new PostgresSchema(options.Schema, connections.Place)
                .Prepare(connection, ring.CheckValue, version, cancel).ConfigureAwait(false);
            return await Ready(new PostgresLog(connections, options, id), options, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (connections is not null)
                await connections.DisposeAsync().ConfigureAwait(false);
            if (!PostgresConnections.IsOfServer(e))
                throw;
            throw new LogFailedException(
                $"The log in {PostgresConnections.PlaceOf(options)} could not be opened: {PostgresConnections.Describe(e)}", e);
        }
    }

    private static async Task<PostgresLog> Ready(PostgresLog log, PostgresLogOptions options, CancellationToken cancel)
    {
        try
        {
            await log._signals.Ready.WaitAsync(options.StatementTimeout, cancel).ConfigureAwait(false);
            return log;
        }
        catch
        {
            await log.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default) => _reads.Find(log, cancel);

    public ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default) => _reads.Snapshot(log, cancel);

    public ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default) =>
        _reads.Read(log, from, maxBytes, cancel);

    public ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default) => _reads.Locate(claim, cancel);

    public ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default) =>
        _reads.Candidates(index, after, limit, cancel);

    public ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default) =>
        _reads.Logs(after, limit, cancel);

    public ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default) =>
        _feeds.Read(feed, after, limit, cancel);

    public async Task FeedBeyond(byte feed, long number, CancellationToken cancel = default)
    {
        while (true)
        {
            var moves = _signals.Local.FeedMoves(feed);
            if (await _feeds.Head(feed, cancel).ConfigureAwait(false) > number
                || await moves.WaitAsync(cancel).ConfigureAwait(false) > number)
                return;
        }
    }

    public ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default) =>
        _feeds.Due(until, after, limit, cancel);

    public ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default) => _feeds.NextDue(after, cancel);

    public Task DueSet(DateTimeOffset before, CancellationToken cancel = default) => _signals.Local.DueSet(Micros.Up(before), cancel);

    public bool IsCrowded => _writer.IsCrowded;

    public Task Append(AppendBatch batch)
    {
        batch.Check();
        return _writer.Submit(batch);
    }

    public Task SaveSnapshot(LogId log, StoredSnapshot snapshot) => _side.Snapshot(log, snapshot);

    public Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement) =>
        _side.Rewrap(log, present, replacement);

    public Task Erase(LogId log) => _side.Erase(log);

    /// <summary>Writes everything that waits, then lets the connections go.</summary>
    public async ValueTask DisposeAsync()
    {
        _signals.Local.Close();
        await _writer.Drain().ConfigureAwait(false);
        await _signals.DisposeAsync().ConfigureAwait(false);
        await _connections.DisposeAsync().ConfigureAwait(false);
    }
}

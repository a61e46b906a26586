namespace PatientGrains.Log;

/// <summary>
/// Recomputes every chain of a store. Without keys: form, numbers, hashes, links, times. With the ring: seals, names and, with a reader,
/// events too. Against a checkpoint: that every head which was exported still lies on its log's chain, which is the only way to see an end
/// that was cut off, a log that is gone, or a chain that was recomputed by somebody who owns the store. Runs beside a working server, in
/// constant memory: what lies below a head never changes, so no transaction is held.
/// </summary>
public sealed class LogVerifier
{
    private const int PageOfLogs = 256;
    private const int PageBytes = 1 << 20;
    /// <summary>Broken logs that a report lists; the others are counted.</summary>
    public const int MostListed = 1000;

    private readonly IPatientLog _log;
    private readonly KeyRing? _ring;
    private readonly EventLength? _events;
    private readonly List<BrokenLog> _broken = [];
    private long _logs, _erased, _commits, _eventCount, _bytes, _brokenLogs, _compared;

    private LogVerifier(IPatientLog log, KeyRing? ring, EventLength? events)
    {
        _log = log;
        _ring = ring;
        _events = events;
    }

    /// <summary>Verifies a whole store. Reports what is broken; throws only when the store cannot be read at all.</summary>
    /// <param name="log">The store.</param>
    /// <param name="ring">Opens seals and names; null verifies without keys.</param>
    /// <param name="events">Decodes events, when seals are opened; null leaves them undecoded.</param>
    /// <param name="checkpoint">Heads that must still be there.</param>
    /// <param name="progress">Is told after every log how many there were.</param>
    /// <param name="cancel">Ends the work between two reads.</param>
    public static async Task<VerifyReport> Verify(
        IPatientLog log, KeyRing? ring = null, EventLength? events = null, CheckpointFile? checkpoint = null,
            IProgress<long>? progress = null, CancellationToken cancel = default)
    {
        var verifier = new LogVerifier(log, ring, events);
        if (checkpoint is not null && checkpoint.StoreId != log.StoreId)
            throw new CheckpointException($"The checkpoint is of store {checkpoint.StoreId}, this is store {log.StoreId}.");
        using var expected = (checkpoint?.Heads() ?? []).GetEnumerator();
        bool more = expected.MoveNext();
        await foreach (var entry in verifier.Entries(cancel).ConfigureAwait(false))
        {
            for (; more && expected.Current.Log.CompareTo(entry.Log) < 0; more = expected.MoveNext())
                verifier.Missing(expected.Current);
            Head? noted = more && expected.Current.Log == entry.Log ? expected.Current.Head : null;
            if (noted is not null)
                more = expected.MoveNext();
            await verifier.Walk(entry, noted, cancel).ConfigureAwait(false);
            progress?.Report(verifier._logs);
        }
        for (; more; more = expected.MoveNext())
            verifier.Missing(expected.Current);
        var feeds = await FeedWalk.Of(log, cancel).ConfigureAwait(false);
        return verifier.Report() with { FeedLines = feeds.Lines, BrokenFeeds = feeds.Broken };
    }

    private VerifyReport Report() => new(_logs, _erased, _commits, _eventCount, _bytes, _compared, _brokenLogs, _broken);

    private async IAsyncEnumerable<LogEntry> Entries([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        IReadOnlyList<LogEntry> page;
        LogId? after = null;
        do
        {
            page = await _log.Logs(after, PageOfLogs, cancel).ConfigureAwait(false);
            foreach (var entry in page)
                yield return entry;
            after = page.Count > 0 ? page[^1].Log : null;
        }
        while (page.Count == PageOfLogs);
    }

    private void Missing((LogId Log, Head Head) noted)
    {
        _compared++;
        Broken(noted.Log, null, 0, "the checkpoint has this log, the store has not");
    }

    private async Task Walk(LogEntry entry, Head? noted, CancellationToken cancel)
    {
        _logs++;
        if (noted is not null)
            _compared++;
        string? name = null;
        var chain = new ChainWalk(entry, noted, _events);
        try
        {
            if (entry.IsErased)
            {
                _erased++;
            }
            else if (_ring is not null)
            {
                name = _ring.NameOf(entry).Text;
                chain.Key = _ring.DataKey(entry.Log, entry.WrappedKey.Span);
            }
            for (var from = new ReadFrom(0); !chain.IsAtHead;)
            {
                var page = await _log.Read(entry.Log, from, PageBytes, cancel).ConfigureAwait(false);
                if (page.Commits.Count == 0)
                    throw chain.Wrong("the log ends before its head");
                foreach (var commit in page.Commits.TakeWhile(_ => !chain.IsAtHead))
                {
                    chain.Take(commit);
                    _commits++;
                    _eventCount += commit.Count;
                    _bytes += commit.Bytes.Length;
                }
                from = page.Next;
            }
            chain.Finish();
        }
        catch (LogCorruptException e)
        {
            Broken(entry.Log, name, e.Seq, e.What);
        }
        catch (KeyRingException e)
        {
            Broken(entry.Log, name, 0, e.Message);
        }
        finally
        {
            chain.Key?.Dispose();
        }
    }

    private void Broken(LogId log, string? name, long seq, string what)
    {
        _brokenLogs++;
        if (_broken.Count < MostListed)
            _broken.Add(new BrokenLog(log, name, seq, what));
    }
}

/// <summary>How many bytes the event takes that the bytes begin with. Throws <see cref="FormatException"/> when they do not begin with
/// one.</summary>
public delegate int EventLength(ReadOnlyMemory<byte> bytes);

/// <summary>What was verified, and what is broken.</summary>
/// <param name="Compared">Heads of the checkpoint that were compared.</param>
/// <param name="BrokenLogs">How many logs are broken.</param>
/// <param name="Broken">The first of them, each with the first thing that is wrong.</param>
public sealed record VerifyReport(
    long Logs, long Erased, long Commits, long Events, long Bytes, long Compared, long BrokenLogs, IReadOnlyList<BrokenLog> Broken)
{
    public bool IsSound => BrokenLogs == 0 && BrokenFeeds.Count == 0;

    /// <summary>Lines of all feeds.</summary>
    public long FeedLines { get; init; }

    /// <summary>Feeds that are broken, each with the first line that is wrong.</summary>
    public IReadOnlyList<BrokenFeed> BrokenFeeds { get; init; } = [];
}

/// <summary>The first broken commit of a log.</summary>
/// <param name="Name">The name in the clear, when it was verified with keys and could be opened. It names a patient: show it to nobody who
/// may not know.</param>
/// <param name="Seq">Number of the first event of the commit that is wrong, or where one is missing.</param>
public sealed record BrokenLog(LogId Log, string? Name, long Seq, string What);

/// <summary>The first broken line of a feed.</summary>
public sealed record BrokenFeed(int Feed, long Number, string What);

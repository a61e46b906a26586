namespace PatientGrains.Log;

/// <summary>
/// Storage of sealed commits for many logs. It holds no key and never sees plaintext, and it interprets nothing but heads and blinded keys.
/// All methods may be called from any thread. Reads see everything that was acknowledged before they began, and never what is not durable
/// yet. Failures are <see cref="LogException"/>s.
/// </summary>
public interface IPatientLog : IAsyncDisposable
{
    /// <summary>16 random bytes that were drawn when the store was made, as hex. Checkpoints name it, so that they cannot be held against
    /// another store.</summary>
    string StoreId { get; }

    /// <summary>Head, wrapped data key and sealed name of a log. Null when it has never been written.</summary>
    ValueTask<LogEntry?> Find(LogId log, CancellationToken cancel = default);

    /// <summary>The newest snapshot that is kept, or null. It may lie behind the head; asked for before <see cref="Find"/>, it never lies
    /// in front of it.</summary>
    ValueTask<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel = default);

    /// <summary>
    /// Commits in ascending order, beginning with those that start where the commit with <paramref name="from"/>'s event starts (a void
    /// commit starts where the next one does); as many as fit in <paramref name="maxBytes"/>, at least one when there is one. Empty at the
    /// end. What is below a head never changes, so pages read one after the other are consistent without a transaction around them.
    /// </summary>
    ValueTask<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel = default);

    /// <summary>
    /// Appends the commits of one or several logs with their claims and index changes, all or nothing. Completes when that is durable.
    /// Fails with <see cref="StaleHeadException"/>, <see cref="ClaimTakenException"/>, <see cref="LogFullException"/>,
    /// <see cref="LogErasedException"/> when nothing of it was or will be written; with <see cref="LogBusyException"/> when it was refused
    /// before being queued; with <see cref="LogFailedException"/> when the store is broken and the outcome may be unknown: after that,
    /// only <see cref="Find"/> on a store that works again tells. Appends of one log take effect in the order in which they were handed
    /// over; one that builds on a failed one fails with it.
    /// </summary>
    Task Append(AppendBatch batch);

    /// <summary>
    /// Whether so much waits that journals should decide nothing new, so that <see cref="Append"/> never refuses what was decided:
    /// a journal whose append is refused is lost. A store that keeps no queue of its own, or whose queue is bounded elsewhere, never is.
    /// </summary>
    bool IsCrowded => false;

    /// <summary>
    /// Lines of a feed behind a number. They are durable, and never change but by <see cref="Erase"/>.
    /// <para>A store with one writer numbers by counting. In PostgreSQL, the transaction takes its numbers as its last statement from a
    /// row per feed (<c>UPDATE ... RETURNING</c>), whose lock it holds until it is committed: so numbers are in the order of commit, and
    /// one that is rolled back gives its numbers back. A store that has no such transaction (append blobs) writes the lines into the
    /// commits and lets one numberer follow the logs; its lines appear when they are numbered, and the head that is reported is that
    /// watermark, so that readers see no difference but the delay.</para>
    /// </summary>
    ValueTask<StoredFeedPage> ReadFeed(byte feed, long after, int limit, CancellationToken cancel = default);

    /// <summary>
    /// Completes when a feed has a line beyond a number. A line that this process appended is told at once, without polling; a store that
    /// several processes write tells what the others wrote as soon as it learns of it (a notification, or a look now and then).
    /// </summary>
    Task FeedBeyond(byte feed, long number, CancellationToken cancel = default);

    /// <summary>Up to <paramref name="limit"/> logs that are due until a time, in the order of their times, each once, continuing behind
    /// <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<DueLog>> Due(DateTimeOffset until, DueLog? after, int limit, CancellationToken cancel = default);

    /// <summary>The earliest time after <paramref name="after"/> at which a log is due, or null.</summary>
    ValueTask<DateTimeOffset?> NextDue(DateTimeOffset after, CancellationToken cancel = default);

    /// <summary>
    /// Completes when a due time before <paramref name="before"/> has become durable since the call was made; what was there already does
    /// not count, so ask first and read then. May complete without cause: a store that several processes write may do so now and then.
    /// </summary>
    Task DueSet(DateTimeOffset before, CancellationToken cancel = default);

    /// <summary>Keeps a snapshot in place of the log's earlier one. It may be lost or left out: a log can always be replayed. Ignored when
    /// older than the one that is there.</summary>
    Task SaveSnapshot(LogId log, StoredSnapshot snapshot);

    /// <summary>The log that holds a claim, or null.</summary>
    ValueTask<LogId?> Locate(BlindKey claim, CancellationToken cancel = default);

    /// <summary>Up to <paramref name="limit"/> logs that have an index entry under the key, in a stable order, continuing behind
    /// <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<LogId>> Candidates(BlindKey index, LogId? after, int limit, CancellationToken cancel = default);

    /// <summary>All logs in the order of their ids, a page at a time; for verification, listings and rotation, not for hot paths.</summary>
    ValueTask<IReadOnlyList<LogEntry>> Logs(LogId? after, int limit, CancellationToken cancel = default);

    /// <summary>Replaces a wrapped data key, if it is still the one that was read. True when it was replaced.</summary>
    Task<bool> Rewrap(LogId log, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement);

    /// <summary>
    /// Destroys a log's wrapped data key, sealed name, snapshot, claims, index entries and due time; its lines in feeds stay as numbers
    /// that name no log. The ciphertext stays, so that its chain can still be verified, but nobody can read it again. Copies in backups and
    /// on worn flash are out of reach of any store: they die when the key-encryption key that wrapped them is rotated and removed.
    /// </summary>
    Task Erase(LogId log);
}

/// <summary>A log as the store knows it. <paramref name="WrappedKey"/> and <paramref name="SealedName"/> are empty when it was
/// erased.</summary>
public sealed record LogEntry(LogId Log, Head Head, ReadOnlyMemory<byte> WrappedKey, ReadOnlyMemory<byte> SealedName)
{
    public bool IsErased => WrappedKey.IsEmpty;

    /// <summary>When the log wants to be woken, as its head's append said; only <see cref="IPatientLog.Find"/> gives it.</summary>
    public DateTimeOffset? DueAt { get; init; }
}

/// <summary>A sealed state that covers everything before <paramref name="At"/>.</summary>
public sealed record StoredSnapshot(Head At, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// A commit as it lies in a store: the sealed bytes, and what the store notes beside them. A reader trusts neither before it has compared
/// both (<see cref="CommitHeader"/> lays out the bytes). <paramref name="Count"/> is 0 for a void commit, which changes the head's hash
/// and nothing else.
/// </summary>
public sealed record SealedCommit(LogId Log, long FirstSeq, int Count, ChainHash Hash, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The head after this commit.</summary>
    public Head End => new(FirstSeq + Count, Hash);
}

/// <summary>Where a read begins: at the commit that holds an event, or behind a commit that was read before.</summary>
/// <param name="Seq">The event's number.</param>
/// <param name="Position">What the store gave in <see cref="CommitPage.Next"/>, 0 at first. It has a meaning to the store only.</param>
public readonly record struct ReadFrom(long Seq, long Position = 0);

/// <summary>Some commits, and where the next page begins.</summary>
public sealed record CommitPage(IReadOnlyList<SealedCommit> Commits, ReadFrom Next);

/// <summary>One commit of an append.</summary>
/// <param name="On">The head it builds on; the append fails unless that is the log's head.</param>
/// <param name="WrappedKey">The log's wrapped data key, when the commit is the log's first, else empty.</param>
/// <param name="SealedName">The log's sealed name, when the commit is the log's first, else empty.</param>
public sealed record CommitAppend(
    SealedCommit Commit, Head On, ReadOnlyMemory<byte> WrappedKey = default, ReadOnlyMemory<byte> SealedName = default);

/// <summary>
/// Claims a locator key for a log of the same append. It succeeds when the key is free, or the log's already, or held by
/// <paramref name="Replaces"/>.
/// </summary>
public readonly record struct Claim(BlindKey Key, LogId Log, LogId? Replaces = null);

/// <summary>Gives a locator key up, if the log holds it.</summary>
public readonly record struct Release(BlindKey Key, LogId Log);

/// <summary>Changes how often a log has an index key. An entry whose count reaches zero is gone.</summary>
public readonly record struct IndexChange(BlindKey Key, LogId Log, int Delta);

/// <summary>
/// What is appended together. At most one commit per log; every claim, release, index change, line of a feed and due time is of one of
/// these logs; a key is claimed or released at most once.
/// </summary>
public sealed record AppendBatch(
    IReadOnlyList<CommitAppend> Commits,
    IReadOnlyList<Claim> Claims,
    IReadOnlyList<Release> Releases,
    IReadOnlyList<IndexChange> Index)
{
    /// <summary>Commits in one append: a patient and the directory resources of one R4 transaction Bundle.</summary>
    public const int MaxCommits = 1024;
    /// <summary>Claims, releases, index changes and lines of feeds of one append. At 48 bytes each they stay below what the largest body
    /// takes.</summary>
    public const int MaxKeys = 1 << 19;

    public AppendBatch(CommitAppend commit)
        : this([commit], [], [], [])
    {
    }

    /// <summary>Events that appear in feeds, in the order in which they are numbered.</summary>
    public IReadOnlyList<FeedAppend> Feeds { get; init; } = [];

    /// <summary>At most one for each log.</summary>
    public IReadOnlyList<DueChange> Due { get; init; } = [];

    /// <summary>Bytes that this holds in a queue, roughly.</summary>
    internal long Weight
    {
        get
        {
            long bytes = 48L * Keys;
            for (int i = 0; i < Commits.Count; i++)
                bytes += Commits[i].Commit.Bytes.Length + 256L;
            return bytes;
        }
    }

    private int Keys => Claims.Count + Releases.Count + Index.Count + Feeds.Count + Due.Count;

    /// <summary>Refuses what no store may be given, before anything is queued: these are bugs of the caller, not states of the
    /// store.</summary>
    internal void Check()
    {
        if (Commits.Count is 0 or > MaxCommits || Keys > MaxKeys)
            throw new LogLimitException($"an append has 1 to {MaxCommits} commits and at most {MaxKeys} keys");
        HashSet<LogId>? logs = Commits.Count > 1 ? new(Commits.Count) : null;
        for (int i = 0; i < Commits.Count; i++)
        {
            var (commit, on, _, _) = Commits[i];
            if (CommitHeader.Read(commit.Bytes.Span, out var header) is { } malformed)
                throw new ArgumentException(malformed);
            if (logs?.Add(commit.Log) == false || commit.FirstSeq != on.NextSeq
                || header.Log != commit.Log || header.FirstSeq != commit.FirstSeq || header.Count != commit.Count
                    || header.Previous != on.Hash)
                throw new ArgumentException($"The commit for log {commit.Log} does not fit its head, or is not the only one.");
        }
        CheckKeys(logs);
        CheckDue(logs);
        if (Feeds.Count > 0)
            CheckFeeds();
    }

    /// <param name="logs">The logs of the commits; null when there is one, as nearly always: then nothing is allocated.</param>
    private void CheckKeys(HashSet<LogId>? logs)
    {
        if (Claims.Count + Releases.Count + Index.Count == 0)
            return;
        var keys = Claims.Count + Releases.Count > 1 ? new HashSet<BlindKey>(Claims.Count + Releases.Count) : null;
        bool isOnce = true;
        bool isOurs = true;
        for (int i = 0; i < Claims.Count; i++)
            (isOnce, isOurs) = (isOnce && keys?.Add(Claims[i].Key) != false, isOurs && IsWritten(Claims[i].Log, logs));
        for (int i = 0; i < Releases.Count; i++)
            (isOnce, isOurs) = (isOnce && keys?.Add(Releases[i].Key) != false, isOurs && IsWritten(Releases[i].Log, logs));
        for (int i = 0; i < Index.Count; i++)
            isOurs = isOurs && IsWritten(Index[i].Log, logs);
        if (!isOnce)
            throw new ArgumentException("An append claims or releases a key twice.");
        if (!isOurs)
            throw new ArgumentException("A claim, release or index change is of a log that the append does not write.");
    }

    private void CheckDue(HashSet<LogId>? logs)
    {
        bool fits = Due.Count <= Commits.Count;
        for (int i = 0; fits && i < Due.Count; i++)
            fits = logs?.Remove(Due[i].Log) ?? IsWritten(Due[i].Log, null);
        if (!fits)
            throw new ArgumentException("A due time is of a log that the append does not write, or is not its only one.");
    }

    private bool IsWritten(LogId log, HashSet<LogId>? logs) => logs?.Contains(log) ?? Commits[0].Commit.Log == log;

    private void CheckFeeds()
    {
        var commits = Commits.ToDictionary(append => append.Commit.Log, append => append.Commit);
        var last = new Dictionary<(byte, LogId), long>();
        foreach (var (feed, log, seq) in Feeds)
        {
            bool isOfCommit = feed != 0 && commits.TryGetValue(log, out var commit) && seq >= commit.FirstSeq && seq < commit.End.NextSeq;
            if (!isOfCommit || (last.TryGetValue((feed, log), out long before) && before >= seq))
                throw new ArgumentException("A line of a feed is of an event that the append does not write, or stands out of order.");
            last[(feed, log)] = seq;
        }
    }
}

using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>An append that waits or is under way.</summary>
internal sealed class PendingAppend(AppendBatch batch)
{
    public AppendBatch Batch { get; } = batch;

    public long Weight { get; } = batch.Weight;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogException? Refusal { get; set; }

    /// <summary>Its claims and releases.</summary>
    public IEnumerable<BlindKey> Keys => Batch.Claims.Select(claim => claim.Key).Concat(Batch.Releases.Select(release => release.Key));
}

/// <summary>
/// Appends that share a transaction, in the order in which they were handed over. No key of the locator occurs in two of them. A group
/// decides which of them can go in: first by what is remembered, and when the database disagrees, by what it has.
/// </summary>
internal sealed class PostgresGroup(List<PendingAppend> appends, PostgresHeads heads)
{
    private readonly Dictionary<LogId, Known> _bases = [];
    private readonly HashSet<LogId> _fresh = [];
    private bool _disputed;

    public IReadOnlyList<PendingAppend> All => appends;

    /// <summary>See <see cref="PostgresHeads.Renewal"/>.</summary>
    public int Renewal { get; private set; }

    /// <summary>Those that can go in.</summary>
    public List<PendingAppend> Accepted { get; } = [];

    /// <summary>The places of their commits, in their order.</summary>
    public List<(Known At, CommitAppend Append)> Places { get; } = [];

    /// <summary>How the logs stand when they are in.</summary>
    public Dictionary<LogId, Known> Ends { get; } = [];

    /// <summary>The database refused the group: nothing that was remembered counts any more.</summary>
    public void Dispute()
    {
        _disputed = true;
        _fresh.Clear();
        heads.Forget(Logs());
    }

    /// <summary>It turned out that a transaction with these is in the database. Of others, which a later one may have carried, nobody
    /// knows; least of all are they in because these are.</summary>
    public void AreIn(List<PendingAppend> done)
    {
        heads.Forget(Logs());
        Ends.Clear();
        Accepted.Clear();
        Accepted.AddRange(done);
        foreach (var append in appends)
        {
            append.Refusal ??= new LogFailedException(
                "The connection was lost while the log was written; what was committed does not hold this append, and whether a later "
                    + "transaction does is not known.");
        }
        done.ForEach(append => append.Refusal = null);
    }

    public IEnumerable<LogId> Logs() => appends.SelectMany(append => append.Batch.Commits).Select(commit => commit.Commit.Log).Distinct();

    /// <summary>Sorts out who can go in.</summary>
    /// <param name="connection">Asked where what is remembered does not do.</param>
    /// <param name="claimants">Gives the logs that hold keys.</param>
    public async Task Decide(
        NpgsqlConnection connection, Func<IReadOnlyCollection<BlindKey>, Task<Dictionary<BlindKey, LogId>>> claimants)
    {
        if (Renewal != heads.Renewal)
        {
            // What was remembered is forgotten since, here too: the server that is asked now may know less than the one that was.
            Renewal = heads.Renewal;
            _bases.Clear();
            _fresh.Clear();
        }
        if (_disputed)
        {
            await Load(connection, [.. Logs()]).ConfigureAwait(false);
            var keys = appends.SelectMany(append => append.Batch.Claims).Select(claim => claim.Key).ToList();
            RefuseTaken(keys.Count > 0 ? await claimants(keys).ConfigureAwait(false) : []);
        }
        _disputed = false;
        while (Pass() is { Count: > 0 } doubtful)
            await Load(connection, doubtful).ConfigureAwait(false);
        await NumberNew(connection).ConfigureAwait(false);
    }

    private async Task Load(NpgsqlConnection connection, IReadOnlyCollection<LogId> logs)
    {
        var found = await heads.LookUp(connection, logs).ConfigureAwait(false);
        foreach (var log in logs)
        {
            _bases[log] = found.GetValueOrDefault(log);
            _fresh.Add(log);
        }
    }

    private void RefuseTaken(Dictionary<BlindKey, LogId> holders)
    {
        foreach (var append in appends)
        {
            foreach (var claim in append.Batch.Claims)
            {
                if (append.Refusal is null && holders.TryGetValue(claim.Key, out var by) && by != claim.Log && by != claim.Replaces)
                    append.Refusal = new ClaimTakenException(claim.Key, by);
            }
        }
    }

    /// <summary>Goes through the appends. Gives the logs whose head must be read before more can be said.</summary>
    private HashSet<LogId> Pass()
    {
        var doubtful = new HashSet<LogId>();
        Accepted.Clear();
        Places.Clear();
        Ends.Clear();
        // Heads are looked at anew each time. Whose claim was taken has lost; what failed with an outcome unknown must not be sent again.
        foreach (var append in appends.Where(append => append.Refusal is null or StaleHeadException or LogErasedException))
        {
            append.Refusal = Refusal(append.Batch, doubtful);
            if (append.Refusal is not null)
                continue;
            foreach (var commit in append.Batch.Commits)
            {
                var at = Ends[commit.Commit.Log] = Now(commit);
                Places.Add((at, commit));
                Ends[commit.Commit.Log] = at.After(commit.Commit);
            }
            Accepted.Add(append);
        }
        return doubtful;
    }

    private LogException? Refusal(AppendBatch batch, HashSet<LogId> doubtful)
    {
        LogException? refusal = null;
        foreach (var commit in batch.Commits)
        {
            var log = commit.Commit.Log;
            var now = Now(commit);
            bool isThere = now.No != 0 || now.Head != Head.Empty;
            if (!now.Erased && now.Head == commit.On && (isThere || !commit.WrappedKey.IsEmpty))
                continue;
            // Behind a commit of this group, or read from the database, it is certain.
            if (!Ends.ContainsKey(log) && !_fresh.Contains(log))
                doubtful.Add(log);
            refusal ??= now.Erased ? new LogErasedException(log) : new StaleHeadException(log);
        }
        return refusal;
    }

    /// <summary>Where the log stands when this commit's turn comes; a log that is not remembered and whose first commit this is, is taken
    /// for new.</summary>
    private Known Now(CommitAppend commit)
    {
        var log = commit.Commit.Log;
        if (Ends.TryGetValue(log, out var end))
            return end;
        if (_bases.TryGetValue(log, out var known))
            return known;
        if (heads.TryGet(log, out known))
            _bases[log] = known;
        return known;
    }

    private async Task NumberNew(NpgsqlConnection connection)
    {
        foreach (var log in Ends.Where(end => end.Value.No == 0).Select(end => end.Key).ToList())
            Ends[log] = Ends[log] with { No = await heads.NextNumber(connection).ConfigureAwait(false) };
        for (int i = 0; i < Places.Count; i++)
        {
            var (at, append) = Places[i];
            if (at.No == 0)
                Places[i] = (at with { No = Ends[append.Commit.Log].No }, append);
        }
    }
}

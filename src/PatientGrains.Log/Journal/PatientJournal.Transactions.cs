namespace PatientGrains.Log;

/// <summary>
/// Transactions over several logs. Each other log prepares: it decides, seals, and holds everything later back. The deciding log's journal
/// appends all prepared commits with its own, and each other log is told. Whoever coordinates prepares in the order of the log names, so
/// that two transactions never wait for each other; only prepared logs are held, the deciding one is not.
/// <para>A log that is told "not committed", or nothing in time, does not guess. It appends a void commit on the head that the prepared
/// commit builds on: of these two the store takes exactly one. Then it is lost either way, and opening it again shows what happened. The
/// prepared commit can no longer appear behind its back.</para>
/// </summary>
public sealed partial class PatientJournal<TState, TEvent>
{
    /// <summary>A commit that was prepared, or is about to be.</summary>
    private sealed class Preparation
    {
        public AppendBatch? Batch { get; set; }
        public Head On { get; set; }
        public bool Settling { get; set; }
        public TaskCompletionSource Settled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public CancellationTokenSource Deadline { get; } = new();
    }

    /// <summary>
    /// Decides for somebody else's transaction. When <paramref name="commits"/> says so of the outcome, the commit is prepared, and every
    /// later call waits until
    /// <see cref="Settle"/>; else the decision is appended at once, as
    /// <see cref="Execute{TOutcome}(Func{TState, Decided{TEvent, TOutcome}})"/> does, and nothing is prepared.
    /// </summary>
    public async Task<(TOutcome Outcome, PreparedCommit? Prepared)> Prepare<TOutcome>(
        Func<TState, Decided<TEvent, TOutcome>> decide, Func<TOutcome, bool> commits)
    {
        await Enter();
        var preparation = _preparation = new Preparation();
        PreparedCommit? prepared = null;
        try
        {
            await Durable();
            ThrowIfLost();
            var decided = decide(_state);
            if (decided.Events.Count > 0 && commits(decided.Outcome))
            {
                prepared = PrepareEvents(preparation, decided.Events);
                return (decided.Outcome, prepared);
            }
            if (decided.Events.Count > 0)
                Gather(decided.Events, []);
            Release(preparation);
            await Durable();
            return (decided.Outcome, null);
        }
        finally
        {
            _waiting--;
            if (prepared is null)
                Release(preparation);
        }
    }

    private PreparedCommit PrepareEvents(Preparation preparation, IReadOnlyList<TEvent> events)
    {
        var gathering = new Gathering(TakeEffects());
        Encode(events, gathering);
        _gatheredBytes -= gathering.Body.WrittenCount;
        Evolve(events, gathering);
        preparation.On = _sealed;
        preparation.Batch = Seal(gathering);
        _ = Expire(preparation);
        return PreparedCommit.Of(preparation.Batch);
    }

    private void Release(Preparation preparation)
    {
        if (_preparation == preparation)
            _preparation = null;
        preparation.Deadline.Dispose();
        preparation.Settled.TrySetResult();
    }

    private async Task Expire(Preparation preparation)
    {
        try
        {
            await Task.Delay(_options.PrepareTimeout, _clock, preparation.Deadline.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        await Fence(preparation, new TimeoutException("A prepared commit was not settled in time."));
    }

    /// <summary>
    /// Tells a prepared log what became of the transaction. Committed: it goes on. Not committed, or not known: it makes sure and is lost,
    /// see above. A preparation that is not at hand (it timed out, or the activation is a new one) needs nothing.
    /// </summary>
    /// <returns>
    /// Of a commit that is given up: whether the void commit took its place, so that nobody else had gone on. False when that is not known.
    /// </returns>
    public async Task<bool> Settle(string preparation, bool committed)
    {
        if (_preparation is not { Batch: { } batch, Settling: false } held || batch.Commits[0].Commit.Hash.ToString() != preparation)
            return false;
        if (!committed)
            return await Fence(held, new OperationCanceledException("A prepared commit was abandoned."));
        held.Settling = true;
        await held.Deadline.CancelAsync();
        _durable = _sealed;
        _pace.Count(batch.Commits[0].Commit.Bytes.Length);
        Release(held);
        return true;
    }

    /// <returns>Whether the void commit is there.</returns>
    private async Task<bool> Fence(Preparation preparation, Exception reason)
    {
        if (preparation.Settling || _lost.Task.IsFaulted)
            return false;
        preparation.Settling = true;
        var on = preparation.On;
        var commit = _key.SealCommit(on, 0, _lastMicros, []);
        var append = on == Head.Empty ? new CommitAppend(commit, on, _wrappedKey, _key.SealName(_name)) : new CommitAppend(commit, on);
        bool isThere = false;
        try
        {
            await Submit(new AppendBatch(append));
            isThere = true;
        }
        catch (LogException e)
        {
            // A stale head says that the prepared commit is there (or that another activation took over): opening again shows it.
            reason = e;
        }
        Lose(reason);
        Release(preparation);
        return isThere;
    }
}

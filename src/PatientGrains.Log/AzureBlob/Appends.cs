namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// Appends. In this order: the logs are noted, claims are reserved for the position at which the deciding commit is to land, commits of
/// other logs are prepared, the deciding commit lands at that position or the whole starts again; then what it changes outside is written,
/// and only then is it acknowledged. The next append of the log goes on as soon as this one has landed.
/// </summary>
internal sealed class Appends(
    AzureBlobLogOptions options, Lanes lanes, Notes notes, LogBlobs logs, Decisions decisions, ClaimBlobs claims, LogRecords records,
    SharedState shared, Settling settling)
{
    public async Task Append(AppendBatch batch)
    {
        batch.Check();
        var place = lanes.Queue(batch.Commits.Select(append => append.Commit.Log), batch.Weight);
        try
        {
            Task settled;
            try
            {
                await place.Before.ConfigureAwait(false);
                FailWithDoubtful(batch, place);
                await notes.Note(place.Lanes).ConfigureAwait(false);
                settled = await Land(batch, place.Lanes).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not (StaleHeadException or ClaimTakenException or LogErasedException))
            {
                foreach (var (lane, append) in place.Lanes.Zip(batch.Commits))
                {
                    lane.Forget();
                    lane.Doubt(append.Commit.End);
                }
                throw e as LogException ?? new LogFailedException("An append failed.", e);
            }
            finally
            {
                lanes.Pass(place);
            }
            await settled.ConfigureAwait(false);
        }
        finally
        {
            lanes.Leave(place);
        }
    }

    private static void FailWithDoubtful(AppendBatch batch, Lanes.Place place)
    {
        for (int i = 0; i < place.Lanes.Count; i++)
        {
            var lane = place.Lanes[i];
            if (lane.Doubts != place.Doubts[i] && batch.Commits[i].On == lane.Doubtful)
                throw new StaleHeadException(lane.Log);
        }
    }

    /// <summary>Completes when the append is there; what it gives, when everything that it changes outside is.</summary>
    private async Task<Task> Land(AppendBatch batch, IReadOnlyList<Lane> held)
    {
        var reserved = new ClaimBlobs.Reserved();
        try
        {
            for (bool follow = held.Count > 1; ; follow = true)
            {
                var tails = new LogTail[held.Count];
                for (int i = 0; i < held.Count; i++)
                    tails[i] = await Ready(held[i], batch.Commits[i].On, follow).ConfigureAwait(false);
                Refuse(batch, tails);
                if (!await Roll(held, tails).ConfigureAwait(false))
                    continue;
                var first = batch.Commits[0].Commit;
                var decider = new Decider(first.Log, tails[0].End, first.Hash);
                await claims.Reserve(batch, decider, reserved).ConfigureAwait(false);
                await PutKeys(batch, tails).ConfigureAwait(false);
                if (await Prepare(batch, held, tails, decider).ConfigureAwait(false)
                    && await Decide(batch, held, tails).ConfigureAwait(false) is { } settled)
                    return settled;
            }
        }
        catch (Exception e) when (e is StaleHeadException or ClaimTakenException or LogErasedException)
        {
            await claims.GiveBack(reserved).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where a log ends, with everything before settled or on its way there.</summary>
    private async Task<LogTail> Ready(Lane lane, Head? on, bool follow)
    {
        if (lane.Health.Failed)
            lane.Forget();
        var known = lane.Tail;
        if (known is not null && !follow && (on is null || on == known.Head))
            return known;
        var tail = known is null
            ? await decisions.Load(lane.Log).ConfigureAwait(false)
            : await decisions.Follow(known).ConfigureAwait(false);
        if (known is not null && tail.End == known.End)
            return known;
        // Another process appended, or this one did not look before.
        if (!tail.IsClean)
            await settling.Settle(tail).ConfigureAwait(false);
        lane.Known(tail);
        return tail;
    }

    private static void Refuse(AppendBatch batch, LogTail[] tails)
    {
        foreach (var (append, tail) in batch.Commits.Zip(tails))
        {
            if (tail.IsErased)
                throw new LogErasedException(tail.Log);
            if (append.On != tail.Head || (tail.Head == Head.Empty && append.WrappedKey.IsEmpty))
                throw new StaleHeadException(tail.Log);
        }
    }

    /// <summary>Ends blobs that are full. False when somebody else appended meanwhile.</summary>
    private async Task<bool> Roll(IReadOnlyList<Lane> held, LogTail[] tails)
    {
        for (int i = 0; i < held.Count; i++)
        {
            if (tails[i].Blocks < options.BlocksPerBlob)
                continue;
            if (await logs.Append(tails[i], tails[i].Same(FrameKind.Roll, held[i].SettledTo)).ConfigureAwait(false) is not { } rolled)
                return false;
            held[i].Moved(rolled);
            tails[i] = rolled;
        }
        return true;
    }

    private Task PutKeys(AppendBatch batch, LogTail[] tails) => Task.WhenAll(
        batch.Commits.Zip(tails).Where(log => log.Second.Head == Head.Empty).Select(
            log => records.PutKey(log.First.Commit.Log, log.First.Commit.Hash, log.First.WrappedKey, log.First.SealedName)));

    /// <summary>Appends the commits of the other logs, which wait for the deciding one. False when one of those logs has moved.</summary>
    private async Task<bool> Prepare(AppendBatch batch, IReadOnlyList<Lane> held, LogTail[] tails, Decider decider)
    {
        for (int i = 1; i < held.Count; i++)
        {
            var footer = Next(FrameKind.Prepared, batch, batch.Commits[i].Commit, held[i], tails[i]) with { Decider = decider };
            if (await logs.Append(tails[i], footer, default, batch.Commits[i].Commit).ConfigureAwait(false) is { } prepared)
            {
                tails[i] = prepared;
                continue;
            }
            // The deciding commit was not sent, and is not going to be for these: marks at its place and behind each say so.
            held[0].Forget();
            if (i > 1)
                await logs.Append(tails[0], tails[0].Same(FrameKind.Mark, tails[0].SettledTo)).ConfigureAwait(false);
            for (int done = 1; done < i; done++)
            {
                held[done].Forget();
                await logs.Append(tails[done], tails[done].Same(FrameKind.Mark, tails[done].SettledTo)).ConfigureAwait(false);
            }
            return false;
        }
        return true;
    }

    /// <summary>Appends the deciding commit, and hands over what it changes. Null when something else lies at its position.</summary>
    private async Task<Task?> Decide(AppendBatch batch, IReadOnlyList<Lane> held, LogTail[] tails)
    {
        var others = batch.Commits.Skip(1).Zip(tails.Skip(1)).Select(
            other => new Participant(other.First.Commit.Log, other.Second.LastStart, other.First.Commit.Hash));
        var feedsFrom = await shared.FeedsFrom(batch.Feeds).ConfigureAwait(false);
        var effects = new AppendEffects([.. others], batch, feedsFrom);
        var commit = batch.Commits[0].Commit;
        var footer = Next(FrameKind.Commit, batch, commit, held[0], tails[0]) with { HasEffects = effects.NeedSettling };
        var landed = await logs.Append(tails[0], footer, effects.Write(), commit).ConfigureAwait(false);
        if (landed is null)
        {
            for (int i = 1; i < held.Count; i++)
                held[i].Moved(tails[i]);
            return null;
        }
        tails[0] = landed;
        var positions = tails.ToDictionary(tail => tail.Log, tail => tail.LastStart);
        var settled = shared.Write(effects, positions, [.. held.Select(lane => lane.Health)]);
        for (int i = 0; i < held.Count; i++)
            held[i].Landed(tails[i] with { Counts = true }, settled);
        return settled;
    }

    private static Footer Next(FrameKind kind, AppendBatch batch, SealedCommit commit, Lane lane, LogTail tail)
    {
        var due = batch.Due.Where(change => change.Log == commit.Log).ToList();
        return tail.Same(kind, lane.SettledTo) with
        {
            After = commit.End,
            DueAfter = due.Count == 0 ? tail.Due : due[0].At is { } at ? Micros.Up(at) : Footer.NoDue,
            Birth = tail.Head == Head.Empty ? commit.Hash : tail.Birth,
        };
    }

    /// <summary>Where a log ends, everything in it settled.</summary>
    public Task<LogTail> Settle(LogId log) => Hold(log, async lane => (LogTail?)await Settled(lane).ConfigureAwait(false));

    private async Task<LogTail> Settled(Lane lane)
    {
        await Task.WhenAny(lane.Settling).ConfigureAwait(false);
        var tail = await Ready(lane, null, follow: true).ConfigureAwait(false);
        if (lane.IsSettled)
            return tail;
        await settling.Settle(tail).ConfigureAwait(false);
        lane.Known(tail);
        return tail;
    }

    /// <summary>Marks a log as settled, so that whoever opens it next need not look.</summary>
    public Task<LogTail> MarkSettled(LogId log) => Hold(log, async lane =>
    {
        var tail = await Settled(lane).ConfigureAwait(false);
        if (tail.IsClean)
            return tail;
        if (await logs.Append(tail, tail.Same(FrameKind.Mark, tail.End)).ConfigureAwait(false) is not { } marked)
            return null;
        lane.Moved(marked);
        return marked;
    });

    /// <summary>See <see cref="IPatientLog.Erase"/>. The log's own frame decides it; everything else follows, and is brought about by
    /// whoever comes next when this process does not get that far.</summary>
    public Task<LogTail> Erase(LogId log) => Hold(log, async lane =>
    {
        await notes.Note([lane]).ConfigureAwait(false);
        var tail = await Settled(lane).ConfigureAwait(false);
        if (tail.Head == Head.Empty || tail.IsErased)
            return tail;
        var footer = tail.Same(FrameKind.Erased, tail.End) with { IsErased = true, DueAfter = Footer.NoDue };
        if (await logs.Append(tail, footer).ConfigureAwait(false) is not { } erased)
            return null;
        lane.Forget();
        await settling.Settle(erased).ConfigureAwait(false);
        lane.Known(erased);
        return erased;
    });

    /// <summary>Does something in the order of the log's appends, again when somebody else appended meanwhile.</summary>
    private async Task<LogTail> Hold(LogId log, Func<Lane, Task<LogTail?>> work)
    {
        var place = lanes.Queue([log], 0);
        try
        {
            await place.Before.ConfigureAwait(false);
            while (true)
            {
                if (await work(place.Lanes[0]).ConfigureAwait(false) is { } tail)
                    return tail;
            }
        }
        catch
        {
            place.Lanes[0].Forget();
            throw;
        }
        finally
        {
            lanes.Leave(place);
        }
    }
}

namespace PatientGrains.Log.Tests;

/// <summary>Several processes over one store, each of which believes that it owns a patient. A store that only one process opens has none
/// of these cases (<see cref="DataFolderTests"/> shows that).</summary>
public sealed class SplitBrainConformanceTests
{
    [StoreTheory, MemberData(nameof(Store.SharedKinds), MemberType = typeof(Store))]
    public async Task Of_two_processes_on_one_head_exactly_one_wins_and_the_loser_reads_the_winners_head(string kind)
    {
        await using var store = await Store.MakeShared(kind);
        await using var beside = await store.OpenBeside();
        using var sealer = new Sealer(store.Ring, "Patient/a");
        var head = Head.Empty;
        for (int round = 0; round < 30; round++)
        {
            var key = store.Ring.BlindClaim($"if:{round}");
            var rivals = new[] { store.Log, beside }.Select(log => (Log: log, Append: sealer.Next(on: head, advance: false))).ToList();
            var outcomes = await Task.WhenAll(rivals.Select(rival => Task.Run(() => Outcome(rival.Log.Append(new AppendBatch(
                [rival.Append], [new Claim(key, sealer.Id)], [], [new IndexChange(key, sealer.Id, 1)])
            {
                Feeds = [new FeedAppend(1, sealer.Id, head.NextSeq)],
                Due = [new DueChange(sealer.Id, DateTimeOffset.UnixEpoch.AddSeconds(round))],
            })))));
            Assert.Equal(["", nameof(StaleHeadException)], outcomes.Order());
            head = rivals[Array.IndexOf(outcomes, "")].Append.Commit.End;
            foreach (var (log, _) in rivals)
                Assert.Equal(head, (await log.Find(sealer.Id))!.Head);
        }
        Assert.Equal(30, (await beside.ReadFeed(1, 0, 100)).Head);
        Assert.Equal(30, (await ConformanceTests.ReadAll(store.Log, sealer.Id, 0, 1 << 20)).Count);
        Assert.True((await LogVerifier.Verify(store.Log)).IsSound);
    }

    [StoreTheory, MemberData(nameof(Store.SharedKinds), MemberType = typeof(Store))]
    public async Task A_claim_that_two_processes_make_for_two_logs_goes_to_one_and_the_other_learns_whose_it_is(string kind)
    {
        await using var store = await Store.MakeShared(kind);
        await using var beside = await store.OpenBeside();
        for (int round = 0; round < 20; round++)
        {
            var key = store.Ring.BlindClaim($"if:{round}");
            using var a = new Sealer(store.Ring, $"Practitioner/a{round}");
            using var b = new Sealer(store.Ring, $"Practitioner/b{round}");
            var outcomes = await Task.WhenAll(new[] { (store.Log, a), (beside, b) }.Select(rival => Task.Run(() =>
                Outcome(rival.Item1.Append(new AppendBatch([rival.Item2.Next()], [new Claim(key, rival.Item2.Id)], [], []))))));
            Assert.Equal(["", nameof(ClaimTakenException)], outcomes.Order());
            var (winner, loser) = outcomes[0].Length == 0 ? (a, b) : (b, a);
            Assert.Equal(winner.Id, await beside.Locate(key));
            Assert.Null(await store.Log.Find(loser.Id));
        }
    }

    [StoreTheory, MemberData(nameof(Store.SharedKinds), MemberType = typeof(Store))]
    public async Task A_reader_in_each_process_sees_the_lines_of_both_once_and_in_one_order(string kind)
    {
        await using var store = await Store.MakeShared(kind);
        await using var beside = await store.OpenBeside();
        IPatientLog[] logs = [store.Log, beside];
        const int writers = 6, each = 40;
        var readers = logs.Select(log => Task.Run(async () =>
        {
            var seen = new List<StoredFeedLine>();
            while (seen.Count < writers * each)
            {
                await log.FeedBeyond(1, seen.Count).WaitAsync(Store.Patience);
                seen.AddRange((await log.ReadFeed(1, seen.Count, 7)).Lines);
            }
            return seen;
        })).ToList();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(i => Task.Run(async () =>
        {
            using var sealer = new Sealer(store.Ring, $"Patient/{i}");
            for (int k = 0; k < each; k++)
            {
                var next = sealer.Next();
                await logs[i % 2].Append(new AppendBatch(next) { Feeds = [new FeedAppend(1, sealer.Id, k)] });
            }
        })));
        var seen = await Task.WhenAll(readers);
        Assert.Equal(Enumerable.Range(1, writers * each).Select(n => (long)n), seen[0].Select(line => line.Number));
        Assert.Equal(seen[0], seen[1]);
        Assert.All(seen[0].GroupBy(line => line.Log), log =>
            Assert.Equal(Enumerable.Range(0, each).Select(n => (long)n), log.Select(line => line.Seq)));
    }

    [StoreTheory, MemberData(nameof(Store.SharedKinds), MemberType = typeof(Store))]
    public async Task Who_waits_is_told_of_a_due_time_that_another_process_sets(string kind)
    {
        await using var store = await Store.MakeShared(kind);
        await using var beside = await store.OpenBeside();
        using var a = new Sealer(store.Ring, "Patient/a");
        var earlier = store.Log.DueSet(DateTimeOffset.UnixEpoch.AddDays(1));
        await beside.Append(new AppendBatch(a.Next()) { Due = [new DueChange(a.Id, DateTimeOffset.UnixEpoch)] });
        await earlier.WaitAsync(Store.Patience);
        Assert.Equal([new DueLog(DateTimeOffset.UnixEpoch, a.Id)], await store.Log.Due(DateTimeOffset.UnixEpoch, null, 9));
    }

    [StoreTheory, MemberData(nameof(Store.SharedKinds), MemberType = typeof(Store))]
    public async Task What_one_process_erases_takes_nothing_more_from_the_other(string kind)
    {
        await using var store = await Store.MakeShared(kind);
        await using var beside = await store.OpenBeside();
        for (int round = 0; round < 10; round++)
        {
            using var a = new Sealer(store.Ring, $"Patient/{round}");
            await beside.Append(new AppendBatch(a.Next()));
            var writing = Task.Run(async () =>
            {
                int written = 1;
                for (string outcome = ""; outcome.Length == 0; written++)
                {
                    outcome = await Outcome(beside.Append(new AppendBatch(
                        [a.Next()], [new Claim(store.Ring.BlindClaim($"{round}.{written}"), a.Id)], [], [])));
                    if (outcome.Length > 0)
                        Assert.Equal(nameof(LogErasedException), outcome);
                }
                return written - 1;
            });
            await store.Log.Erase(a.Id);
            int written = await writing.WaitAsync(Store.Patience);
            Assert.Equal(written, (await ConformanceTests.ReadAll(beside, a.Id, 0, 1 << 20)).Count);
            for (int i = 1; i <= written; i++)
                Assert.Null(await beside.Locate(store.Ring.BlindClaim($"{round}.{i}")));
            await Assert.ThrowsAsync<LogErasedException>(() => store.Log.Append(new AppendBatch(a.Next())));
        }
        Assert.True((await LogVerifier.Verify(store.Log)).IsSound);
    }

    /// <summary>Both write the same logs and keys, named in every order: databases call it a deadlock, and nobody may notice.</summary>
    [StoreTheory, MemberData(nameof(Store.SharedKinds), MemberType = typeof(Store))]
    public async Task Appends_over_several_logs_are_never_in_each_others_way_for_good(string kind)
    {
        await using var store = await Store.MakeShared(kind);
        await using var beside = await store.OpenBeside();
        IPatientLog[] logs = [store.Log, beside];
        var sealers = Enumerable.Range(0, 5).Select(i => new Sealer(store.Ring, $"Practitioner/{i}")).ToList();
        int done = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            // Until one has come through, however they race.
            for (int i = 0; i < 30 || (i < 3_000 && Volatile.Read(ref done) == 0); i++)
            {
                Sealer[] mine = [.. sealers];
                random.Shuffle(mine);
                var commits = new List<CommitAppend>();
                foreach (var sealer in mine.Take(3))
                {
                    var head = (await logs[worker % 2].Find(sealer.Id))?.Head ?? Head.Empty;
                    lock (sealer)
                        commits.Add(sealer.Next(on: head, advance: false));
                }
                var claims = commits.Select((commit, k) =>
                    new Claim(store.Ring.BlindClaim($"key {(i + k) % 4}"), commit.Commit.Log, mine[3].Id)).ToList();
                string outcome = await Outcome(logs[worker % 2].Append(new AppendBatch(commits, claims, [], [])));
                Assert.Contains(outcome, new[] { "", nameof(StaleHeadException), nameof(ClaimTakenException) });
                if (outcome.Length == 0)
                    Interlocked.Increment(ref done);
            }
        }))).WaitAsync(Store.Patience);
        Assert.True(done > 0);
        Assert.True((await LogVerifier.Verify(store.Log)).IsSound);
        sealers.ForEach(sealer => sealer.Dispose());
    }

    private static async Task<string> Outcome(Task append)
    {
        try
        {
            await append;
            return "";
        }
        catch (LogException e)
        {
            return e.GetType().Name;
        }
    }
}

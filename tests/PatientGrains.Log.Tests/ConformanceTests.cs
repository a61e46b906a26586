namespace PatientGrains.Log.Tests;

/// <summary>What every log must do, whatever it is made of.</summary>
public sealed class ConformanceTests
{
    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task What_was_appended_is_found_and_read_back_also_after_opening_again(string kind)
    {
        await using var store = await Store.Make(kind);
        using var sealer = new Sealer(store.Ring, "Patient/a");
        Assert.Null(await store.Log.Find(sealer.Id));
        var appended = new List<SealedCommit>();
        for (int i = 0; i < 5; i++)
        {
            var next = sealer.Next(count: i + 1);
            appended.Add(next.Commit);
            await store.Log.Append(new AppendBatch(next));
        }

        await store.Reopen();

        var entry = await store.Log.Find(sealer.Id);
        Assert.Equal(sealer.Head, entry!.Head);
        Assert.Equal("Patient/a", store.Ring.NameOf(entry).Text);
        var read = await ReadAll(store.Log, sealer.Id, 0, maxBytes: 300);
        Assert.Equal(appended.Select(c => c.Hash), read.Select(c => c.Hash));
        Assert.All(read.Zip(appended), pair => Assert.True(pair.First.Bytes.Span.SequenceEqual(pair.Second.Bytes.Span)));
        // Events 3, 4 and 5 are the third commit.
        Assert.Equal(appended[2].Hash, (await store.Log.Read(sealer.Id, new ReadFrom(4), 1)).Commits.Single().Hash);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task An_append_on_another_head_than_the_logs_is_refused_and_so_is_everything_that_builds_on_it(string kind)
    {
        await using var store = await Store.Make(kind);
        using var sealer = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(sealer.Next()));
        var truth = sealer.Head;
        var lost = sealer.Next(on: new Head(truth.NextSeq, new ChainHash(1, 2)));
        var behind = sealer.Next();

        var first = store.Log.Append(new AppendBatch(lost));
        var second = store.Log.Append(new AppendBatch(behind));

        Assert.Equal(sealer.Id, (await Assert.ThrowsAsync<StaleHeadException>(() => first)).Log);
        await Assert.ThrowsAsync<StaleHeadException>(() => second);
        Assert.Equal(truth, (await store.Log.Find(sealer.Id))!.Head);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Of_many_appends_on_one_head_exactly_one_wins(string kind)
    {
        await using var store = await Store.Make(kind);
        using var sealer = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(sealer.Next()));
        var rivals = Enumerable.Range(0, 50).Select(_ => sealer.Next(advance: false)).ToList();

        var results = await Task.WhenAll(rivals.Select(r => Task.Run(() => Succeeds(store.Log.Append(new AppendBatch(r))))));

        Assert.Equal(1, results.Count(won => won));
        var winner = rivals[Array.IndexOf(results, true)];
        Assert.Equal(winner.Commit.End, (await store.Log.Find(sealer.Id))!.Head);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task An_append_over_several_logs_is_all_or_nothing(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Practitioner/b");
        using var c = new Sealer(store.Ring, "Practitioner/c");
        await store.Log.Append(new AppendBatch(b.Next()));
        var head = b.Head;
        var claim = store.Ring.BlindClaim("id:Observation/x");
        var token = store.Ring.BlindToken("t");

        var stale = new AppendBatch(
            [a.Next(advance: false), c.Next(advance: false), b.Next(on: new Head(7, head.Hash), advance: false)],
            [new Claim(claim, a.Id)], [], [new IndexChange(token, a.Id, 1)]);
        Assert.Equal(b.Id, (await Assert.ThrowsAsync<StaleHeadException>(() => store.Log.Append(stale))).Log);

        Assert.Null(await store.Log.Find(a.Id));
        Assert.Null(await store.Log.Find(c.Id));
        Assert.Equal(head, (await store.Log.Find(b.Id))!.Head);
        Assert.Null(await store.Log.Locate(claim));
        Assert.Empty(await store.Log.Candidates(token, null, 10));

        await store.Log.Append(new AppendBatch(
            [a.Next(), c.Next(), b.Next()], [new Claim(claim, a.Id)], [], [new IndexChange(token, a.Id, 1)]));
        Assert.Equal(a.Head, (await store.Log.Find(a.Id))!.Head);
        Assert.Equal(b.Head, (await store.Log.Find(b.Id))!.Head);
        Assert.Equal(c.Head, (await store.Log.Find(c.Id))!.Head);
        Assert.Equal(a.Id, await store.Log.Locate(claim));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task A_claim_that_another_log_holds_refuses_the_append_and_gives_back_the_claims_before_it(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        var keys = Enumerable.Range(0, 4).Select(i => store.Ring.BlindClaim($"id:Observation/{i}")).ToArray();
        await store.Log.Append(new AppendBatch([a.Next()], [new Claim(keys[0], a.Id), new Claim(keys[1], a.Id)], [], []));

        var refused = await Assert.ThrowsAsync<ClaimTakenException>(() => store.Log.Append(new AppendBatch(
            [b.Next(advance: false)], [new Claim(keys[2], b.Id), new Claim(keys[0], b.Id, Replaces: a.Id), new Claim(keys[1], b.Id)], [],
                [])));

        Assert.Equal((keys[1], a.Id), (refused.Key, refused.By));
        Assert.Null(await store.Log.Find(b.Id));
        Assert.Null(await store.Log.Locate(keys[2]));
        Assert.Equal(a.Id, await store.Log.Locate(keys[0]));

        await store.Log.Append(new AppendBatch(
            [b.Next()], [new Claim(keys[0], b.Id, Replaces: a.Id), new Claim(keys[2], b.Id)], [], []));
        await store.Log.Append(new AppendBatch([a.Next()], [new Claim(keys[1], a.Id)], [new Release(keys[0], a.Id)], []));
        Assert.Equal(b.Id, await store.Log.Locate(keys[0]));
        await store.Log.Append(new AppendBatch([b.Next()], [], [new Release(keys[0], b.Id)], []));
        Assert.Null(await store.Log.Locate(keys[0]));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Claims_are_unique_when_many_logs_race_for_one(string kind)
    {
        await using var store = await Store.Make(kind);
        for (int round = 0; round < 20; round++)
        {
            var key = store.Ring.BlindClaim($"if:{round}");
            var sealers = Enumerable.Range(0, 16).Select(i => new Sealer(store.Ring, $"Practitioner/{round}-{i}")).ToList();
            var results = await Task.WhenAll(sealers.Select(s =>
                Task.Run(() => Succeeds(store.Log.Append(new AppendBatch([s.Next()], [new Claim(key, s.Id)], [], []))))));
            Assert.Equal(1, results.Count(won => won));
            Assert.Equal(sealers[Array.IndexOf(results, true)].Id, await store.Log.Locate(key));
            sealers.ForEach(s => s.Dispose());
        }
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Index_entries_are_counted_and_vanish_at_zero(string kind)
    {
        await using var store = await Store.Make(kind);
        var token = store.Ring.BlindToken("Patient|identifier|x");
        var logs = new List<LogId>();
        for (int i = 0; i < 5; i++)
        {
            using var sealer = new Sealer(store.Ring, $"Patient/{i}");
            await store.Log.Append(new AppendBatch([sealer.Next()], [], [], [new IndexChange(token, sealer.Id, 2)]));
            await store.Log.Append(new AppendBatch([sealer.Next()], [], [], [new IndexChange(token, sealer.Id, -1)]));
            logs.Add(sealer.Id);
            if (i == 3)
                await store.Log.Append(new AppendBatch([sealer.Next()], [], [], [new IndexChange(token, sealer.Id, -1)]));
        }
        var found = new List<LogId>();
        for (var page = await store.Log.Candidates(token, null, 2); page.Count > 0; page = await store.Log.Candidates(token, found[^1], 2))
            found.AddRange(page);
        Assert.Equal(logs.Where((_, i) => i != 3).Order(), found.Order());
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Logs_are_listed_in_the_order_of_their_ids_a_page_at_a_time(string kind)
    {
        await using var store = await Store.Make(kind);
        var heads = new SortedDictionary<LogId, Head>();
        for (int i = 0; i < 25; i++)
        {
            using var sealer = new Sealer(store.Ring, $"Patient/{i}");
            await store.Log.Append(new AppendBatch(sealer.Next()));
            heads[sealer.Id] = sealer.Head;
        }
        var listed = new List<LogEntry>();
        for (var page = await store.Log.Logs(null, 10); page.Count > 0; page = await store.Log.Logs(listed[^1].Log, 10))
            listed.AddRange(page);
        Assert.Equal(heads, listed.Select(l => KeyValuePair.Create(l.Log, l.Head)));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task The_newest_snapshot_is_kept(string kind)
    {
        await using var store = await Store.Make(kind);
        using var sealer = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(sealer.Next()));
        var first = sealer.Snapshot("one");
        await store.Log.Append(new AppendBatch(sealer.Next()));
        var second = sealer.Snapshot("two");
        await store.Log.SaveSnapshot(sealer.Id, second);
        await store.Log.SaveSnapshot(sealer.Id, first);
        var kept = await store.Log.Snapshot(sealer.Id);
        Assert.Equal(second.At, kept!.At);
        Assert.True(kept.Bytes.Span.SequenceEqual(second.Bytes.Span));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task An_erased_log_keeps_its_chain_and_nothing_else(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        var claim = store.Ring.BlindClaim("id:Observation/x");
        var token = store.Ring.BlindToken("t");
        await store.Log.Append(new AppendBatch([a.Next()], [new Claim(claim, a.Id)], [], [new IndexChange(token, a.Id, 1)]));
        await store.Log.Append(new AppendBatch([b.Next()], [], [], [new IndexChange(token, b.Id, 1)]));
        await store.Log.SaveSnapshot(a.Id, a.Snapshot("state"));

        await store.Log.Erase(a.Id);
        await store.Reopen();

        var entry = await store.Log.Find(a.Id);
        Assert.True(entry!.IsErased);
        Assert.True(entry.SealedName.IsEmpty);
        Assert.Equal(a.Head, entry.Head);
        Assert.Single(await ReadAll(store.Log, a.Id, 0, 1000));
        Assert.Null(await store.Log.Snapshot(a.Id));
        Assert.Null(await store.Log.Locate(claim));
        Assert.Equal([b.Id], await store.Log.Candidates(token, null, 10));
        await Assert.ThrowsAsync<LogErasedException>(() => store.Log.Append(new AppendBatch(a.Next())));
        await Assert.ThrowsAsync<LogErasedException>(() => store.Open("Patient/a"));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task A_void_commit_changes_the_head_and_is_read_before_the_commit_that_follows_it(string kind)
    {
        await using var store = await Store.Make(kind);
        using var sealer = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(sealer.Next(count: 2)));
        var empty = sealer.Next(count: 0);
        await store.Log.Append(new AppendBatch(empty));
        var last = sealer.Next(count: 3);
        await store.Log.Append(new AppendBatch(last));

        var page = await store.Log.Read(sealer.Id, new ReadFrom(3), 1);
        Assert.Equal(empty.Commit.Hash, page.Commits.Single().Hash);
        page = await store.Log.Read(sealer.Id, page.Next, 1);
        Assert.Equal(last.Commit.Hash, page.Commits.Single().Hash);
        Assert.Empty((await store.Log.Read(sealer.Id, page.Next, 1)).Commits);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task What_cannot_be_right_is_refused_before_it_is_queued(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        var key = store.Ring.BlindClaim("x");
        var first = a.Next(advance: false);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.Log.Append(new AppendBatch([first, first], [], [], [])));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.Log.Append(new AppendBatch([first], [new Claim(key, b.Id)], [], [])));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.Log.Append(new AppendBatch([first], [new Claim(key, a.Id)], [new Release(key, a.Id)], [])));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.Log.Append(new AppendBatch(first with { On = new Head(0, new ChainHash(1, 1)) })));
        Assert.Null(await store.Log.Find(a.Id));
    }

    internal static async Task<List<SealedCommit>> ReadAll(IPatientLog log, LogId id, long seq, int maxBytes)
    {
        var commits = new List<SealedCommit>();
        for (var page = await log.Read(id, new ReadFrom(seq), maxBytes); page.Commits.Count > 0; page = await log.Read(
            id, page.Next, maxBytes))
            commits.AddRange(page.Commits);
        return commits;
    }

    private static async Task<bool> Succeeds(Task append)
    {
        try
        {
            await append;
            return true;
        }
        catch (LogException)
        {
            return false;
        }
    }
}

namespace PatientGrains.Log.Tests;

/// <summary>What every log must do with feeds.</summary>
public sealed class FeedConformanceTests
{
    private const byte Alerts = 1;
    private const byte Other = 200;

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Lines_are_numbered_from_one_per_feed_over_all_logs_also_after_opening_again(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        Assert.Equal(new StoredFeedPage([], 0), await store.Log.ReadFeed(Alerts, 0, 10), Same);

        await store.Log.Append(Lines(a.Next(3), (Alerts, 0), (Other, 0), (Alerts, 2)));
        await store.Reopen();
        await store.Log.Append(Lines(b.Next(2), (Alerts, 1)));

        StoredFeedLine[] expected = [new(1, a.Id, 0), new(2, a.Id, 2), new(3, b.Id, 1)];
        Assert.Equal(new StoredFeedPage(expected, 3), await store.Log.ReadFeed(Alerts, 0, 10), Same);
        Assert.Equal(new StoredFeedPage([expected[1]], 3), await store.Log.ReadFeed(Alerts, 1, 1), Same);
        Assert.Equal(new StoredFeedPage([], 3), await store.Log.ReadFeed(Alerts, 3, 10), Same);
        Assert.Equal(new StoredFeedPage([], 3), await store.Log.ReadFeed(Alerts, 99, 10), Same);
        Assert.Equal(new StoredFeedPage([new(1, a.Id, 0)], 1), await store.Log.ReadFeed(Other, 0, 10), Same);
        Assert.Equal(new StoredFeedPage([], 0), await store.Log.ReadFeed(7, 0, 10), Same);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task An_append_that_is_refused_takes_no_number(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        var claim = store.Ring.BlindClaim("id:Observation/x");
        await store.Log.Append(Lines(a.Next(), (Alerts, 0)) with { Claims = [new Claim(claim, a.Id)] });

        var stale = a.Next(on: new Head(a.Head.NextSeq, new ChainHash(1, 1)), advance: false);
        await Assert.ThrowsAsync<StaleHeadException>(() => store.Log.Append(Lines(stale, (Alerts, 1))));
        var taken = Lines(b.Next(advance: false), (Alerts, 0)) with { Claims = [new Claim(claim, b.Id)] };
        await Assert.ThrowsAsync<ClaimTakenException>(() => store.Log.Append(taken));
        await store.Log.Append(Lines(a.Next(), (Alerts, 1)));

        Assert.Equal(new StoredFeedPage([new(1, a.Id, 0), new(2, a.Id, 1)], 2), await store.Log.ReadFeed(Alerts, 0, 10), Same);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Appends_at_the_same_time_leave_no_gap_and_keep_the_order_of_each_log(string kind)
    {
        await using var store = await Store.Make(kind);
        const int logs = 20, each = 25;
        await Task.WhenAll(Enumerable.Range(0, logs).Select(i => Task.Run(async () =>
        {
            using var sealer = new Sealer(store.Ring, $"Patient/{i}");
            using var stale = new Sealer(store.Ring, $"Practitioner/{i}");
            for (int k = 0; k < each; k++)
            {
                var lost = Lines(stale.Next(on: new Head(0, new ChainHash(1, 1)), advance: false), (Alerts, 0));
                var refused = store.Log.Append(lost);
                await store.Log.Append(Lines(sealer.Next(2), (Alerts, 2 * k), (Alerts, (2 * k) + 1)));
                await Assert.ThrowsAsync<StaleHeadException>(() => refused);
            }
        })));

        var page = await store.Log.ReadFeed(Alerts, 0, 10_000);
        Assert.Equal(logs * each * 2, page.Head);
        Assert.Equal(Enumerable.Range(1, logs * each * 2).Select(n => (long)n), page.Lines.Select(line => line.Number));
        foreach (var ofLog in page.Lines.GroupBy(line => line.Log))
            Assert.Equal(Enumerable.Range(0, 2 * each).Select(n => (long)n), ofLog.Select(line => line.Seq));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Who_waits_for_a_feed_is_told_of_its_next_line_and_of_no_other_feeds(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        var first = store.Log.FeedBeyond(Alerts, 0);
        var third = store.Log.FeedBeyond(Alerts, 2);
        await store.Log.Append(Lines(a.Next(), (Other, 0)));
        await store.Log.FeedBeyond(Other, 0).WaitAsync(Store.Patience);
        Assert.False(first.IsCompleted);

        await store.Log.Append(Lines(a.Next(2), (Alerts, 1), (Alerts, 2)));
        await first.WaitAsync(Store.Patience);
        Assert.False(third.IsCompleted);
        await store.Log.Append(Lines(a.Next(), (Alerts, 3)));
        await third.WaitAsync(Store.Patience);
        await store.Log.FeedBeyond(Alerts, 2).WaitAsync(Store.Patience);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Waiting_ends_when_it_is_given_up_and_fails_when_the_log_closes(string kind)
    {
        await using var store = await Store.Make(kind);
        using var given = new CancellationTokenSource();
        var up = store.Log.FeedBeyond(Alerts, 0, given.Token);
        var feed = store.Log.FeedBeyond(Alerts, 0);
        var due = store.Log.DueSet(DateTimeOffset.MaxValue);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => up.WaitAsync(Store.Patience));
        await store.Log.DisposeAsync();
        await Assert.ThrowsAsync<LogFailedException>(() => feed.WaitAsync(Store.Patience));
        await Assert.ThrowsAsync<LogFailedException>(() => due.WaitAsync(Store.Patience));
        await store.Reopen();
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task A_reader_that_follows_by_waiting_sees_every_line_once_and_in_order(string kind)
    {
        await using var store = await Store.Make(kind);
        const int writers = 8, each = 100;
        var reading = Task.Run(async () =>
        {
            var seen = new List<long>();
            while (seen.Count < writers * each)
            {
                await store.Log.FeedBeyond(Alerts, seen.Count);
                seen.AddRange((await store.Log.ReadFeed(Alerts, seen.Count, 7)).Lines.Select(line => line.Number));
            }
            return seen;
        });
        await Task.WhenAll(Enumerable.Range(0, writers).Select(i => Task.Run(async () =>
        {
            using var sealer = new Sealer(store.Ring, $"Patient/{i}");
            for (int k = 0; k < each; k++)
                await store.Log.Append(Lines(sealer.Next(), (Alerts, k)));
        })));
        Assert.Equal(Enumerable.Range(1, writers * each).Select(n => (long)n), await reading.WaitAsync(Store.Patience));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task The_lines_of_an_erased_log_keep_their_numbers_and_name_nobody(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        await store.Log.Append(Lines(a.Next(), (Alerts, 0)));
        await store.Log.Append(Lines(b.Next(), (Alerts, 0)));
        await store.Log.Append(Lines(a.Next(), (Alerts, 1)));

        await store.Log.Erase(a.Id);
        await store.Log.Append(Lines(b.Next(), (Alerts, 1)));
        await store.Reopen();

        StoredFeedLine[] expected = [new(1, null, 0), new(2, b.Id, 0), new(3, null, 0), new(4, b.Id, 1)];
        Assert.Equal(new StoredFeedPage(expected, 4), await store.Log.ReadFeed(Alerts, 0, 10), Same);
        Assert.True((await LogVerifier.Verify(store.Log)).IsSound);
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public async Task Lines_that_cannot_be_right_are_refused_before_they_are_queued(string kind)
    {
        await using var store = await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        using var b = new Sealer(store.Ring, "Patient/b");
        await store.Log.Append(new AppendBatch(a.Next(2)));
        var next = a.Next(2, advance: false);
        var now = DateTimeOffset.UnixEpoch;
        AppendBatch[] wrong =
        [
            Lines(next, (Alerts, 1)), Lines(next, (Alerts, 4)), Lines(next, (0, 2)), Lines(next, (Alerts, 3), (Alerts, 2)),
            Lines(next, (Alerts, 2), (Alerts, 2)), new AppendBatch(next) { Feeds = [new FeedAppend(Alerts, b.Id, 2)] },
            new AppendBatch(next) { Due = [new DueChange(b.Id, now)] },
            new AppendBatch(next) { Due = [new DueChange(a.Id, now), new DueChange(a.Id, null)] },
        ];
        foreach (var batch in wrong)
            await Assert.ThrowsAsync<ArgumentException>(async () => await store.Log.Append(batch));
        Assert.Equal(0, (await store.Log.ReadFeed(Alerts, 0, 10)).Head);
        await store.Log.Append(Lines(next, (Alerts, 2), (Other, 2), (Alerts, 3)));
    }

    private static AppendBatch Lines(CommitAppend append, params (byte Feed, long Seq)[] lines) =>
        new(append) { Feeds = [.. lines.Select(line => new FeedAppend(line.Feed, append.Commit.Log, line.Seq))] };

    private static bool Same(StoredFeedPage one, StoredFeedPage other) => one.Head == other.Head && one.Lines.SequenceEqual(other.Lines);
}

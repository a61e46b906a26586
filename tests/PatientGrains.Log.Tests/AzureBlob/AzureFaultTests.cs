using PatientGrains.TestServers;

namespace PatientGrains.Log.Tests;

/// <summary>
/// The network loses, repeats and delays requests and answers; processes die between any two of them; the service forgets. An append is
/// there once or not at all, with everything that it changes.
/// </summary>
public sealed class AzureFaultTests
{
    [AzuriteTheory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task Whatever_the_network_loses_repeats_or_delays_every_append_is_there_once(int seed)
    {
        await using var store = await AzureStore.Make(options => options);
        var random = new Random(seed);
        var seen = new HashSet<RequestFate>();
        var transport = new FaultyTransport((_, _) =>
        {
            lock (random)
            {
                var fate = random.Next(4) > 0 ? RequestFate.Through : (RequestFate)random.Next(1, 5);
                seen.Add(fate);
                return fate;
            }
        });
        await using var log = await store.OpenOver(transport);
        using var directory = new Sealer(store.Ring, "Practitioner/p");
        var traces = Enumerable.Range(0, 4).Select(i => new Trace(store.Ring, $"Patient/{i}")).ToList();
        await Task.WhenAll(traces.Select(trace => Task.Run(async () =>
        {
            for (int i = 0; i < 6; i++)
                await log.Append(trace.Next(i));
        }))).WaitAsync(Store.Patience);
        for (int i = 0; i < 3; i++)
            await log.Append(traces[i].Next(6, directory.Next())).WaitAsync(Store.Patience);
        await transport.Deliver();

        await Trace.AreWhole(store.Log, traces);
        Assert.Equal(3, (await ConformanceTests.ReadAll(store.Log, directory.Id, 0, 1 << 20)).Count);
        Assert.Equal(5, seen.Count);
        traces.ForEach(trace => trace.Dispose());
    }

    /// <summary>The process dies when its n-th request was carried out and before it is answered; for every n there is. To the service
    /// that is what dying before the next request looks like, too.</summary>
    [AzuriteFact]
    public async Task Whichever_request_a_process_dies_at_another_finds_its_append_over_two_logs_whole_or_absent_and_goes_on()
    {
        int present = 0, absent = 0;
        bool died = true;
        for (int step = 0; died; step++)
        {
            await using var store = await AzureStore.Make(options => options with { InDoubt = TimeSpan.FromMilliseconds(30) });
            using var a = new Sealer(store.Ring, "Patient/a");
            using var b = new Sealer(store.Ring, "Practitioner/b");
            await store.Log.Append(new AppendBatch(b.Next()));
            var before = b.Head;
            var batch = Both(store.Ring, a.Next(), b.Next());
            (died, bool acknowledged) = await DieAt(store, step, batch);

            await using var second = (await store.OpenBeside())!;
            // Whether it is there is decided when somebody looks; nothing that it changes may say otherwise before or after.
            var lines = (await second.ReadFeed(1, 0, 10)).Lines;
            bool there = await second.Find(a.Id) is not null;
            Assert.True(there || !acknowledged, "an acknowledged append is gone");
            await IsThereOrNot(second, batch, there ? batch.Commits[1].Commit.End : before, there);
            Assert.Equal(lines, (await second.ReadFeed(1, 0, 10)).Lines);
            (present, absent) = there ? (present + 1, absent) : (present, absent + 1);
            // Both go on, from whichever head it is.
            var first = there ? a.Next() : batch.Commits[0];
            await second.Append(new AppendBatch([first, b.Next(on: there ? null : before)], batch.Claims, [], []));
        }
        Assert.True(present > 3 && absent > 5, $"{present} there, {absent} not");
    }

    private static async Task IsThereOrNot(IPatientLog log, AppendBatch batch, Head second, bool there)
    {
        var (a, b) = (batch.Commits[0].Commit, batch.Commits[1].Commit);
        Assert.Equal(there ? a.End : null, (await log.Find(a.Log))?.Head);
        Assert.Equal(second, (await log.Find(b.Log))!.Head);
        foreach (var claim in batch.Claims)
            Assert.Equal(there ? claim.Log : null, await log.Locate(claim.Key));
        foreach (var change in batch.Index)
            Assert.Equal(there ? [change.Log] : [], await log.Candidates(change.Key, null, 9));
        Assert.Equal(there ? DateTimeOffset.UnixEpoch : null, (await log.Find(b.Log))!.DueAt);
        Assert.Equal(there ? [new DueLog(DateTimeOffset.UnixEpoch, b.Log)] : [], await log.Due(DateTimeOffset.MaxValue, null, 9));
        StoredFeedLine[] lines = [new(1, b.Log, b.FirstSeq), new(2, a.Log, a.FirstSeq)];
        Assert.Equal(there ? lines : [], (await log.ReadFeed(1, 0, 10)).Lines);
    }

    /// <summary>Whether the process died, and whether the append was acknowledged before.</summary>
    private static async Task<(bool Died, bool Acknowledged)> DieAt(AzureStore store, int step, AppendBatch batch)
    {
        int until = int.MaxValue;
        bool died = false;
        var transport = new FaultyTransport((_, number) =>
        {
            var fate = number < until ? RequestFate.Through : number == until ? RequestFate.Unanswered : RequestFate.Dead;
            died |= fate != RequestFate.Through;
            return fate;
        });
        // It is patient for a moment only, in which nothing it sends arrives.
        var log = await store.OpenOver(transport, options => options with { Patience = TimeSpan.FromMilliseconds(1) });
        until = transport.Requests + 1 + step;
        bool acknowledged = false;
        try
        {
            await log.Append(batch).WaitAsync(Store.Patience);
            acknowledged = true;
        }
        catch (LogFailedException)
        {
            Assert.True(died);
        }
        bool duringAppend = died;
        until = 0;
        await log.DisposeAsync();
        return (duringAppend, acknowledged);
    }

    private static AppendBatch Both(KeyRing ring, CommitAppend a, CommitAppend b)
    {
        var (first, second) = (a.Commit, b.Commit);
        var (one, other) = (ring.BlindClaim($"a{first.Hash}"), ring.BlindClaim($"b{first.Hash}"));
        return new AppendBatch(
            [a, b], [new Claim(one, first.Log), new Claim(other, second.Log)], [],
            [new IndexChange(one, first.Log, 1), new IndexChange(other, second.Log, 2)])
        {
            Feeds = [new FeedAppend(1, second.Log, second.FirstSeq), new FeedAppend(1, first.Log, first.FirstSeq)],
            Due = [new DueChange(second.Log, DateTimeOffset.UnixEpoch)],
        };
    }

    [AzuriteFact]
    public async Task A_service_that_lost_what_it_acknowledged_is_found_out()
    {
        await using var store = await AzureStore.Make(options => options);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(a.Next()));
        var client = new AzureBlob.BlobClient(store.Options);
        string name = AzureBlob.LogBlobs.Name(a.Id, 0);
        var kept = (await client.GetWhole(name))!.Value.Bytes.ToArray();
        await store.Log.Append(new AppendBatch(a.Next()));
        await client.Delete(name);
        await client.CreateAppend(name);
        await client.Append(name, 0, kept);

        await Assert.ThrowsAsync<LogCorruptException>(async () => await store.Log.Find(a.Id));
        await Assert.ThrowsAsync<LogCorruptException>(() => store.Log.Append(new AppendBatch(a.Next())));
    }

    [AzuriteFact]
    public async Task A_service_that_was_away_is_used_again_when_it_is_back_and_what_waited_meanwhile_is_done()
    {
        await using var server = await AzuriteServer.Launch(savesFirst: true);
        await using var store = await AzureStore.MakeOn(server, options => options);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(a.Next()));
        await server.Kill();
        var waiting = store.Log.Append(new AppendBatch(a.Next()) { Feeds = [new FeedAppend(1, a.Id, 1)] });
        Assert.False(waiting.IsCompleted);
        await server.Start();
        await waiting.WaitAsync(Store.Patience);
        Assert.Equal(a.Head, (await store.Log.Find(a.Id))!.Head);
        Assert.Equal([new StoredFeedLine(1, a.Id, 1)], (await store.Log.ReadFeed(1, 0, 9)).Lines);

        await using var hasty = await store.OpenOver(new FaultyTransport((_, _) => RequestFate.Through),
            options => options with { Patience = TimeSpan.FromMilliseconds(1) });
        await hasty.Find(a.Id);
        await server.Kill();
        await Assert.ThrowsAsync<LogFailedException>(async () => await hasty.Find(a.Id));
        await Assert.ThrowsAsync<LogFailedException>(() => hasty.Append(new AppendBatch(a.Next(advance: false))));
        await server.Start();
        Assert.Equal(a.Head, (await hasty.Find(a.Id))!.Head);
        await hasty.Append(new AppendBatch(a.Next()));
    }

    [AzuriteFact]
    public async Task Full_blobs_are_followed_by_others_for_logs_feeds_due_times_and_the_index()
    {
        await using var store = await AzureStore.Make(options => options with { BlocksPerBlob = 3 });
        var traces = Enumerable.Range(0, 3).Select(i => new Trace(store.Ring, $"Patient/{i}")).ToList();
        await using var beside = (await store.OpenBeside())!;
        for (int i = 0; i < 12; i++)
        {
            foreach (var trace in traces)
                await (i % 3 == 2 ? beside : store.Log).Append(trace.Next(i));
            if (i == 6)
                await store.Reopen();
        }
        await Trace.AreWhole(store.Log, traces);
        await Trace.AreWhole(beside, traces);
        await using var third = (await store.OpenBeside())!;
        await Trace.AreWhole(third, traces);
        var client = new AzureBlob.BlobClient(store.Options);
        Assert.True((await client.ListAll("feeds/")).Count > 5);
        Assert.True((await client.ListAll($"logs/{traces[0].Id}/")).Count > 3);
        // What is folded is begun anew, and what was before is dropped.
        Assert.InRange((await client.ListAll("registry/")).Count, 1, 3);
        traces.ForEach(trace => trace.Dispose());
    }
}

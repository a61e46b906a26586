using System.Collections.Concurrent;
using Npgsql;

namespace PatientGrains.Log.Tests;

/// <summary>Connections that are lost while a transaction is under way: it is in the store once or not at all, and the answer is true.
/// </summary>
public sealed class AmbiguousCommitTests
{
    [StoreTheory]
    [InlineData("postgres", nameof(Cut.RequestLost))]
    [InlineData("postgres", nameof(Cut.AnswerLost))]
    [InlineData("postgres", nameof(Cut.RequestLate))]
    public async Task An_append_whose_connection_is_cut_is_there_once_when_it_is_acknowledged(string kind, string fate)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        await using var proxy = new CuttingProxy(PortOf(store));
        await using var log = await PostgresLog.Open(Behind(proxy, store), store.Ring);
        using var a = new Sealer(store.Ring, "Patient/a");
        var claim = store.Ring.BlindClaim("id:x");
        var token = store.Ring.BlindToken("t");
        await log.Append(Line(a.Next()));
        var append = Line(a.Next());
        proxy.Plan(Bytes(append.Commits[0].Commit.Hash), Enum.Parse<Cut>(fate));

        append = append with { Claims = [new Claim(claim, a.Id)], Index = [new IndexChange(token, a.Id, 1)] };
        await log.Append(append).WaitAsync(Store.Patience);

        Assert.Equal(1, proxy.Cuts);
        if (fate == nameof(Cut.RequestLate))
        {
            proxy.LetGo();
            await proxy.Arrived.WaitAsync(Store.Patience);
        }
        await log.Append(Line(a.Next()));
        Assert.Equal(a.Head, (await store.Log.Find(a.Id))!.Head);
        Assert.Equal(3, (await ConformanceTests.ReadAll(store.Log, a.Id, 0, 1 << 20)).Count);
        Assert.Equal([new(1, a.Id, 0), new(2, a.Id, 1), new StoredFeedLine(3, a.Id, 2)], (await store.Log.ReadFeed(1, 0, 9)).Lines);
        Assert.Equal(a.Id, await store.Log.Locate(claim));
        Assert.Single(await store.Log.Candidates(token, null, 3));
    }

    [StoreTheory, InlineData("postgres")]
    public async Task When_the_outcome_cannot_be_found_out_the_append_fails_and_the_log_works_again_later(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        await using var proxy = new CuttingProxy(PortOf(store));
        var options = Behind(proxy, store) with { OutcomePatience = TimeSpan.FromMilliseconds(200) };
        await using var log = await PostgresLog.Open(options, store.Ring);
        using var a = new Sealer(store.Ring, "Patient/a");
        await log.Append(Line(a.Next()));
        var append = Line(a.Next());
        proxy.Plan(Bytes(append.Commits[0].Commit.Hash), Cut.AnswerLost);
        proxy.IsDownAfterCut = true;

        var lost = await Assert.ThrowsAsync<LogFailedException>(() => log.Append(append).WaitAsync(Store.Patience));
        Assert.Contains("not known", lost.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LogFailedException>(() => log.Append(Line(a.Next(advance: false))).WaitAsync(Store.Patience));
        await Assert.ThrowsAsync<LogFailedException>(async () => await log.Find(a.Id));

        proxy.IsDown = false;
        Assert.Equal(a.Head, (await log.Find(a.Id))!.Head);
        await log.Append(Line(a.Next()));
        Assert.Equal(3, (await log.ReadFeed(1, 0, 9)).Head);
    }

    /// <summary>Two logs over one store, both behind connections that are cut at random, with rivals on every head and for some
    /// claims.</summary>
    [StoreTheory, InlineData("postgres")]
    public async Task However_connections_are_cut_what_was_acknowledged_is_there_once_and_what_was_refused_is_not(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        var random = new Random(20261122);
        await using var proxy = new CuttingProxy(PortOf(store));
        await using var one = await PostgresLog.Open(Behind(proxy, store), store.Ring);
        await using var other = await PostgresLog.Open(Behind(proxy, store), store.Ring);
        proxy.ChunksUntilCut = () =>
        {
            lock (random)
                return random.Next(1, 60);
        };
        var done = new ConcurrentBag<AppendBatch>();
        var refused = new ConcurrentBag<SealedCommit>();
        var sealers = Enumerable.Range(0, 8).Select(i => new Sealer(store.Ring, $"Patient/{i}")).ToList();
        await Task.WhenAll(sealers.SelectMany((sealer, i) => new[] { one, other }.Select(log => Task.Run(async () =>
        {
            // Until enough was cut and done, however they race.
            for (int round = 0; round < 25 || (round < 2_500 && (proxy.Cuts <= 10 || done.Count <= 100)); round++)
            {
                BlindKey? claim = round % 3 == 0 ? store.Ring.BlindClaim($"{i / 2} {round}") : null;
                await Try(store.Log, log, sealer, claim, done, refused);
            }
        }))));
        proxy.ChunksUntilCut = null;

        Assert.True(proxy.Cuts > 10, $"{proxy.Cuts} cuts");
        Assert.True(done.Count > 100, $"{done.Count} done");
        // A request whose outcome was given up may still be carried out, but by nobody any more whose session is ended.
        await store.EndSessions();
        await AreThere(store.Log, sealers, done, refused);
        sealers.ForEach(sealer => sealer.Dispose());
    }

    private static async Task AreThere(
        IPatientLog log, List<Sealer> sealers, ConcurrentBag<AppendBatch> done, ConcurrentBag<SealedCommit> refused)
    {
        var there = new HashSet<ChainHash>();
        foreach (var sealer in sealers)
        {
            var chain = await ConformanceTests.ReadAll(log, sealer.Id, 0, 1 << 20);
            Assert.All(chain, commit => Assert.True(there.Add(commit.Hash)));
            var lines = (await log.ReadFeed(1, 0, 10_000)).Lines.Where(line => line.Log == sealer.Id).Select(line => line.Seq);
            Assert.Equal(chain.Select(commit => commit.FirstSeq), lines);
        }
        Assert.All(done, append => Assert.Contains(append.Commits[0].Commit.Hash, there));
        foreach (var claim in done.SelectMany(append => append.Claims))
            Assert.Equal(claim.Log, await log.Locate(claim.Key));
        Assert.All(refused, commit => Assert.DoesNotContain(commit.Hash, there));
        Assert.True((await LogVerifier.Verify(log)).IsSound);
    }

    private static async Task Try(
        IPatientLog truth, IPatientLog log, Sealer sealer, BlindKey? key, ConcurrentBag<AppendBatch> done,
        ConcurrentBag<SealedCommit> refused)
    {
        var head = (await truth.Find(sealer.Id))?.Head ?? Head.Empty;
        CommitAppend append;
        lock (sealer)
            append = sealer.Next(on: head, advance: false);
        var batch = Line(append) with { Claims = key is { } claim ? [new Claim(claim, sealer.Id)] : [] };
        try
        {
            await log.Append(batch).WaitAsync(Store.Patience);
            done.Add(batch);
        }
        catch (Exception e) when (e is StaleHeadException or ClaimTakenException)
        {
            refused.Add(append.Commit);
        }
        catch (LogFailedException)
        {
            // It may be there or not.
        }
    }

    private static AppendBatch Line(CommitAppend append) =>
        new(append) { Feeds = [new FeedAppend(1, append.Commit.Log, append.Commit.FirstSeq)] };

    private static PostgresLogOptions Behind(CuttingProxy proxy, PostgresStore store) => store.Options with
    {
        ConnectionString = new NpgsqlConnectionStringBuilder(store.Options.ConnectionString) { Port = proxy.Port }.ConnectionString,
    };

    private static int PortOf(PostgresStore store) => new NpgsqlConnectionStringBuilder(store.Options.ConnectionString).Port;

    private static byte[] Bytes(ChainHash hash)
    {
        var bytes = new byte[ChainHash.Size];
        hash.Write(bytes);
        return bytes;
    }
}

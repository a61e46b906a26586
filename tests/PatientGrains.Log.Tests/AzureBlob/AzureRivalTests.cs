using System.Collections.Concurrent;

namespace PatientGrains.Log.Tests;

/// <summary>
/// Two processes that write the same logs and want the same claims, both over a network that loses, repeats and delays, and each quick to
/// take the other's appends for abandoned.
/// </summary>
public sealed class AzureRivalTests
{
    private const int Workers = 3, Rounds = 12;

    private sealed class Outcomes
    {
        public ConcurrentBag<AppendBatch> Done { get; } = [];
        public ConcurrentBag<AppendBatch> Refused { get; } = [];
        public ConcurrentBag<AppendBatch> Unknown { get; } = [];
    }

    [AzuriteTheory, InlineData(1), InlineData(2)]
    public async Task Every_append_of_rivals_is_there_whole_or_absent_as_they_were_told(int seed)
    {
        await using var store = await AzureStore.Make(options => options with
        {
            InDoubt = TimeSpan.FromMilliseconds(50), BlocksPerBlob = 9, UpkeepEvery = TimeSpan.FromMilliseconds(200),
        });
        var sealers = Enumerable.Range(0, 5).Select(i => new Sealer(store.Ring, $"Patient/{i}")).ToList();
        var outcomes = new Outcomes();
        var transports = Enumerable.Range(0, 2).Select(i => Faulty(new Random((seed * 10) + i))).ToList();
        var logs = new List<AzureBlobLog>();
        foreach (var transport in transports)
            logs.Add(await store.OpenOver(transport));
        await Task.WhenAll(Enumerable.Range(0, 2 * Workers).Select(worker => Task.Run(
            () => Work(store, logs[worker % 2], sealers, new Random((seed * 100) + worker), outcomes)))).WaitAsync(Store.Patience);
        foreach (var log in logs)
            await log.DisposeAsync();
        foreach (var transport in transports)
            await transport.Deliver();

        Assert.True(outcomes.Done.Count > Rounds, $"{outcomes.Done.Count} done");
        await AreAsTold(store, sealers, outcomes);
        sealers.ForEach(sealer => sealer.Dispose());
    }

    private static FaultyTransport Faulty(Random random) => new((_, _) =>
    {
        lock (random)
            return random.Next(6) > 0 ? RequestFate.Through : (RequestFate)random.Next(1, 5);
    });

    private static async Task Work(AzureStore store, AzureBlobLog log, List<Sealer> sealers, Random random, Outcomes outcomes)
    {
        // Until the rivals have shown something, however they race.
        for (int round = 0; round < Rounds || (round < 100 * Rounds && outcomes.Done.Count <= Rounds); round++)
        {
            Sealer[] mine = [.. sealers];
            random.Shuffle(mine);
            var commits = new List<CommitAppend>();
            foreach (var sealer in mine.Take(random.Next(1, 4)))
            {
                var head = (await log.Find(sealer.Id))?.Head ?? Head.Empty;
                lock (sealer)
                    commits.Add(sealer.Next(on: head, advance: false));
            }
            var first = commits[0].Commit;
            var batch = new AppendBatch(commits, [new Claim(store.Ring.BlindClaim($"{random.Next(40)}"), first.Log)], [],
                [new IndexChange(store.Ring.BlindToken("t"), first.Log, 1)])
            {
                Feeds = [.. commits.Select(commit => new FeedAppend(1, commit.Commit.Log, commit.Commit.FirstSeq))],
                Due = [new DueChange(first.Log, DateTimeOffset.UnixEpoch.AddSeconds(first.FirstSeq))],
            };
            try
            {
                await log.Append(batch);
                outcomes.Done.Add(batch);
            }
            catch (Exception e) when (e is StaleHeadException or ClaimTakenException)
            {
                outcomes.Refused.Add(batch);
            }
            catch (LogFailedException)
            {
                outcomes.Unknown.Add(batch);
            }
        }
    }

    private static async Task AreAsTold(AzureStore store, List<Sealer> sealers, Outcomes outcomes)
    {
        var there = new HashSet<ChainHash>();
        var chains = new Dictionary<LogId, List<SealedCommit>>();
        foreach (var sealer in sealers)
        {
            var entry = await store.Log.Find(sealer.Id);
            chains[sealer.Id] = await ConformanceTests.ReadAll(store.Log, sealer.Id, 0, 1 << 20);
            Assert.Equal(entry?.Head ?? Head.Empty, chains[sealer.Id] is [.., var last] ? last.End : Head.Empty);
            Assert.All(chains[sealer.Id], commit => Assert.True(there.Add(commit.Hash)));
        }
        int Found(AppendBatch batch) => batch.Commits.Count(commit => there.Contains(commit.Commit.Hash));
        Assert.All(outcomes.Done, batch => Assert.Equal(batch.Commits.Count, Found(batch)));
        Assert.All(outcomes.Refused, batch => Assert.Equal(0, Found(batch)));
        Assert.All(outcomes.Unknown, batch => Assert.Contains(Found(batch), new[] { 0, batch.Commits.Count }));

        var lines = (await store.Log.ReadFeed(1, 0, int.MaxValue)).Lines;
        foreach (var (log, chain) in chains)
            Assert.Equal(chain.Select(commit => commit.FirstSeq), lines.Where(line => line.Log == log).Select(line => line.Seq));
        var isThere = outcomes.Done.Concat(outcomes.Unknown.Where(batch => Found(batch) > 0)).ToList();
        Assert.Equal(there.Count, isThere.Sum(batch => batch.Commits.Count));
        foreach (var claim in isThere.SelectMany(batch => batch.Claims))
            Assert.Equal(claim.Log, await store.Log.Locate(claim.Key));
        var deciders = isThere.GroupBy(batch => batch.Commits[0].Commit.Log).ToDictionary(
            log => log.Key, log => DateTimeOffset.UnixEpoch.AddSeconds(log.Max(batch => batch.Commits[0].Commit.FirstSeq)));
        Assert.Equal(deciders.Keys.Order(), (await store.Log.Candidates(store.Ring.BlindToken("t"), null, 99)).Order());
        Assert.Equal(
            deciders.Select(log => new DueLog(log.Value, log.Key)).OrderBy(due => due.Log),
            (await store.Log.Due(DateTimeOffset.MaxValue, null, 99)).OrderBy(due => due.Log));
        Assert.True((await LogVerifier.Verify(store.Log)).IsSound);
    }
}

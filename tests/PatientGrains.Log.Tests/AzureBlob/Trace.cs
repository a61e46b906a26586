namespace PatientGrains.Log.Tests;

/// <summary>Appends of one log that each claim a key, count a token, are a line of a feed and say when the log is due; and what must be
/// found after them.</summary>
internal sealed class Trace(KeyRing ring, string name) : IDisposable
{
    private const byte Feed = 1;

    private readonly Sealer _sealer = new(ring, name);
    private readonly List<SealedCommit> _commits = [];
    private DateTimeOffset _due;

    public LogId Id => _sealer.Id;

    private BlindKey Token => ring.BlindToken("all");

    public AppendBatch Next(int number, params CommitAppend[] others)
    {
        var next = _sealer.Next();
        _commits.Add(next.Commit);
        _due = DateTimeOffset.UnixEpoch.AddMinutes(number);
        return new AppendBatch(
            [next, .. others], [new Claim(Key(next.Commit), Id)], [], [new IndexChange(Token, Id, number % 2 == 0 ? 2 : -1)])
        {
            Feeds = [new FeedAppend(Feed, Id, next.Commit.FirstSeq)],
            Due = [new DueChange(Id, _due)],
        };
    }

    private BlindKey Key(SealedCommit commit) => ring.BlindClaim(commit.Hash.ToString());

    /// <summary>Everything of all of them is there, once, and nothing else is in the feed.</summary>
    public static async Task AreWhole(IPatientLog log, List<Trace> traces)
    {
        var lines = (await log.ReadFeed(Feed, 0, 100_000)).Lines;
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (long)n), lines.Select(line => line.Number));
        Assert.Equal(traces.Sum(trace => trace._commits.Count), lines.Count);
        var candidates = await log.Candidates(traces[0].Token, null, 1000);
        Assert.Equal(traces.Select(trace => trace.Id).Order(), candidates);
        var due = await log.Due(DateTimeOffset.MaxValue, null, 1000);
        Assert.Equal(traces.Select(trace => new DueLog(trace._due, trace.Id)).OrderBy(d => d.At).ThenBy(d => d.Log), due);
        foreach (var trace in traces)
        {
            Assert.Equal(trace._sealer.Head, (await log.Find(trace.Id))!.Head);
            var read = await ConformanceTests.ReadAll(log, trace.Id, 0, 500);
            Assert.Equal(trace._commits.Select(commit => commit.Hash), read.Select(commit => commit.Hash));
            var ofLog = lines.Where(line => line.Log == trace.Id).Select(line => line.Seq);
            Assert.Equal(trace._commits.Select(commit => commit.FirstSeq), ofLog);
            foreach (var commit in trace._commits)
            {
                Assert.Equal(trace.Id, await log.Locate(trace.Key(commit)));
                Assert.Equal(commit.Hash, (await log.Read(trace.Id, new ReadFrom(commit.FirstSeq), 1)).Commits[0].Hash);
            }
        }
        Assert.True((await LogVerifier.Verify(log)).IsSound);
    }

    public void Dispose() => _sealer.Dispose();
}

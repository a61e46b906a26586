using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using PatientGrains.Core.Tests;

namespace PatientGrains.Log.Tests;

/// <summary>Generated sequences of operations against a plain model of what a log promises; each log must agree with it after every
/// one.</summary>
public sealed class GeneratedTests
{
    private const int Logs = 4;
    private const int Keys = 6;

    /// <summary>One append: which logs, whether each builds on the right head, and what is claimed, released and counted.</summary>
    public sealed record Step(int[] Logs, bool[] Stale, (int Key, int Log, int Replaces)[] Claims, (int Key, int Log)[] Releases,
        (int Key, int Log, int Delta)[] Tokens, (int Feed, int Log)[] Lines, (int Log, int Minutes)[] Due, bool Reopen);

    private static readonly Gen<Step> Steps =
        from logs in Gen.Choose(0, Logs - 1).NonEmptyListOf().Select(l => l.Distinct().Take(3).ToArray())
        from stale in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true))).ArrayOf(logs.Length)
        let log = Gen.Elements(logs)
        from claims in (from key in Gen.Choose(0, Keys - 1) from l in log from old in Gen.Choose(-2, Logs - 1) select (
            key, l, old)).ArrayOf(2)
        from releases in (from key in Gen.Choose(0, Keys - 1) from l in log select (key, l)).ArrayOf(1)
        from tokens in (from key in Gen.Choose(0, Keys - 1) from l in log from delta in Gen.Choose(-2, 2) select (key, l, delta)).ArrayOf(2)
        from lines in (from feed in Gen.Choose(1, 2) from l in log select (feed, l)).ArrayOf(2)
        from due in (from l in log from minutes in Gen.Choose(-1, 5) select (l, minutes)).ArrayOf(1)
        from reopen in Gen.Frequency((30, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new Step(
            logs, stale, [.. claims.DistinctBy(c => c.key)], [.. releases.Where(r => claims.All(c => c.key != r.key))],
            [.. tokens.Where(t => t.delta != 0).DistinctBy(t => (t.key, t.l))],
            [.. lines.Distinct()], due, reopen);

    public static TheoryData<string, int> Cases => Store.KindsAnd(cases => cases);

    [StoreTheory, MemberData(nameof(Cases))]
    public void A_log_agrees_with_the_model_after_every_operation(string kind, int cases)
    {
        var property = Prop.ForAll(Steps.ListOf(30).ToArbitrary(), steps => Agrees(kind, [.. steps]));
        Check.One(Drawn.Cases(cases), property);
    }

    private static async Task<bool> Agrees(string kind, List<Step> steps)
    {
        await using var store = await Store.Make(kind);
        await using var beside = await store.OpenBeside(kind);
        var sealers = Enumerable.Range(0, Logs).Select(i => new Sealer(store.Ring, $"Patient/{i}")).ToArray();
        var model = new Model();
        foreach (var step in steps)
        {
            string expected = model.Apply(step);
            var commits = step.Logs.Select((log, i) => (log, sealers[log].Next(
                on: step.Stale[i] ? new Head(sealers[log].Head.NextSeq, new ChainHash(1, 1)) : null,
                    advance: expected == "done"))).ToList();
            // Where several processes may write, two do so in turns.
            var log = beside is not null && model.Commits.Sum() % 2 == 1 ? beside : store.Log;
            var append = log.Append(new AppendBatch(
                [.. commits.Select(c => c.Item2)],
                [.. step.Claims.Select(c => new Claim(
                    Key(store, c.Key), sealers[c.Log].Id, c.Replaces < 0 ? null : sealers[c.Replaces].Id))],
                [.. step.Releases.Select(r => new Release(Key(store, r.Key), sealers[r.Log].Id))],
                [.. step.Tokens.Select(t => new IndexChange(Key(store, t.Key), sealers[t.Log].Id, t.Delta))])
            {
                Feeds = [.. step.Lines.Select(l => new FeedAppend((byte)l.Feed, sealers[l.Log].Id, FirstSeq(commits, l.Log)))],
                Due = [.. step.Due.Select(d => new DueChange(sealers[d.Log].Id, Minute(d.Minutes)))],
            });
            Assert.Equal(expected, await Said(append));
            if (step.Reopen)
                await store.Reopen();
            await Compare(store, sealers, model);
        }
        foreach (var sealer in sealers)
            sealer.Dispose();
        return true;
    }

    private static long FirstSeq(List<(int Log, CommitAppend Append)> commits, int log) =>
        commits.Single(c => c.Log == log).Append.Commit.FirstSeq;

    private static DateTimeOffset? Minute(int minutes) => minutes < 0 ? null : DateTimeOffset.UnixEpoch.AddMinutes(minutes);

    private static async Task<string> Said(Task append)
    {
        try
        {
            await append;
            return "done";
        }
        catch (LogException e)
        {
            return e.GetType().Name;
        }
    }

    private static BlindKey Key(Store store, int key) => store.Ring.BlindClaim($"key {key}");

    private static async Task Compare(Store store, Sealer[] sealers, Model model)
    {
        for (int log = 0; log < Logs; log++)
        {
            var entry = await store.Log.Find(sealers[log].Id);
            Assert.Equal(sealers[log].Head, entry?.Head ?? Head.Empty);
            Assert.Equal(model.Commits[log], (await ConformanceTests.ReadAll(store.Log, sealers[log].Id, 0, 1 << 20)).Count);
        }
        for (int key = 0; key < Keys; key++)
        {
            LogId? owner = model.Owners.TryGetValue(key, out int log) ? sealers[log].Id : null;
            Assert.Equal(owner, await store.Log.Locate(Key(store, key)));
            var expected = Enumerable.Range(0, Logs).Where(l => model.Counts.GetValueOrDefault((key, l)) > 0).Select(
                l => sealers[l].Id).Order();
            Assert.Equal(expected, (await store.Log.Candidates(Key(store, key), null, Logs)).Order());
        }
        foreach (byte feed in new byte[] { 1, 2 })
        {
            var lines = model.Lines.Where(line => line.Feed == feed).Select((l, i) => new StoredFeedLine(i + 1, sealers[l.Log].Id, l.Seq));
            Assert.Equal(lines, (await store.Log.ReadFeed(feed, 0, 1000)).Lines);
        }
        var due = model.Due.Select(d => new DueLog(Minute(d.Value)!.Value, sealers[d.Key].Id));
        Assert.Equal(due.OrderBy(d => d.Log), (await store.Log.Due(DateTimeOffset.MaxValue, null, Logs)).OrderBy(d => d.Log));
    }

    private sealed class Model
    {
        public int[] Commits { get; } = new int[Logs];
        public Dictionary<int, int> Owners { get; } = [];
        public Dictionary<(int Key, int Log), int> Counts { get; } = [];
        public List<(int Feed, int Log, long Seq)> Lines { get; } = [];
        public Dictionary<int, int> Due { get; } = [];

        public string Apply(Step step)
        {
            if (step.Stale.Any(stale => stale))
                return nameof(StaleHeadException);
            foreach (var (key, log, replaces) in step.Claims)
            {
                if (Owners.TryGetValue(key, out int owner) && owner != log && owner != replaces)
                    return nameof(ClaimTakenException);
            }
            // A commit of these tests has one event, so the number of the next event is that of the commits before it.
            Lines.AddRange(step.Lines.Select(line => (line.Feed, line.Log, (long)Commits[line.Log])));
            foreach (var (log, minutes) in step.Due)
            {
                if (minutes < 0)
                    Due.Remove(log);
                else
                    Due[log] = minutes;
            }
            foreach (int log in step.Logs)
                Commits[log]++;
            foreach (var (key, log, _) in step.Claims)
                Owners[key] = log;
            foreach (var (key, log) in step.Releases)
            {
                if (Owners.TryGetValue(key, out int owner) && owner == log)
                    Owners.Remove(key);
            }
            foreach (var (key, log, delta) in step.Tokens)
                Counts[(key, log)] = Math.Max(0, Counts.GetValueOrDefault((key, log)) + delta);
            return "done";
        }
    }
}

namespace PatientGrains.Log.Bench;

/// <summary>
/// Commit, locator and blinded index in one append at 100,000 patients: each patient's first commit, then a second one at random, part by
/// part: commits alone, with claims, with claims and tokens, with a line of a feed and a due time. Sealed beforehand, so that this is the
/// store's share.
/// </summary>
internal static class HundredThousand
{
    private const int Patients = 100_000;
    private const int Claims = 10;
    private const int Tokens = 4;
    private const int Waiting = 256;

    public static async Task Measure()
    {
        foreach (var (what, claims, tokens, feeds) in new[] { ("commits alone", 0, 0, false), ("with 10 claims", Claims, 0, false),
            ("with 10 claims and 4 tokens", Claims, Tokens, false), ("with a line of a feed and a due time", 0, 0, true) })
        {
            await using var store = await BenchStore.Make();
            var (log, ring) = (store.Log, store.Ring);
            var random = new Random(1);
            var heads = new Head[Patients];
            var first = Enumerable.Range(0, Patients).ToArray();
            await Run($"{what}: first commit of each", log, ring, first, heads, claims, tokens, feeds, random);
            var second = first.OrderBy(_ => random.Next()).Take(50_000).ToArray();
            await Run($"{what}: one more of 50,000 at random", log, ring, second, heads, claims, tokens, feeds, random);
            Console.WriteLine($"     {store.Megabytes:N0} MB");
        }
    }

    private static async Task Run(string what, IPatientLog log, KeyRing ring, int[] patients, Head[] heads, int claims, int tokens,
        bool feeds, Random random)
    {
        var batches = new AppendBatch[patients.Length];
        for (int i = 0; i < patients.Length; i++)
            batches[i] = Batch(ring, patients[i], heads, claims, tokens, feeds, random);
        int next = 0;
        var clocks = new Clocks();
        await Task.WhenAll(Enumerable.Range(0, Waiting).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < batches.Length; i = Interlocked.Increment(ref next) - 1)
                await log.Append(batches[i]);
        })));
        Console.WriteLine($"   {what,-60} {clocks.Per(patients.Length, "appends")}");
    }

    private static AppendBatch Batch(KeyRing ring, int patient, Head[] heads, int claims, int tokens, bool feeds, Random random)
    {
        var id = ring.Blind(new LogName($"Patient/{patient}"));
        var head = heads[patient];
        using var key = ring.NewDataKey(id, out var wrapped);
        var commit = key.SealCommit(head, 10, 0, new byte[400]);
        heads[patient] = commit.End;
        var append = head == Head.Empty ? new CommitAppend(commit, head, wrapped, new byte[50]) : new CommitAppend(commit, head);
        return new AppendBatch(
            [append],
            [.. Enumerable.Range(0, claims).Select(_ => new Claim(new BlindKey(Key(random)), id))],
            [],
            [.. Enumerable.Range(0, tokens).Select(
                i => new IndexChange(new BlindKey(i % 2 == 0 ? Key(random) : (UInt128)random.Next(1000)), id, 1))])
        {
            Feeds = feeds ? [new FeedAppend(1, id, head.NextSeq)] : [],
            Due = feeds ? [new DueChange(id, DateTimeOffset.UnixEpoch.AddSeconds(random.Next()))] : [],
        };
    }

    private static UInt128 Key(Random random) => new((ulong)random.NextInt64(), (ulong)random.NextInt64());
}

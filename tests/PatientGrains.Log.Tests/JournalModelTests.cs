using System.Collections.Concurrent;
using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

/// <summary>
/// Two activations of one log that pipeline appends over a store that fails, delays and reorders answers, against an oracle: every
/// acknowledged decision must stand in the one chain exactly where it was decided, having seen exactly what stands before it.
/// </summary>
public sealed class JournalModelTests
{
    private const int Slots = 40;
    private const int FirstSeed = 2_000;

    public static TheoryData<string, int> Runs => Store.KindsAnd(cases => Math.Max(3, cases / 4));

    [StoreTheory, MemberData(nameof(Runs))]
    public async Task Two_activations_over_a_faulty_store_make_one_chain_and_lose_nothing_acknowledged(
        string kind, int seeds)
    {
        int acknowledged = 0, lost = 0;
        // Both must have happened often, or the test shows nothing: how often depends on how the two race.
        bool IsEnough() => acknowledged > seeds * 20 && lost > seeds;
        for (int seed = FirstSeed; seed < FirstSeed + seeds || (seed < FirstSeed + (50 * seeds) && !IsEnough()); seed++)
        {
            await using var store = await Store.Make(kind);
            // Where several processes may write, each activation is in one of its own.
            await using var beside = await store.OpenBeside(kind);
            var first = new FaultyLog(store.Log, seed);
            var second = beside is null ? first : new FaultyLog(beside, -seed);
            var run = new Run(store, seed);
            await Task.WhenAll(run.Activate("a", first), run.Activate("b", second));
            await run.Check();
            acknowledged += run.Acknowledged.Count;
            lost += run.Lost;
        }
        Assert.True(IsEnough(), $"{acknowledged} acknowledged, {lost} journals lost");
    }

    private sealed class Run(Store store, int seed)
    {
        private int _lost;

        /// <summary>What was answered: the text written (empty for a decision without events) and the texts that the decision
        /// saw.</summary>
        public ConcurrentBag<(string Written, string[] Seen)> Acknowledged { get; } = [];

        public int Lost => _lost;

        /// <summary>An activation's life: it opens the log, works until it is lost, and is opened again.</summary>
        public Task Activate(string name, IPatientLog log)
        {
            var random = new Random(seed * 31 + name[0]);
            int step = 0;
            var activation = new Activation();
            return activation.Run(async () =>
            {
                for (int life = 0; life < 8; life++)
                {
                    using var journal = await store.Open("Patient/a", Small(random), log);
                    var workers = Enumerable.Range(0, 6).Select(_ => Work(journal, random, () => $"{name}{++step}")).ToList();
                    await Task.WhenAll(workers);
                    if (journal.Lost.IsFaulted)
                        Interlocked.Increment(ref _lost);
                }
            });
        }

        private static JournalOptions Small(Random random) => new()
        {
            Depth = random.Next(1, 5),
            CommitBytes = random.Next(1, 200),
            SnapshotFrom = random.Next(1, 400),
        };

        private async Task Work(PatientJournal<Notes, Note> journal, Random random, Func<string> next)
        {
            try
            {
                for (int i = 0; i < 10; i++)
                {
                    int what = random.Next(10);
                    string text = what < 3 ? $"slot{random.Next(Slots)}" : next();
                    var answer = await journal.Execute<(string, string[])>(state =>
                    {
                        string[] seen = [.. state.Texts];
                        bool refused = what > 7 || (what < 3 && seen.Contains(text));
                        return refused ? new([], ("", seen)) : new([new Note(text), new Note(text + "+")], (text, seen));
                    });
                    Acknowledged.Add(answer);
                }
            }
            catch (JournalLostException)
            {
                // Not acknowledged: it may be there or not.
            }
        }

        public async Task Check()
        {
            using var journal = await store.Open("Patient/a");
            var chain = new List<string>();
            await foreach (var (seq, note) in journal.Read(0))
            {
                Assert.Equal(chain.Count, seq);
                chain.Add(note.Text);
            }
            Assert.Equal(await journal.Execute<string[]>(state => new([], [.. state.Texts])), chain);
            foreach (var (written, seen) in Acknowledged)
            {
                Assert.Equal(seen, chain.Take(seen.Length));
                if (written.Length > 0)
                    Assert.Equal([written, written + "+"], chain.Skip(seen.Length).Take(2));
            }
            for (int slot = 0; slot < Slots; slot++)
                Assert.True(chain.Count(text => text == $"slot{slot}") <= 1, $"slot{slot} was taken twice, seed {seed}");
            Assert.Equal(chain.Count(text => !text.EndsWith('+')), chain.Count(text => text.EndsWith('+')));
            var report = await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength);
            Assert.Empty(report.Broken);
        }
    }
}

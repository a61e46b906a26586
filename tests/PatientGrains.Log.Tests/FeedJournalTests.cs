using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

/// <summary>What a journal makes of its events' feeds and of its state's due time.</summary>
public sealed class FeedJournalTests
{
    private const byte Feed = 3;

    private static readonly LogName Name = new("Patient/a");

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task Lines_name_the_very_events_however_decisions_gather(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        var expected = new List<long>();
        using (var journal = await store.Open(Name.Text))
        {
            var all = new List<Task>();
            for (int i = 0, seq = 0; i < 200; i++)
            {
                var notes = Enumerable.Range(0, 1 + (i % 4)).Select(k => new Note($"{i}.{k}", Feed: (byte)((i + k) % 3 == 0 ? Feed : 0)));
                foreach (var note in notes)
                {
                    if (note.Feed == Feed)
                        expected.Add(seq);
                    seq++;
                }
                all.Add(journal.Execute(s => Store.Write(s, [.. notes])));
                if (i % 50 == 0)
                    await all[^1];
            }
            await Task.WhenAll(all);
        }
        Assert.Equal(expected, (await store.Log.ReadFeed(Feed, 0, 1000)).Lines.Select(line => line.Seq));
    });

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task The_store_knows_when_the_state_is_due_after_each_commit_and_the_last_decision_of_a_commit_wins(string kind) =>
        new Activation().Run(async () =>
        {
            await using var store = await Store.Make(kind);
            using var journal = await store.Open(Name.Text);
            await journal.Execute(s => Store.Write(s, new Note("first", Due: 7)));
            Assert.Equal(7, await DueMicros(store));
            var gathered = new[] { 9L, 0, 5, -1, 11 }.Select(due => journal.Execute(s => Store.Write(s, new Note("x", Due: due)))).ToList();
            await Task.WhenAll(gathered);
            Assert.Equal(11, await DueMicros(store));
            await journal.Execute(s => Store.Write(s, new Note("none", Due: -1)));
            Assert.Null(await DueMicros(store));
        });

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task A_due_time_that_did_not_change_is_not_written_again_by_the_next_activation(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        using (var journal = await store.Open(Name.Text))
            await journal.Execute(s => Store.Write(s, new Note("first", Due: 7)));
        var counting = new CountingLog(store.Log);
        using var again = await store.Open(Name.Text, over: counting);
        await again.Execute(s => Store.Write(s, new Note("second")));
        await again.Execute(s => Store.Write(s, new Note("third", Due: 7)));
        await again.Execute(s => Store.Write(s));
        Assert.Equal((2, 0), (counting.Appends, counting.DueChanges));
        await again.Execute(s => Store.Write(s, new Note("fourth", Due: 8)));
        Assert.Equal((3, 1), (counting.Appends, counting.DueChanges));
    });

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task A_due_time_that_the_state_does_not_have_any_more_is_corrected_by_a_decision_without_events(string kind) =>
        new Activation().Run(async () =>
        {
            await using var store = await Store.Make(kind);
            using (var journal = await store.Open(Name.Text))
                await journal.Execute(s => Store.Write(s, new Note("first")));
            var head = (await store.Log.Find(store.Ring.Blind(Name)))!.Head;
            using (var sealer = await SomebodyWho(store, DateTimeOffset.UnixEpoch, head))
                Assert.Equal(0, await DueMicros(store));

            using (var journal = await store.Open(Name.Text))
                Assert.Equal(1, await journal.Execute(s => Store.Write(s)));

            Assert.Null(await DueMicros(store));
            using var again = await store.Open(Name.Text);
            Assert.Equal(["first"], await again.Execute<string[]>(s => new([], [.. s.Texts])));
            Assert.True((await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength)).IsSound);
        });

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task Prepared_commits_carry_their_lines_and_due_times_abandoned_ones_leave_none(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        using var patient = await store.Open(Name.Text);
        var other = new LogName("Location/b");
        using (var abandoned = await store.Open(other.Text))
        {
            var (_, dropped) = await abandoned.Prepare(s => Store.Write(s, new Note("t", Feed: Feed, Due: 5)), _ => true);
            await abandoned.Settle(dropped!.Id, committed: false);
        }
        using var journal = await store.Open(other.Text);
        var (_, prepared) = await journal.Prepare(
            s => Store.Write(s, new Note("x"), new Note("t", Feed: Feed, Due: 5), new Note("u", Feed: Feed)), _ => true);
        var sent = PreparedCommit.Read(prepared!.Bytes);
        await patient.Execute(s => Store.Write(s, new Note("p", Feed: Feed, Due: 6)), [sent], _ => true);
        await journal.Settle(prepared.Id, committed: true);
        await journal.Execute(s => Store.Write(s, new Note("behind", Feed: Feed)));

        var (a, b) = (store.Ring.Blind(Name), store.Ring.Blind(other));
        Assert.Equal(
            [new(1, a, 0), new(2, b, 1), new(3, b, 2), new StoredFeedLine(4, b, 3)], (await store.Log.ReadFeed(Feed, 0, 9)).Lines);
        Assert.Equal([new(Micros.Time(5), b), new DueLog(Micros.Time(6), a)], await store.Log.Due(Micros.Time(6), null, 9));
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength)).IsSound);
    });

    /// <summary>Writes a due time that no event says, as a program that judged differently would have.</summary>
    private static async Task<IDisposable> SomebodyWho(Store store, DateTimeOffset due, Head head)
    {
        var entry = (await store.Log.Find(store.Ring.Blind(Name)))!;
        var key = store.Ring.DataKey(entry.Log, entry.WrappedKey.Span);
        var commit = new CommitAppend(key.SealCommit(head, 0, long.MaxValue / 2, []), head);
        await store.Log.Append(new AppendBatch(commit) { Due = [new DueChange(entry.Log, due)] });
        return key;
    }

    private static async Task<long?> DueMicros(Store store) =>
        (await store.Log.Find(store.Ring.Blind(Name)))!.DueAt is { } at ? Micros.Up(at) : null;

    private sealed class CountingLog(IPatientLog inner) : ForwardingLog(inner)
    {
        public int Appends { get; private set; }

        public int DueChanges { get; private set; }

        public override Task Append(AppendBatch batch)
        {
            Appends++;
            DueChanges += batch.Due.Count;
            return base.Append(batch);
        }
    }
}

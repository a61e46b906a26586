using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

public sealed class JournalTests
{
    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task A_decision_is_answered_durable_and_folded_again_after_opening(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        using (var journal = await store.Open("Patient/a"))
        {
            Assert.Equal(0, await journal.Execute(s => Store.Write(s, new Note("one", Claim: "id:x", Token: "t"), new Note("two"))));
            Assert.Equal(2, await journal.Execute(s => Store.Write(s, new Note("three"))));
            Assert.Equal(3, await journal.Execute(s => Store.Write(s)));
        }
        await store.Reopen();
        using var again = await store.Open("Patient/a");
        Assert.Equal(["one", "two", "three"], await again.Execute<string[]>(s => new([], [.. s.Texts])));
        Assert.Equal(store.Ring.Blind(new LogName("Patient/a")), await store.Log.Locate(store.Ring.BlindClaim("id:x")));
        Assert.Single(await store.Log.Candidates(store.Ring.BlindToken("t"), null, 5));
        Assert.Equal(["three", "one"], (await again.ReadAt([2, 0])).Select(n => n.Text));
    });

    [Fact]
    public Task Decisions_that_wait_at_the_same_time_share_commits() => new Activation().Run(async () =>
    {
        await using var store = new MemoryStore();
        var slow = new HeldLog(store.Log);
        using var journal = await store.Open("Patient/a", new JournalOptions { Depth = 2 }, slow);
        var all = Enumerable.Range(0, 100).Select(i => journal.Execute(s => Store.Write(s, new Note($"n{i}")))).ToList();
        Assert.Equal(2, slow.Held);
        Assert.All(all, task => Assert.False(task.IsCompleted));
        slow.LetGo();
        Assert.Equal(Enumerable.Range(0, 100), await Task.WhenAll(all));
        Assert.Equal(3, (await ConformanceTests.ReadAll(store.Log, store.Ring.Blind(new LogName("Patient/a")), 0, 1 << 20)).Count);
    });

    [Fact]
    public Task A_decision_without_events_waits_until_what_it_saw_is_durable() => new Activation().Run(async () =>
    {
        await using var store = new MemoryStore();
        var slow = new HeldLog(store.Log);
        using var journal = await store.Open("Patient/a", null, slow);
        var write = journal.Execute(s => Store.Write(s, new Note("one")));
        var read = journal.Execute(s => Store.Write(s));
        Assert.False(read.IsCompleted);
        slow.LetGo();
        Assert.Equal(1, await read);
        Assert.Equal(0, await write);
    });

    [Fact]
    public Task A_decision_without_events_that_must_be_of_the_newest_is_not_answered_by_who_was_overtaken() =>
        new Activation().Run(async () =>
    {
        await using var store = new MemoryStore();
        using var first = await store.Open("Patient/a");
        await first.Execute(s => Store.Write(s, new Note("one")));
        Assert.Equal(1, await first.Execute<int>(s => new([], s.Texts.Count, MustBeNewest: true)));
        using var second = await store.Open("Patient/a");
        await second.Execute(s => Store.Write(s, new Note("two")));

        // What it says is in the log for ever; how much there is, it does not know any more.
        Assert.Equal("one", await first.Execute<string>(s => new([], s.Texts[0])));
        await Assert.ThrowsAsync<JournalLostException>(() => first.Execute<int>(s => new([], s.Texts.Count, MustBeNewest: true)));
        Assert.True(first.Lost.IsFaulted);
        Assert.Equal(2, await second.Execute<int>(s => new([], s.Texts.Count, MustBeNewest: true)));
    });

    [Fact]
    public Task Own_appends_in_flight_overtake_nobody() => new Activation().Run(async () =>
    {
        await using var store = new MemoryStore();
        using var journal = await store.Open("Patient/a", new JournalOptions { Depth = 3 });
        var looks = Enumerable.Range(0, 50).Select(async i =>
        {
            await journal.Execute(s => Store.Write(s, new Note($"n{i}")));
            return await journal.Execute<int>(s => new([], s.Texts.Count, MustBeNewest: true));
        });
        Assert.All(await Task.WhenAll(looks), seen => Assert.InRange(seen, 1, 50));
        Assert.False(journal.Lost.IsFaulted);
    });

    [Fact]
    public Task Past_its_limits_a_journal_is_busy_before_it_decides() => new Activation().Run(async () =>
    {
        await using var store = new MemoryStore();
        var slow = new HeldLog(store.Log);
        using var journal = await store.Open("Patient/a", new JournalOptions { MaxWaiting = 3, Depth = 1 }, slow);
        var waiting = Enumerable.Range(0, 3).Select(i => journal.Execute(s => Store.Write(s, new Note($"n{i}")))).ToList();
        bool decided = false;
        await Assert.ThrowsAsync<LogBusyException>(() => journal.Execute(s =>
        {
            decided = true;
            return Store.Write(s);
        }));
        Assert.False(decided);
        slow.LetGo();
        await Task.WhenAll(waiting);
        Assert.Equal(3, await journal.Execute(s => Store.Write(s)));
    });

    [Fact]
    public Task A_decision_that_is_too_large_changes_nothing() => new Activation().Run(async () =>
    {
        await using var store = new MemoryStore();
        using var journal = await store.Open("Patient/a");
        await Assert.ThrowsAsync<LogLimitException>(
            () => journal.Execute(s => Store.Write(s, new Note("ok"), new Note(new string('x', LogKey.MaxBody)))));
        Assert.Equal(0, await journal.Execute(s => Store.Write(s, new Note("one"))));
        Assert.False(journal.Lost.IsCompleted);
    });

    [Fact]
    public Task When_an_append_fails_nothing_behind_it_is_acknowledged_and_the_journal_is_lost() => new Activation().Run(async () =>
    {
        await using var store = new MemoryStore();
        var faulty = new FaultyLog(store.Log, 1) { FailurePercent = 0 };
        using var journal = await store.Open("Patient/a", new JournalOptions { Depth = 2 }, faulty);
        await journal.Execute(s => Store.Write(s, new Note("kept")));
        faulty.Script.Enqueue("before");
        var tasks = Enumerable.Range(0, 10).Select(i => journal.Execute(s => Store.Write(s, new Note($"n{i}")))).ToList();
        tasks.Add(journal.Execute(s => Store.Write(s)));
        foreach (var task in tasks)
            await Assert.ThrowsAsync<JournalLostException>(() => task);
        await Assert.ThrowsAsync<JournalLostException>(() => journal.Lost);
        await Assert.ThrowsAsync<JournalLostException>(() => journal.Execute(s => Store.Write(s)));
        using var again = await store.Open("Patient/a");
        Assert.Equal(1, await again.Execute(s => Store.Write(s)));
    });

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task A_claim_of_another_log_loses_the_journal_and_names_the_key(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        using var a = await store.Open("Patient/a");
        using var b = await store.Open("Patient/b");
        await a.Execute(s => Store.Write(s, new Note("one", Claim: "id:x")));
        var lost = await Assert.ThrowsAsync<JournalLostException>(() => b.Execute(s => Store.Write(s, new Note("one", Claim: "id:x"))));
        Assert.Equal(store.Ring.BlindClaim("id:x"), Assert.IsType<ClaimTakenException>(lost.InnerException).Key);
        using var again = await store.Open("Patient/b");
        Assert.Equal(0, await again.Execute(s => Store.Write(s)));
    });

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task Opening_uses_the_snapshot_and_a_damaged_or_foreign_one_falls_back_to_the_log(string kind) =>
        new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        var log = store.Ring.Blind(new LogName("Patient/a"));
        var counting = new CountingFold();
        var saving = new SavingLog(store.Log);
        using (var journal = await PatientJournal<Notes, Note>.Open(
            saving, store.Ring, TimeProvider.System, new LogName("Patient/a"), counting, new JournalOptions { SnapshotFrom = 1 }))
        {
            for (int i = 0; i < 60; i++)
                await journal.Execute(s => Store.Write(s, new Note($"n{i}")));
        }
        // They are kept behind the answers.
        for (int i = 0; i < counting.Snapshots; i++)
            Assert.True(await saving.Saved.WaitAsync(Store.Patience));
        var snapshot = (await store.Log.Snapshot(log))!;
        counting = new CountingFold();
        await Opened(store, counting, 60);
        Assert.True(counting.Evolved < 60, $"{counting.Evolved} events were replayed");

        var broken = snapshot.Bytes.ToArray();
        broken[^1] ^= 1;
        var head = (await store.Log.Find(log))!.Head;
        foreach (var bad in new[] { snapshot with { Bytes = broken }, snapshot with { At = head },
            snapshot with { At = head, Bytes = new byte[5] } })
        {
            await store.Log.SaveSnapshot(log,
                bad with { At = bad.At with { NextSeq = Math.Max(bad.At.NextSeq, (await store.Log.Snapshot(log))!.At.NextSeq) } });
            counting = new CountingFold();
            await Opened(store, counting, 60);
            Assert.Equal(60, counting.Evolved);
        }
    });

    private static async Task Opened(Store store, CountingFold fold, int expected)
    {
        using var journal = await PatientJournal<Notes, Note>.Open(
            store.Log, store.Ring, TimeProvider.System, new LogName("Patient/a"), fold, new JournalOptions());
        Assert.Equal(Enumerable.Range(0, expected).Select(i => $"n{i}"), await journal.Execute<string[]>(s => new([], [.. s.Texts])));
    }

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task Repeating_a_decision_that_remembers_gives_the_same_answer_and_no_new_events(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        using var journal = await store.Open("Patient/a");
        Decided<Note, int> Once(Notes state) =>
            state.Texts.IndexOf("message-1") is >= 0 and var at ? new([], at) : new([new Note("message-1")], state.Texts.Count);
        int[] answers = await Task.WhenAll(journal.Execute(Once), journal.Execute(Once), journal.Execute(Once));
        Assert.Equal([0, 0, 0], answers);
        Assert.Equal(1, journal.DurableHead.NextSeq);
    });

    /// <summary>Holds appends until it lets them go.</summary>
    internal sealed class HeldLog(IPatientLog inner) : ForwardingLog(inner)
    {
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Held { get; private set; }

        public void LetGo() => _go.SetResult();

        private Task _before = Task.CompletedTask;

        public override Task Append(AppendBatch batch)
        {
            Held++;
            return _before = After(_before, batch);
        }

        private async Task After(Task before, AppendBatch batch)
        {
            await before.ConfigureAwait(false);
            await _go.Task.ConfigureAwait(false);
            await base.Append(batch).ConfigureAwait(false);
        }
    }

    /// <summary>Tells of each snapshot that was kept, or could not be.</summary>
    private sealed class SavingLog(IPatientLog inner) : ForwardingLog(inner)
    {
        public SemaphoreSlim Saved { get; } = new(0);

        public override async Task SaveSnapshot(LogId log, StoredSnapshot snapshot)
        {
            try
            {
                await base.SaveSnapshot(log, snapshot).ConfigureAwait(false);
            }
            finally
            {
                Saved.Release();
            }
        }
    }

    private sealed class CountingFold : IFold<Notes, Note>
    {
        private readonly NoteFold _fold = NoteFold.Instance;

        public int Evolved { get; private set; }

        public int Snapshots { get; private set; }

        public int SnapshotForm => _fold.SnapshotForm;

        public Notes Empty()
        {
            Evolved = 0;
            return _fold.Empty();
        }

        public Notes Evolve(Notes state, Note happened)
        {
            Evolved++;
            return _fold.Evolve(state, happened);
        }

        public void Effects(Notes before, Note happened, LogName owner, EffectKeys keys) => _fold.Effects(before, happened, owner, keys);

        public DateTimeOffset? DueAt(Notes state) => _fold.DueAt(state);

        public void Write(Note happened, System.Buffers.IBufferWriter<byte> to) => _fold.Write(happened, to);

        public Note Read(ReadOnlyMemory<byte> bytes, out int used) => _fold.Read(bytes, out used);

        public Action<System.Buffers.IBufferWriter<byte>> Snapshot(Notes state)
        {
            Snapshots++;
            return _fold.Snapshot(state);
        }

        public Notes ReadSnapshot(ReadOnlyMemory<byte> bytes) => _fold.ReadSnapshot(bytes);

        public long Size(Notes state) => _fold.Size(state);
    }
}

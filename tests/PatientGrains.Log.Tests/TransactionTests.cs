using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

/// <summary>Transactions over several logs, with the coordinator dying at each step.</summary>
public sealed class TransactionTests
{
    private static readonly string[] Directory = ["Organization/o", "Practitioner/p"];

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task All_logs_of_a_transaction_have_it_when_it_is_answered(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        using var patient = await store.Open("Patient/a");
        using var o = await store.Open(Directory[0]);
        using var p = await store.Open(Directory[1]);
        await p.Execute(s => Store.Write(s, new Note("before")));
        var (_, first) = await o.Prepare(s => Store.Write(s, new Note("t", Claim: "id:o", Token: "o")), _ => true);
        var (seen, second) = await p.Prepare(s => Store.Write(s, new Note("t", Claim: "id:p")), _ => true);
        Assert.Equal(1, seen);
        var behind = p.Execute(s => Store.Write(s, new Note("behind")));

        await patient.Execute(s => Store.Write(s, new Note("t")), [Sent(first!), Sent(second!)], _ => true);
        Assert.False(behind.IsCompleted);
        await o.Settle(first!.Id, committed: true);
        await p.Settle(second!.Id, committed: true);

        Assert.Equal(2, await behind);
        await store.Reopen();
        foreach (var (name, expected) in new[] { ("Patient/a", 1), (Directory[0], 1), (Directory[1], 3) })
        {
            using var again = await store.Open(name);
            Assert.Equal(expected, await again.Execute(s => Store.Write(s)));
        }
        Assert.Equal(store.Ring.Blind(new LogName(Directory[0])), await store.Log.Locate(store.Ring.BlindClaim("id:o")));
        Assert.Single(await store.Log.Candidates(store.Ring.BlindToken("o"), null, 3));
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength)).IsSound);
    });

    [StoreTheory, MemberData(nameof(Store.Kinds), MemberType = typeof(Store))]
    public Task A_refusal_is_appended_at_once_and_prepares_nothing(string kind) => new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        using var o = await store.Open(Directory[0]);
        var (_, prepared) = await o.Prepare(s => Store.Write(s, new Note("refused")), _ => false);
        Assert.Null(prepared);
        Assert.Equal(1, await o.Execute(s => Store.Write(s)));
        using var patient = await store.Open("Patient/a");
        var (_, held) = await o.Prepare(s => Store.Write(s, new Note("t")), _ => true);
        await patient.Execute(s => Store.Write(s, new Note("refused")), [held!], _ => false);
        await o.Settle(held!.Id, committed: false);
        using var again = await store.Open(Directory[0]);
        Assert.Equal(1, await again.Execute(s => Store.Write(s)));
    });

    public static TheoryData<string, string> Deaths()
    {
        var cases = new TheoryData<string, string>();
        foreach (string kind in Store.KindsWithCases.Select(kind => kind.Kind))
        {
            foreach (string step in new[]
            {
                "after the first is prepared", "after all are prepared", "while the append is on its way", "after the append",
                    "after the first is settled",
                "append failed unapplied", "append failed applied", "append comes after the timeout",
            })
                cases.Add(kind, step);
        }
        return cases;
    }

    [StoreTheory, MemberData(nameof(Deaths))]
    public Task Whenever_the_coordinator_dies_all_logs_have_the_transaction_or_none_and_go_on(string kind, string death) =>
        new Activation().Run(async () =>
    {
        await using var store = await Store.Make(kind);
        var clock = new ManualClock();
        var faulty = new FaultyLog(store.Log, 1) { FailurePercent = 0 };
        var journals = new List<PatientJournal<Notes, Note>>();
        foreach (string name in Directory.Prepend("Patient/a"))
        {
            journals.Add(await PatientJournal<Notes, Note>.Open(
                faulty, store.Ring, clock, new LogName(name), NoteFold.Instance,
                    new JournalOptions { PrepareTimeout = TimeSpan.FromSeconds(5) }));
            await journals[^1].Execute(s => Store.Write(s, new Note("before")));
        }
        bool committed = await Coordinate(journals, faulty, clock, death);

        // Nobody settles any more: the deadline passes, and what was prepared and not settled finds out by itself.
        clock.Move(TimeSpan.FromSeconds(6));
        var open = death == "after the first is settled" ? journals[2..] : death == "after the first is prepared" ? [journals[1]]
            : journals[1..];
        foreach (var held in open)
            await Assert.ThrowsAsync<JournalLostException>(() => held.Lost);

        foreach (string name in Directory.Prepend("Patient/a"))
        {
            using var again = await store.Open(name);
            Assert.Equal(committed ? ["before", "t"] : ["before"], await again.Execute<string[]>(s => new([], [.. s.Texts])));
            await again.Execute(s => Store.Write(s, new Note("after")));
        }
        Assert.Equal(committed, await store.Log.Locate(store.Ring.BlindClaim("id:" + Directory[0])) is not null);
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength)).IsSound);
        journals.ForEach(j => j.Dispose());
    });

    /// <summary>Goes as far as the death, and says whether the transaction is to be found.</summary>
    private static async Task<bool> Coordinate(
        List<PatientJournal<Notes, Note>> journals, FaultyLog faulty, ManualClock clock, string death)
    {
        var (patient, o, p) = (journals[0], journals[1], journals[2]);
        var (_, first) = await o.Prepare(s => Store.Write(s, new Note("t", Claim: "id:" + Directory[0])), _ => true);
        if (death == "after the first is prepared")
            return false;
        var (_, second) = await p.Prepare(s => Store.Write(s, new Note("t")), _ => true);
        if (death == "after all are prepared")
            return false;
        if (death == "append comes after the timeout")
        {
            clock.Move(TimeSpan.FromSeconds(6));
            await Assert.ThrowsAsync<JournalLostException>(() => o.Lost);
            await Assert.ThrowsAsync<JournalLostException>(() => p.Lost);
        }
        if (death.StartsWith("append failed", StringComparison.Ordinal))
            faulty.Script.Enqueue(death == "append failed applied" ? "after" : "before");
        var append = patient.Execute(s => Store.Write(s, new Note("t")), [Sent(first!), Sent(second!)], _ => true);
        if (death == "while the append is on its way")
        {
            clock.Move(TimeSpan.FromSeconds(6));
            return await append == 1;
        }
        if (death.StartsWith("append", StringComparison.Ordinal) && death != "append")
        {
            await Assert.ThrowsAsync<JournalLostException>(() => append);
            return death == "append failed applied";
        }
        await append;
        if (death == "after the first is settled")
            await o.Settle(first!.Id, committed: true);
        return true;
    }

    /// <summary>As it arrives at another grain.</summary>
    private static PreparedCommit Sent(PreparedCommit prepared) => PreparedCommit.Read(prepared.Bytes);
}

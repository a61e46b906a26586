using PatientGrains.Log.CrashChild;
using PatientGrains.Log.Sqlite;

namespace PatientGrains.Log.Tests;

/// <summary>The queue of the one writer, which a test holds back.</summary>
public sealed class CrowdedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KeyRing _ring = KeyRing.Ephemeral();
    private readonly ManualResetEventSlim _mayWrite = new(true);

    public void Dispose()
    {
        _mayWrite.Dispose();
        _ring.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public Task When_half_the_queue_is_full_nothing_new_is_decided_and_what_was_is_written() => new Activation().Run(async () =>
    {
        await using var log = Open();
        using var journal = await OpenJournal(log, "Patient/a");
        using var other = await OpenJournal(log, "Patient/b");
        await journal.Execute(s => Store.Write(s, new Note("first")));
        _mayWrite.Reset();
        var decided = new List<Task<int>>();
        while (!log.IsCrowded)
            decided.Add(journal.Execute(s => Store.Write(s, new Note("n"))));
        // The writer may hold a group of its own beside the queue.
        Assert.InRange(decided.Count, SqliteWriter.MaxQueued / 2, SqliteWriter.MaxQueued / 2 + SqliteWriter.MaxGroup);
        bool isDecided = false;
        foreach (var one in (PatientJournal<Notes, Note>[])[journal, other])
        {
            await Assert.ThrowsAsync<LogBusyException>(() => one.Execute(s =>
            {
                isDecided = true;
                return Store.Write(s, new Note("refused"));
            }));
        }
        Assert.False(isDecided);
        _mayWrite.Set();
        await Task.WhenAll(decided);
        Assert.False(journal.Lost.IsCompleted);
        Assert.Equal(decided.Count + 1, await journal.Execute(s => Store.Write(s, new Note("again"))));
        Assert.Equal(0, await other.Execute(s => Store.Write(s, new Note("again"))));
    });

    [Fact]
    public async Task Snapshots_past_their_bound_are_left_out_and_appends_are_not()
    {
        await using var log = Open();
        using var a = new Sealer(_ring, "Patient/a");
        await log.Append(new AppendBatch(a.Next()));
        var snapshot = new StoredSnapshot(a.Head, new byte[SqliteWriter.MaxQueuedSnapshotBytes / 2]);
        _mayWrite.Reset();
        var append = log.Append(new AppendBatch(a.Next()));
        var kept = new List<Task>();
        Task? refused = null;
        while (refused is null)
        {
            var save = log.SaveSnapshot(a.Id, snapshot);
            if (save.IsFaulted)
                refused = save;
            else
                kept.Add(save);
        }
        await Assert.ThrowsAsync<LogBusyException>(() => refused);
        // One or two that the writer took with the append, and two that fill the bound.
        Assert.InRange(kept.Count, 2, 4);
        var late = log.Append(new AppendBatch(a.Next()));
        _mayWrite.Set();
        await Task.WhenAll([append, late, .. kept]);
        await log.SaveSnapshot(a.Id, snapshot);
    }

    /// <summary>One is kept whatever its size: else a large record never had any.</summary>
    [Fact]
    public async Task A_snapshot_that_is_larger_than_the_bound_is_taken_when_no_other_waits()
    {
        await using var log = Open();
        using var a = new Sealer(_ring, "Patient/a");
        await log.Append(new AppendBatch(a.Next()));
        await log.SaveSnapshot(a.Id, new StoredSnapshot(a.Head, new byte[SqliteWriter.MaxQueuedSnapshotBytes + 1]));
        Assert.NotNull(await log.Snapshot(a.Id));
    }

    private SqliteLog Open() => SqliteLog.Open(_folder.Path, _ring, new SqliteTestSeams(OnStep: step =>
    {
        // Bounded, so that a test that fails ends.
        if (step == WriteStep.Begun)
            _mayWrite.Wait(Store.Patience);
    }));

    private Task<PatientJournal<Notes, Note>> OpenJournal(IPatientLog log, string name) => PatientJournal<Notes, Note>.Open(
        log, _ring, TimeProvider.System, new LogName(name), NoteFold.Instance,
        new JournalOptions { Depth = int.MaxValue, MaxWaiting = int.MaxValue });
}

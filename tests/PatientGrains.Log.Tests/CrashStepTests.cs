using PatientGrains.Log.Sqlite;

namespace PatientGrains.Log.Tests;

/// <summary>
/// A crash at every step of an append: the files are copied at that moment, as a killed process would leave them, and the copy is opened.
/// </summary>
public sealed class CrashStepTests
{
    [Fact]
    public async Task Whatever_step_the_writer_dies_at_an_append_over_two_logs_is_whole_or_absent_and_there_when_it_was_committed()
    {
        using var folder = new TemporaryFolder();
        using var ring = KeyRing.Ephemeral();
        using var a = new Sealer(ring, "Patient/a");
        using var b = new Sealer(ring, "Practitioner/b");
        var (claim, token) = (ring.BlindClaim("id:x"), ring.BlindToken("t"));
        var first = new AppendBatch(a.Next());
        var before = a.Head;
        // Large enough that pages spill into the WAL before the commit.
        var second = new AppendBatch(
            [a.Next(size: 3_000_000), b.Next(size: 3_000_000)], [new Claim(claim, b.Id)], [], [new IndexChange(token, b.Id, 1)])
        {
            Feeds = [new FeedAppend(1, a.Id, before.NextSeq), new FeedAppend(1, b.Id, 0)],
            Due = [new DueChange(b.Id, DateTimeOffset.UnixEpoch)],
        };
        var copies = await CopiesOfEachStep(folder.Path, ring, first, second);

        Assert.Equal(Enum.GetValues<WriteStep>(), copies.Select(c => c.Step));
        foreach (var (step, copy) in copies)
        {
            await using var log = SqliteLog.Open(copy, ring);
            bool there = step == WriteStep.Committed;
            Assert.Equal(there ? a.Head : before, (await log.Find(a.Id))!.Head);
            Assert.Equal(there ? b.Head : null, (await log.Find(b.Id))?.Head);
            Assert.Equal(there ? b.Id : null, await log.Locate(claim));
            Assert.Equal(there ? 1 : 0, (await log.Candidates(token, null, 5)).Count);
            Assert.Equal(there ? 2 : 0, (await log.ReadFeed(1, 0, 9)).Lines.Count);
            Assert.Equal(there ? [b.Id] : [], (await log.Due(DateTimeOffset.MaxValue, null, 9)).Select(due => due.Log));
            Assert.True((await LogVerifier.Verify(log)).IsSound);
        }
    }

    /// <summary>What a kill would leave at each step of the second append.</summary>
    private static async Task<List<(WriteStep Step, string Folder)>> CopiesOfEachStep(
        string folder, KeyRing ring, AppendBatch first, AppendBatch second)
    {
        string live = Path.Combine(folder, "live");
        var copies = new List<(WriteStep Step, string Folder)>();
        bool armed = false;
        var seams = new SqliteTestSeams(OnStep: step =>
        {
            if (!armed)
                return;
            string copy = Path.Combine(folder, $"{copies.Count}-{step}");
            Directory.CreateDirectory(copy);
            foreach (string file in Directory.GetFiles(live, "patientgrains.db*").Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            copies.Add((step, copy));
        });
        await using var log = SqliteLog.Open(live, ring, seams);
        await log.Append(first);
        armed = true;
        await log.Append(second);
        armed = false;
        return copies;
    }

    [Theory, MemberData(nameof(Steps))]
    public async Task When_the_writer_fails_at_a_step_nothing_of_the_group_is_acknowledged_and_opening_again_shows_the_truth(string step)
    {
        var failing = Enum.Parse<WriteStep>(step);
        using var folder = new TemporaryFolder();
        using var ring = KeyRing.Ephemeral();
        using var a = new Sealer(ring, "Patient/a");
        bool armed = false;
        var seams = new SqliteTestSeams(OnStep: at =>
        {
            if (armed && at == failing)
                throw new InvalidOperationException("planted");
        });
        Head before;
        await using (var log = SqliteLog.Open(folder.Path, ring, seams))
        {
            await log.Append(new AppendBatch(a.Next()));
            before = a.Head;
            armed = true;
            var line = new FeedAppend(1, a.Id, before.NextSeq);
            await Assert.ThrowsAsync<LogFailedException>(() => log.Append(new AppendBatch(a.Next()) { Feeds = [line] }));
            // A bug is no full disk: the log stays shut.
            await Assert.ThrowsAsync<LogFailedException>(() => log.Append(new AppendBatch(a.Next())));
        }
        await using var again = SqliteLog.Open(folder.Path, ring);
        Assert.Equal(before, (await again.Find(a.Id))!.Head);
        Assert.Equal(0, (await again.ReadFeed(1, 0, 9)).Head);
    }

    [Theory]
    [InlineData(nameof(WriteStep.Indexed))]
    [InlineData(nameof(WriteStep.Committing))]
    public async Task After_a_full_disk_the_lines_of_feeds_go_on_without_a_gap(string step)
    {
        var failing = Enum.Parse<WriteStep>(step);
        using var folder = new TemporaryFolder();
        using var ring = KeyRing.Ephemeral();
        using var a = new Sealer(ring, "Patient/a");
        bool isFull = false;
        const int sqliteFull = 13;
        var seams = new SqliteTestSeams(OnStep: at =>
        {
            if (isFull && at == failing)
                throw new SqliteFailure(sqliteFull, "planted");
        });
        await using var log = SqliteLog.Open(folder.Path, ring, seams);
        await log.Append(Line(a.Next()));
        var waiting = log.FeedBeyond(1, 1);
        var due = log.DueSet(DateTimeOffset.MaxValue);
        isFull = true;
        await Assert.ThrowsAsync<LogFullException>(() => log.Append(Line(a.Next(advance: false))));
        isFull = false;
        Assert.Equal(1, (await log.ReadFeed(1, 0, 9)).Head);
        Assert.False(waiting.IsCompleted || due.IsCompleted);

        await log.Append(Line(a.Next()));
        await Task.WhenAll(waiting, due).WaitAsync(Store.Patience);
        Assert.Equal([new(1, a.Id, 0), new StoredFeedLine(2, a.Id, 1)], (await log.ReadFeed(1, 0, 9)).Lines);
    }

    private static AppendBatch Line(CommitAppend append) => new(append)
    {
        Feeds = [new FeedAppend(1, append.Commit.Log, append.Commit.FirstSeq)],
        Due = [new DueChange(append.Commit.Log, DateTimeOffset.UnixEpoch)],
    };

    public static TheoryData<string> Steps => new([.. Enum.GetNames<WriteStep>().Where(s => s != nameof(WriteStep.Committed))]);
}

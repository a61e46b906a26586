namespace PatientGrains.Log.Tests;

public sealed class DataFolderTests
{
    [Fact]
    public async Task A_folder_that_is_open_is_refused_with_its_name()
    {
        await using var store = new SqliteStore();
        var refused = Assert.Throws<DataFolderException>(() => SqliteLog.Open(store.Folder, store.Ring));
        Assert.Equal(DataFolderProblem.InUse, refused.Problem);
        Assert.Contains(store.Folder, refused.Message);
        await store.Reopen();
    }

    [Fact]
    public async Task A_folder_that_another_process_has_open_is_refused_and_free_when_that_process_was_killed()
    {
        using var child = new Child();
        bool refused = false;
        using var ring = KeyRing.Open(child.RingPath);
        await child.Run("r", killAfterAcks: 300, onAck: _ =>
        {
            refused |= Assert.Throws<DataFolderException>(() => SqliteLog.Open(child.Folder, ring)).Problem == DataFolderProblem.InUse;
        });
        Assert.True(refused);
        await using var log = SqliteLog.Open(child.Folder, ring);
        Assert.NotEmpty(await log.Logs(null, 1));
    }

    [Fact]
    public async Task Another_key_ring_is_refused_before_anything_is_read()
    {
        await using var store = new SqliteStore();
        await store.Log.DisposeAsync();
        using var other = KeyRing.Ephemeral();
        Assert.Equal(DataFolderProblem.OtherKeyRing, Assert.Throws<DataFolderException>(() => SqliteLog.Open(store.Folder, other)).Problem);
        await store.Reopen();
    }

    [Fact]
    public async Task A_newer_format_and_what_is_no_store_are_refused()
    {
        await using var store = new SqliteStore();
        await store.Log.DisposeAsync();
        string file = Path.Combine(store.Folder, "patientgrains.db");
        Sql(file, "PRAGMA user_version=99");
        Assert.Equal(DataFolderProblem.NewerFormat,
            Assert.Throws<DataFolderException>(() => SqliteLog.Open(store.Folder, store.Ring)).Problem);
        Sql(file, "PRAGMA user_version=1; PRAGMA application_id=7");
        Assert.Equal(DataFolderProblem.NotAStore,
            Assert.Throws<DataFolderException>(() => SqliteLog.Open(store.Folder, store.Ring)).Problem);
        File.WriteAllText(file, new string('x', 10_000));
        Assert.Equal(DataFolderProblem.NotAStore,
            Assert.Throws<DataFolderException>(() => SqliteLog.Open(store.Folder, store.Ring)).Problem);
        File.Delete(file);
        await store.Reopen();
    }

    [Fact]
    public async Task A_quota_of_pages_is_a_full_disk()
    {
        using var folder = new TemporaryFolder();
        using var ring = KeyRing.Ephemeral();
        using var sealer = new Sealer(ring, "Patient/a");
        var acknowledged = Head.Empty;
        await using (var log = SqliteLog.Open(folder.Path, ring, new SqliteTestSeams(Pragmas: "PRAGMA max_page_count=60")))
        {
            await Assert.ThrowsAsync<LogFullException>(async () =>
            {
                while (true)
                {
                    var next = sealer.Next(size: 3000);
                    await log.Append(new AppendBatch(next));
                    acknowledged = next.Commit.End;
                }
            });
            Assert.Equal(acknowledged, (await log.Find(sealer.Id))!.Head);
        }
        await using var again = SqliteLog.Open(folder.Path, ring);
        await again.Append(new AppendBatch(sealer.Next(on: acknowledged)));
    }

    [Fact]
    public async Task A_graceful_close_writes_what_waits()
    {
        await using var store = new SqliteStore();
        using var sealer = new Sealer(store.Ring, "Patient/a");
        var waiting = Enumerable.Range(0, 200).Select(_ => store.Log.Append(new AppendBatch(sealer.Next()))).ToList();
        await store.Reopen();
        await Task.WhenAll(waiting);
        Assert.Equal(sealer.Head, (await store.Log.Find(sealer.Id))!.Head);
    }

    [Fact]
    public async Task The_write_ahead_log_stays_bounded_under_load_and_readers()
    {
        using var folder = new TemporaryFolder();
        using var ring = KeyRing.Ephemeral();
        // Copying begins at 2 MB, and at 8 MB the writer waits for it.
        await using var log = SqliteLog.Open(folder.Path, ring, new SqliteTestSeams(CheckpointFrames: 500));
        using var sealer = new Sealer(ring, "Patient/a");
        long most = 0;
        for (int i = 0; i < 100; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => log.Append(new AppendBatch(sealer.Next(size: 200_000)))));
            await log.Read(sealer.Id, new ReadFrom(i), 1);
            most = Math.Max(most, new FileInfo(Path.Combine(folder.Path, "patientgrains.db-wal")).Length);
        }
        // 80 MB were written.
        Assert.InRange(most, 1 << 20, 10 << 20);
    }

    /// <summary>Changes a closed database as somebody else's tool would.</summary>
    internal static void Sql(string file, string sql)
    {
        using var db = Sqlite.SqliteDb.Open(file, readOnly: false);
        db.Execute(sql);
    }
}

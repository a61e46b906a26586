using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

/// <summary>Stores of older versions, made by the tables that those versions made.</summary>
public sealed class MigrationTests
{
    /// <summary>Version 1 as it was: no feeds, no due times.</summary>
    private const string Version1 = """
        CREATE TABLE store(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE logs(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, wrapped BLOB NOT NULL, name BLOB NOT NULL);
        CREATE TABLE commits(
          position INTEGER PRIMARY KEY,
          log INTEGER NOT NULL, seq INTEGER NOT NULL, count INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL);
        CREATE INDEX commits_by_log ON commits(log, seq);
        CREATE TABLE claims(key BLOB PRIMARY KEY, log INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE tokens(key BLOB NOT NULL, log INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(key, log)) WITHOUT ROWID;
        CREATE TABLE snapshots(log INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL);
        PRAGMA application_id=0x50474C47; PRAGMA user_version=1;
        """;

    private static readonly string[] Tables = ["store", "logs", "commits", "claims", "tokens", "snapshots"];

    [Fact]
    public async Task A_store_of_version_1_is_opened_with_everything_in_it_and_has_feeds_from_then_on()
    {
        await using var store = new SqliteStore();
        string id = store.Log.StoreId;
        await Write(store, "before", 20);
        await store.Reopen(AsVersion1);

        Assert.Equal(id, store.Log.StoreId);
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength)).IsSound);
        Assert.Equal(0, (await store.Log.ReadFeed(1, 0, 10)).Head);
        await Write(store, "after", 5);
        await store.Reopen();

        Assert.Equal([20, 21, 22, 23, 24], (await store.Log.ReadFeed(1, 0, 10)).Lines.Select(line => line.Seq));
        Assert.Equal(Micros.Time(77), (await store.Log.Find(store.Ring.Blind(new LogName("Patient/a"))))!.DueAt);
        var report = await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength);
        Assert.True(report is { IsSound: true, Events: 25, FeedLines: 5 });
    }

    private static Task Write(Store store, string text, int count) => new Activation().Run(async () =>
    {
        using var journal = await store.Open("Patient/a");
        for (int i = 0; i < count; i++)
            await journal.Execute(s => Store.Write(s, new Note($"{text} {i}", Claim: $"id:{text}{i}", Token: "t", Feed: 1, Due: 77)));
    });

    private static void AsVersion1(string file)
    {
        string old = file + ".old";
        DataFolderTests.Sql(old, Version1);
        DataFolderTests.Sql(old, $"ATTACH '{file}' AS new; " + string.Concat(
            Tables.Select(table => $"INSERT INTO main.{table} SELECT * FROM new.{table}; ")));
        foreach (string left in Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "-*"))
            File.Delete(left);
        File.Move(old, file, overwrite: true);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

/// <summary>What somebody with a hand in the database can do, and who notices.</summary>
public sealed class TamperTests
{
    public static TheoryData<string, int, string> Regions => new()
    {
        { "kind", 0, "unknown kind" },
        { "version", 1, "unknown kind" },
        { "flags", 2, "" },
        { "reserved", 3, "unknown flags" },
        { "count", 4, "other numbers" },
        { "log", 8, "another log" },
        { "first event", 24, "other numbers" },
        { "time", 32, "hash" },
        { "previous hash", 40, "hash" },
        { "nonce", 72, "hash" },
        { "ciphertext", 90, "hash" },
        { "tag", -1, "hash" },
    };

    [Theory, MemberData(nameof(Regions))]
    public async Task A_flipped_bit_anywhere_in_a_commit_is_found_without_keys_and_stops_the_reader(string region, int at, string says)
    {
        await using var store = await Written();
        await Flip(store, 4, at, fitHash: false);
        foreach (var ring in new[] { null, store.Ring })
        {
            var broken = Assert.Single((await LogVerifier.Verify(store.Log, ring, Store.NoteLength)).Broken);
            Assert.Equal((store.Ring.Blind(new LogName("Patient/a")), 4L), (broken.Log, broken.Seq));
            Assert.True(broken.What.Contains(says, StringComparison.Ordinal), $"{region}: {broken.What}");
        }
        Assert.Equal(4, (await Assert.ThrowsAsync<LogCorruptException>(() => store.Open("Patient/a"))).Seq);
    }

    [Theory, MemberData(nameof(Regions))]
    public async Task A_flipped_bit_whose_hash_was_recomputed_is_found_by_the_next_commit_or_by_the_seal(string region, int at, string says)
    {
        await using var store = await Written();
        foreach (int seq in new[] { 4, 9 })
        {
            await Flip(store, seq, at, fitHash: true);
            Assert.False((await LogVerifier.Verify(store.Log, store.Ring)).IsSound, region + says);
            await Assert.ThrowsAsync<LogCorruptException>(() => store.Open("Patient/a"));
            await Flip(store, seq, at, fitHash: true);
            Assert.True((await LogVerifier.Verify(store.Log, store.Ring)).IsSound);
        }
    }

    [Theory]
    [InlineData("DELETE FROM commits WHERE seq=4", 4, "missing")]
    [InlineData("DELETE FROM commits WHERE seq=0", 0, "missing")]
    [InlineData("UPDATE commits SET seq=100 WHERE seq=4; UPDATE commits SET seq=4 WHERE seq=5; UPDATE commits SET seq=5 WHERE seq=100", 4,
        "other numbers")]
    [InlineData("UPDATE commits SET bytes=(SELECT bytes FROM commits WHERE seq=5), hash=(SELECT hash FROM commits WHERE seq=5) WHERE seq=4",
        4, "other numbers")]
    [InlineData("INSERT INTO commits SELECT 99, log, 10, count, hash, bytes FROM commits WHERE seq=4", 10, "other numbers")]
    [InlineData("INSERT INTO commits SELECT 99, log, 4, count, hash, bytes FROM commits WHERE seq=4", 5, "second time")]
    [InlineData("UPDATE logs SET name=x'00'", 0, "name")]
    [InlineData("UPDATE logs SET wrapped=zeroblob(65)", 0, "data key")]
    public async Task A_deleted_moved_or_repeated_commit_is_found_where_it_happened(string sql, int seq, string says)
    {
        await using var store = await Written();
        await Change(store, sql);
        var broken = Assert.Single((await LogVerifier.Verify(store.Log, store.Ring)).Broken);
        Assert.Equal(seq, broken.Seq);
        Assert.Contains(says, broken.What);
        await Assert.ThrowsAsync<LogCorruptException>(() => store.Open("Patient/a"));
    }

    [Fact]
    public async Task A_cut_end_a_missing_log_and_a_rewritten_chain_are_found_against_a_checkpoint_only()
    {
        await using var store = await Written();
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "checkpoint.jsonl");
        Assert.Equal(1, await CheckpointFile.Export(store.Log, store.Ring, DateTimeOffset.UnixEpoch, path));
        var checkpoint = CheckpointFile.Open(path, store.Ring.SigningPublicKeyPem());
        await new Activation().Run(async () =>
        {
            using var journal = await store.Open("Patient/a");
            await journal.Execute(s => Store.Write(s, new Note("later")));
        });
        var sound = await LogVerifier.Verify(store.Log, null, null, checkpoint);
        Assert.True(sound is { IsSound: true, Compared: 1, Events: 11 });

        await Change(store, "DELETE FROM commits WHERE seq>=9; DELETE FROM feeds WHERE seq>=9");
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring)).IsSound);
        Assert.Contains("cut", Assert.Single((await LogVerifier.Verify(store.Log, null, null, checkpoint)).Broken).What);

        // Whoever has the keys can write another ending.
        await new Activation().Run(async () =>
        {
            using var journal = await store.Open("Patient/a");
            for (int i = 0; i < 5; i++)
                await journal.Execute(s => Store.Write(s, new Note("forged")));
        });
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring)).IsSound);
        Assert.Contains("rewritten", Assert.Single((await LogVerifier.Verify(store.Log, null, null, checkpoint)).Broken).What);

        await Change(store, "DELETE FROM commits; DELETE FROM logs; DELETE FROM feeds");
        Assert.True((await LogVerifier.Verify(store.Log, store.Ring)).IsSound);
        Assert.Contains("has not", Assert.Single((await LogVerifier.Verify(store.Log, null, null, checkpoint)).Broken).What);
    }

    [Fact]
    public async Task A_checkpoint_that_was_changed_cut_signed_by_another_or_is_of_another_store_is_refused()
    {
        await using var store = await Written();
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "checkpoint.jsonl");
        await CheckpointFile.Export(store.Log, store.Ring, DateTimeOffset.UnixEpoch, path);
        string key = store.Ring.SigningPublicKeyPem();
        string[] lines = File.ReadAllLines(path);
        using var other = KeyRing.Ephemeral();
        Assert.Throws<CheckpointException>(() => CheckpointFile.Open(path, other.SigningPublicKeyPem()));
        foreach (string[] changed in new[]
        {
            [lines[0], lines[1].Replace("\"seq\":10", "\"seq\":9"), lines[2]], [lines[0], lines[2]], lines[..2],
                [lines[0].Replace("1970", "1971"), .. lines[1..]], new[] { "x" }, [],
        })
        {
            File.WriteAllLines(path + "2", changed);
            Assert.Throws<CheckpointException>(() => CheckpointFile.Open(path + "2", key));
        }
        await using var another = await Written();
        await Assert.ThrowsAsync<CheckpointException>(() => LogVerifier.Verify(another.Log, null, null, CheckpointFile.Open(path, key)));
    }

    [ToolFact("openssl")]
    public async Task An_auditor_checks_a_checkpoint_with_openssl_alone()
    {
        await using var store = await Written();
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "checkpoint.jsonl");
        await CheckpointFile.Export(store.Log, store.Ring, DateTimeOffset.UnixEpoch, path);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "key.pem"), store.Ring.SigningPublicKeyPem());
        const string script = """
            tail -n 1 checkpoint.jsonl | sed 's/.*"signature":"\([^"]*\)".*/\1/' | base64 -d > signature.der
            head -n -1 checkpoint.jsonl | openssl dgst -sha256 -verify key.pem -signature signature.der
            """;
        using var process = Process.Start(
            new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = folder.Path, RedirectStandardOutput = true })!;
        Assert.Equal("Verified OK", (await process.StandardOutput.ReadToEndAsync()).Trim());
    }

    [Fact]
    public async Task Verifying_goes_on_while_the_store_is_written_and_finds_nothing()
    {
        await using var store = await Written();
        using var written = new SemaphoreSlim(0);
        using var enough = new CancellationTokenSource();
        var writing = new Activation().Run(async () =>
        {
            using var journal = await store.Open("Patient/b");
            for (int i = 0; !enough.IsCancellationRequested; i++)
            {
                await journal.Execute(s => Store.Write(s, new Note(i.ToString(CultureInfo.InvariantCulture))));
                written.Release();
            }
        });
        for (int during = 0; during < 20; during++)
        {
            Assert.True(await written.WaitAsync(Store.Patience));
            Assert.Empty((await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength)).Broken);
        }
        await enough.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task An_erased_log_is_verified_without_its_key()
    {
        await using var store = await Written();
        await store.Log.Erase(store.Ring.Blind(new LogName("Patient/a")));
        var report = await LogVerifier.Verify(store.Log, store.Ring, Store.NoteLength);
        Assert.True(report is { IsSound: true, Erased: 1, Events: 10 });
    }

    [Theory]
    [InlineData("DELETE FROM feeds WHERE number=4", 4, "number 5")]
    [InlineData("DELETE FROM feeds WHERE number=1", 1, "number 2")]
    [InlineData("UPDATE feeds SET seq=10 WHERE number=7", 7, "not there")]
    [InlineData("UPDATE feeds SET number=12 WHERE number=10", 10, "number 12")]
    [InlineData("DELETE FROM commits WHERE seq>=9", 10, "not there")]
    public async Task A_line_of_a_feed_that_is_missing_or_leads_nowhere_is_found(string sql, int number, string says)
    {
        await using var store = await Written();
        Assert.True(await LogVerifier.Verify(store.Log) is { IsSound: true, FeedLines: 10 });
        await Change(store, sql);
        var report = await LogVerifier.Verify(store.Log);
        var broken = Assert.Single(report.BrokenFeeds);
        Assert.Equal((1, number), (broken.Feed, broken.Number));
        Assert.Contains(says, broken.What);
        Assert.False(report.IsSound);
    }

    /// <summary>One log of ten commits of one event each, each of them a line of feed 1.</summary>
    private static async Task<SqliteStore> Written()
    {
        var store = new SqliteStore();
        await new Activation().Run(async () =>
        {
            using var journal = await store.Open("Patient/a");
            for (int i = 0; i < 10; i++)
                await journal.Execute(s => Store.Write(s, new Note($"event {i}", Feed: 1)));
        });
        return store;
    }

    /// <summary>Flips the lowest bit of one byte of a stored commit; with its hash made to fit, when told so.</summary>
    private static async Task Flip(SqliteStore store, int seq, int at, bool fitHash)
    {
        var commits = await ConformanceTests.ReadAll(store.Log, store.Ring.Blind(new LogName("Patient/a")), 0, 1 << 20);
        byte[] bytes = commits.Single(c => c.FirstSeq == seq).Bytes.ToArray();
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        string hash = fitHash ? $", hash=x'{Convert.ToHexString(SHA256.HashData(bytes))}'" : "";
        await Change(store, $"UPDATE commits SET bytes=x'{Convert.ToHexString(bytes)}'{hash} WHERE seq={seq}");
    }

    private static Task Change(SqliteStore store, string sql) => store.Reopen(file => DataFolderTests.Sql(file, sql));
}

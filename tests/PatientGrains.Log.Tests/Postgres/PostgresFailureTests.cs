using Npgsql;
using PatientGrains.Log.Postgres;
using PatientGrains.TestServers;

namespace PatientGrains.Log.Tests;

/// <summary>Servers that are away, full, or refuse.</summary>
public sealed class PostgresFailureTests
{
    [StoreTheory, InlineData("postgres")]
    public async Task While_the_server_is_away_everything_fails_and_when_it_is_back_the_same_log_works_and_has_missed_nothing(string kind)
    {
        Assert.Equal("postgres", kind);
        await using var server = await PostgresServer.Launch();
        // One reader, so that whoever asks next knows that those before have been answered.
        await using var store = await PostgresStore.MakeOn(
            server, options => options with { OutcomePatience = TimeSpan.FromSeconds(1), Readers = 1 });
        await using var beside = await PostgresLog.Open(store.Options with { OutcomePatience = Store.Patience }, store.Ring);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Line(a.Next()));
        var line = store.Log.FeedBeyond(1, 1);
        var due = store.Log.DueSet(DateTimeOffset.UnixEpoch.AddDays(1));
        await store.Log.Find(a.Id);

        await server.Kill();
        await Assert.ThrowsAsync<LogFailedException>(() => store.Log.Append(Line(a.Next(advance: false))).WaitAsync(Store.Patience));
        await Assert.ThrowsAsync<LogFailedException>(async () => await store.Log.Find(a.Id));
        await Assert.ThrowsAsync<LogFailedException>(() => store.Log.Erase(a.Id));
        var refused = await Assert.ThrowsAsync<LogFailedException>(() => PostgresLog.Open(store.Options, store.Ring));
        Assert.Contains("could not be opened", refused.Message, StringComparison.Ordinal);
        Assert.False(line.IsCompleted);

        await server.Start();
        Assert.Equal(a.Head, (await store.Log.Find(a.Id))!.Head);
        await beside.Append(Line(a.Next()) with { Due = [new DueChange(a.Id, DateTimeOffset.UnixEpoch)] });
        await line.WaitAsync(Store.Patience);
        await due.WaitAsync(Store.Patience);
        Assert.Equal(2, (await store.Log.ReadFeed(1, 0, 9)).Head);
        await store.Log.Append(Line(a.Next()));
    }

    /// <summary>As a standby that lagged behind takes over, or a backup: the last commit is gone, and so are the connections.</summary>
    [StoreTheory, InlineData("postgres")]
    public async Task Nothing_is_built_on_a_head_that_the_server_has_forgotten(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Line(a.Next()));
        var kept = a.Head;
        await store.Log.Append(Line(a.Next()));
        await store.Run($"DELETE FROM {store.Options.Schema}.commits WHERE seq=1");
        await store.EndSessions();

        await Assert.ThrowsAsync<StaleHeadException>(() => store.Log.Append(Line(a.Next(advance: false))).WaitAsync(Store.Patience));
        Assert.Equal(kept, (await store.Log.Find(a.Id))!.Head);
        await store.Log.Append(Line(a.Next(on: kept, advance: false)));
    }

    /// <summary>The connection broke while the group was sent, and the server that is asked next knows less.</summary>
    [StoreTheory, InlineData("postgres")]
    public async Task What_is_sent_again_builds_on_nothing_that_was_remembered(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Line(a.Next()));
        await store.Log.Append(Line(a.Next()));
        int renewals = 0;
        var heads = new PostgresHeads(store.Options.Schema, () => renewals);
        heads.Remember([KeyValuePair.Create(a.Id, new Known(1, a.Head, 0, false))], 0);
        var group = new PostgresGroup([new PendingAppend(Line(a.Next(advance: false)))], heads);
        await using var connection = new NpgsqlConnection(store.Options.ConnectionString);
        await connection.OpenAsync();
        await group.Decide(connection, _ => throw new InvalidOperationException("Nothing is claimed."));
        Assert.Single(group.Accepted);

        await store.Run($"DELETE FROM {store.Options.Schema}.commits WHERE seq=1");
        renewals++;
        await group.Decide(connection, _ => throw new InvalidOperationException("Nothing is claimed."));
        Assert.Empty(group.Accepted);
        Assert.IsType<StaleHeadException>(group.All[0].Refusal);
    }

    [StoreTheory, InlineData("postgres")]
    public async Task What_was_not_notified_is_found_by_looking(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        await using var looking = await PostgresLog.Open(store.Options with { LookEvery = TimeSpan.FromMilliseconds(100) }, store.Ring);
        var line = looking.FeedBeyond(7, 0);
        var due = looking.DueSet(DateTimeOffset.UnixEpoch.AddDays(1));
        string schema = store.Options.Schema;
        await store.Run($"INSERT INTO {schema}.feed_heads VALUES(7, 1); INSERT INTO {schema}.due VALUES(1, 5)");
        await line.WaitAsync(Store.Patience);
        await due.WaitAsync(Store.Patience);
    }

    [StoreTheory]
    [InlineData("postgres", "53100", nameof(LogFullException))]
    [InlineData("postgres", "22023", nameof(LogFailedException))]
    public async Task An_append_that_the_server_refuses_fails_with_words_of_ours_and_the_next_one_works(
        string kind, string state, string failure)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Line(a.Next()));
        string schema = store.Options.Schema;
        await store.Run($"""
            CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'said by the server' USING ERRCODE='{state}', DETAIL='Smith'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON {schema}.feeds FOR EACH ROW EXECUTE FUNCTION {schema}.refuse();
            """);
        var append = Line(a.Next(advance: false));
        var refused = await Assert.ThrowsAnyAsync<LogException>(() => store.Log.Append(append).WaitAsync(Store.Patience));
        Assert.Equal(failure, refused.GetType().Name);
        Assert.DoesNotContain("said by the server", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Smith", refused.ToString(), StringComparison.Ordinal);
        await store.Run($"DROP TRIGGER refuse ON {schema}.feeds");
        await store.Log.Append(Line(a.Next()));
        Assert.Equal([new(1, a.Id, 0), new StoredFeedLine(2, a.Id, 1)], (await store.Log.ReadFeed(1, 0, 9)).Lines);
    }

    /// <summary>In a store so large that reading it through takes longer than any other statement may.</summary>
    [StoreTheory, InlineData("postgres")]
    public async Task An_erasure_takes_as_long_as_it_needs(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(Line(a.Next()));
        string schema = store.Options.Schema;
        await store.Run($"""
            CREATE FUNCTION {schema}.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$;
            CREATE TRIGGER slow BEFORE UPDATE ON {schema}.feeds FOR EACH ROW EXECUTE FUNCTION {schema}.slow();
            """);
        await using var hasty = await PostgresConnections.Make(
            store.Options with { StatementTimeout = TimeSpan.FromSeconds(1) }, default);
        var side = new PostgresSideWrites(hasty, new PostgresHeads(schema, () => hasty.Renewals), schema);
        await side.Erase(a.Id).WaitAsync(Store.Patience);
        Assert.True((await store.Log.Find(a.Id))!.IsErased);
    }

    [StoreTheory, InlineData("postgres")]
    public async Task A_queue_that_is_full_refuses_at_once_and_what_waits_is_written_when_it_can_be(string kind)
    {
        Assert.Equal("postgres", kind);
        const int most = 50;
        await using var store = await PostgresStore.MakeWith(options => options with { MaxQueued = most });
        using var a = new Sealer(store.Ring, "Patient/a");
        await using var holding = new NpgsqlConnection(store.Options.ConnectionString);
        await holding.OpenAsync();
        var hold = await holding.BeginTransactionAsync();
        await using (var locked = new NpgsqlCommand($"LOCK TABLE {store.Options.Schema}.commits IN SHARE MODE", holding))
            await locked.ExecuteNonQueryAsync();
        // The first is under way; the others wait for it, because they are of the same log.
        var waiting = Enumerable.Range(0, most + 1).Select(_ => store.Log.Append(Line(a.Next()))).ToList();
        await Assert.ThrowsAsync<LogBusyException>(() => store.Log.Append(Line(a.Next(advance: false))));
        Assert.DoesNotContain(waiting, append => append.IsCompleted);
        Assert.True(store.Log.IsCrowded);
        await hold.RollbackAsync();
        await Task.WhenAll(waiting).WaitAsync(Store.Patience);
        Assert.False(store.Log.IsCrowded);
        await store.Log.Append(Line(a.Next()));
    }

    private static AppendBatch Line(CommitAppend append) =>
        new(append) { Feeds = [new FeedAppend(1, append.Commit.Log, append.Commit.FirstSeq)] };
}

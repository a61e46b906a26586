using Npgsql;
using PatientGrains.Log.Postgres;

namespace PatientGrains.Log.Tests;

/// <summary>What a program finds in a database when it opens the log there.</summary>
public sealed class PostgresSchemaTests
{
    [StoreTheory, InlineData("postgres")]
    public async Task Programs_that_start_at_once_make_one_store(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        var options = store.Options with { Schema = store.Options.Schema + "_many" };
        var logs = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => PostgresLog.Open(options, store.Ring))));
        Assert.Single(logs.Select(log => log.StoreId).Distinct());
        Assert.NotEqual(store.Log.StoreId, logs[0].StoreId);
        foreach (var log in logs)
            await log.DisposeAsync();
        await store.Run($"DROP SCHEMA {options.Schema} CASCADE");
    }

    [StoreTheory, InlineData("postgres")]
    public async Task A_store_of_another_ring_a_newer_one_and_what_is_none_are_refused(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        using var other = KeyRing.Ephemeral();
        Assert.Equal(DataFolderProblem.OtherKeyRing, await Refusal(store.Options, other));
        await store.Run($"UPDATE {store.Options.Schema}.patientgrains_store SET value='\\x63' WHERE name='version'");
        Assert.Equal(DataFolderProblem.NewerFormat, await Refusal(store.Options, store.Ring));
        await store.Run($"DROP TABLE {store.Options.Schema}.patientgrains_store");
        Assert.Equal(DataFolderProblem.NotAStore, await Refusal(store.Options, store.Ring));
        await Assert.ThrowsAsync<ArgumentException>(() => PostgresLog.Open(store.Options with { Schema = "a;b" }, store.Ring));
    }

    [StoreTheory, InlineData("postgres")]
    public async Task A_store_of_version_1_is_given_feeds_and_due_times(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        await store.Reopen(async () =>
        {
            await store.Run($"DROP SCHEMA {store.Options.Schema} CASCADE");
            var connections = await PostgresConnections.Make(store.Options, default);
            await using (var connection = await connections.Open())
                await new PostgresSchema(store.Options.Schema, "").Prepare(connection, store.Ring.CheckValue, 1, default);
            await connections.DisposeAsync();
        });
        using var a = new Sealer(store.Ring, "Patient/a");
        await store.Log.Append(new AppendBatch(a.Next()) { Feeds = [new FeedAppend(1, a.Id, 0)] });
        Assert.Equal(1, (await store.Log.ReadFeed(1, 0, 9)).Head);
    }

    [StoreTheory, InlineData("postgres")]
    public async Task A_role_that_may_not_make_tables_is_told_so_and_one_that_may_use_them_works(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        string role = store.Options.Schema + "_role";
        await store.Run($"CREATE ROLE {role} LOGIN");
        var options = store.Options with
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(store.Options.ConnectionString) { Username = role }.ConnectionString,
        };
        Assert.Equal(DataFolderProblem.MayNotCreate, await Refusal(options with { Schema = options.Schema + "_none" }, store.Ring));
        string schema = options.Schema;
        await store.Run($"""
            GRANT USAGE ON SCHEMA {schema} TO {role};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};
            """);
        await using (var log = await PostgresLog.Open(options, store.Ring))
        {
            using var a = new Sealer(store.Ring, "Patient/a");
            await log.Append(new AppendBatch(a.Next()));
            await log.Erase(a.Id);
        }
        await store.Run($"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [StoreTheory, InlineData("postgres")]
    public async Task A_server_that_does_not_sync_is_refused_and_a_role_that_would_not_wait_for_it_does(string kind)
    {
        await using var store = (PostgresStore)await Store.Make(kind);
        Assert.Equal(DataFolderProblem.NotDurable, await Refusal(store.Options with { AllowUnsyncedServer = false }, store.Ring));
        string role = store.Options.Schema + "_lazy";
        await store.Run($"CREATE ROLE {role} LOGIN; ALTER ROLE {role} SET synchronous_commit=off");
        var connections = await PostgresConnections.Make(store.Options with
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(store.Options.ConnectionString) { Username = role }.ConnectionString,
        }, default);
        await using (var connection = await connections.Open())
        {
            await using var show = new NpgsqlCommand("SHOW synchronous_commit", connection);
            Assert.Equal("on", await show.ExecuteScalarAsync());
        }
        await connections.DisposeAsync();
        await store.Run($"DROP ROLE {role}");
    }

    private static async Task<DataFolderProblem> Refusal(PostgresLogOptions options, KeyRing ring) =>
        (await Assert.ThrowsAsync<DataFolderException>(() => PostgresLog.Open(options, ring))).Problem;
}

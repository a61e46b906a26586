using System.Globalization;
using PatientGrains.TestServers;

namespace PatientGrains.Log.Tests;

/// <summary>A schema of its own on the one server of this run, which does not sync: no test on it stops the machine.</summary>
public sealed class PostgresStore : Store
{
    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => PostgresServer.Launch(syncs: false));
    private static int _made;

    private readonly PostgresServer _server;
    private PostgresLog? _log;

    private PostgresStore(PostgresServer server, Func<PostgresLogOptions, PostgresLogOptions> change)
    {
        _server = server;
        string schema = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _made)}");
        Options = change(new PostgresLogOptions(server.Connection("postgres") + $";Application Name={schema}")
        {
            Schema = schema,
            AllowUnsyncedServer = true,
            // Waiting is told by notifications; looks are tested by themselves.
            LookEvery = TimeSpan.FromHours(1),
            // A machine that stands still fails nothing. What is tested to give up is told to do so sooner.
            ConnectTimeout = Patience,
            StatementTimeout = Patience,
            OutcomePatience = Patience,
        });
    }

    public static StoreKind Kind { get; } = new(() => PostgresServer.Missing, Make, Cases: 5)
    {
        IsShared = true, MakeDurable = DurableDatabase.Make, HasServer = true,
    };

    public PostgresLogOptions Options { get; }

    public override IPatientLog Log => _log!;

    public static async Task<Store> Make() => await MakeOn(await Shared.Value);

    public static async Task<PostgresStore> MakeWith(Func<PostgresLogOptions, PostgresLogOptions> change) =>
        await MakeOn(await Shared.Value, change);

    public static async Task<PostgresStore> MakeOn(PostgresServer server, Func<PostgresLogOptions, PostgresLogOptions>? change = null)
    {
        var store = new PostgresStore(server, change ?? (options => options));
        await store.Reopen();
        return store;
    }

    public override Task Reopen() => Reopen(() => Task.CompletedTask);

    /// <summary>Closes it, lets somebody at the database, and opens it again.</summary>
    public async Task Reopen(Func<Task> meanwhile)
    {
        if (_log is not null)
            await _log.DisposeAsync();
        await meanwhile();
        _log = await PostgresLog.Open(Options, Ring);
    }

    public override async Task<IPatientLog> OpenBeside() => await PostgresLog.Open(Options, Ring);

    /// <summary>Runs SQL past the log.</summary>
    public Task Run(string sql) => _server.Execute("postgres", sql);

    /// <summary>Ends the sessions of all logs over this store, and returns when they have ended.</summary>
    public Task EndSessions() => EndSessions(_server, $"application_name='{Options.Schema}'");

    /// <summary>When all tests are done.</summary>
    internal static async Task EndServer()
    {
        if (Shared.IsValueCreated)
            await (await Shared.Value).DisposeAsync();
    }

    internal static Task EndSessions(PostgresServer server, string those) => server.Execute("postgres",
        $"SELECT pg_terminate_backend(pid, {Patience.TotalMilliseconds}) FROM pg_stat_activity WHERE {those}");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        // The server of a test of its own goes away with it, or has already.
        if (Shared.IsValueCreated && _server == await Shared.Value)
            await Run($"DROP SCHEMA IF EXISTS {Options.Schema} CASCADE");
    }
}

/// <summary>A schema on a server of its own, which syncs and is killed.</summary>
public sealed class DurableDatabase(PostgresServer server) : DurableStore
{
    public override string Address => CrashChild.Address.Of(new PostgresLogOptions(server.Connection("postgres")));

    public static async Task<DurableStore> Make() => new DurableDatabase(await PostgresServer.Launch());

    public override Task KillServer() => server.Kill();

    public override Task StartServer() => server.Start();

    /// <summary>A session commits what it was sent, also when its process is gone meanwhile.</summary>
    public override Task EndSessions() =>
        PostgresStore.EndSessions(server, "backend_type='client backend' AND pid<>pg_backend_pid()");

    public override ValueTask DisposeAsync() => server.DisposeAsync();
}

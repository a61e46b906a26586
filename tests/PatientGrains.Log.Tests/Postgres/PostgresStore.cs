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

    private PostgresStore(PostgresServer server)
    {
        _server = server;
        Options = new PostgresLogOptions(server.Connection("postgres"))
        {
            Schema = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _made)}"),
            AllowUnsyncedServer = true,
            // Waiting is told by notifications; looks are tested by themselves.
            LookEvery = TimeSpan.FromMinutes(1),
        };
    }

    public PostgresLogOptions Options { get; }

    public override IPatientLog Log => _log!;

    public static async Task<Store> Make() => await MakeOn(await Shared.Value);

    public static async Task<PostgresStore> MakeOn(PostgresServer server)
    {
        var store = new PostgresStore(server);
        await store.Reopen();
        return store;
    }

    public override async Task Reopen()
    {
        if (_log is not null)
            await _log.DisposeAsync();
        _log = await PostgresLog.Open(Options, Ring);
    }

    public override async Task<IPatientLog> OpenBeside() => await PostgresLog.Open(Options, Ring);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.Execute("postgres", $"DROP SCHEMA IF EXISTS {Options.Schema} CASCADE");
    }
}

using System.Globalization;
using Npgsql;
using PatientGrains.TestServers;

namespace PatientGrains.Log.Bench;

/// <summary>An empty log: SQLite in a folder, or a database of a PostgreSQL server that syncs and is started for this run.</summary>
internal sealed class BenchStore(IPatientLog log, KeyRing ring, Func<double> megabytes, Func<ValueTask> end) : IAsyncDisposable
{
    private static PostgresServer? _server;
    private static int _made;

    public static bool IsPostgres { get; set; }

    public IPatientLog Log => log;

    public KeyRing Ring => ring;

    public double Megabytes => megabytes();

    public static async Task<BenchStore> Make()
    {
        var ring = KeyRing.Ephemeral();
        if (!IsPostgres)
        {
            var folder = new BenchFolder();
            return new BenchStore(SqliteLog.Open(folder.Path, ring), ring, () => folder.Megabytes, () =>
            {
                folder.Dispose();
                return ValueTask.CompletedTask;
            });
        }
        _server ??= await PostgresServer.Launch();
        string name = string.Create(CultureInfo.InvariantCulture, $"bench{++_made}");
        string connection = await _server.CreateDatabase(name);
        var log = await PostgresLog.Open(new PostgresLogOptions(connection), ring);
        return new BenchStore(log, ring, () => SizeOf(connection), async () => await _server.DropDatabase(name));
    }

    private static double SizeOf(string connection)
    {
        using var open = new NpgsqlConnection(connection);
        open.Open();
        using var size = new NpgsqlCommand("SELECT pg_database_size(current_database())", open);
        return (long)size.ExecuteScalar()! / 1e6;
    }

    public async ValueTask DisposeAsync()
    {
        await log.DisposeAsync();
        await end();
        ring.Dispose();
    }

    public static ValueTask End() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

using System.Globalization;
using PatientGrains.TestServers;

namespace PatientGrains.LoadTests.Stores;

/// <summary>Real database servers of a run: started when the first scenario asks for them, on loopback, and gone with the run.</summary>
internal sealed class Servers : IAsyncDisposable
{
    private static int s_names;

    private PostgresServer? _postgres;
    private AzuriteServer? _azurite;

    /// <summary>What is not installed for a kind of store; null when everything is there.</summary>
    public static string? Missing(Kind kind) => kind switch
    {
        Kind.Postgres => PostgresServer.Missing,
        Kind.Azurite => AzuriteServer.Missing,
        _ => null,
    };

    public static string NewName(string prefix) =>
        prefix + Interlocked.Increment(ref s_names).ToString(CultureInfo.InvariantCulture);

    /// <summary>The connection string of an empty database, on a server that syncs at each commit.</summary>
    public async Task<string> Database()
    {
        _postgres ??= await PostgresServer.Launch(syncs: true);
        return await _postgres.CreateDatabase(NewName("load"));
    }

    public async Task<AzuriteServer> Azurite() => _azurite ??= await AzuriteServer.Launch();

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        if (_azurite is not null)
            await _azurite.DisposeAsync();
    }
}

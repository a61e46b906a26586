using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Import;
using PatientGrains.Log;

namespace PatientGrains.LoadTests.Stores;

/// <summary>Where records are kept.</summary>
internal enum Kind
{
    Sqlite,
    Postgres,
    Azurite,
}

internal static class Kinds
{
    /// <summary>As people write it.</summary>
    public static string Word(this Kind kind) => kind switch { Kind.Sqlite => "SQLite", Kind.Postgres => "PostgreSQL", _ => "Azurite" };

    /// <summary>As scenarios are called.</summary>
    public static string Verb(this Kind kind) => kind.ToString().ToLowerInvariant();
}

/// <summary>An empty store of some kind with a whole server on it, as the command line starts one; gone with it.</summary>
internal sealed class FreshStore : IAsyncDisposable
{
    private readonly StoreFolder _folder;

    private FreshStore(StoreFolder folder, HostSettings host) => (_folder, Host) = (folder, host);

    public HostSettings Host { get; }
    public RecordServer Server { get; private set; } = null!;
    public InProcessTarget Target { get; private set; } = null!;

    public static async Task<FreshStore> Open(Bench bench, Kind kind, bool withFront = false)
    {
        var folder = new StoreFolder(bench.Settings);
        var host = new HostSettings { Data = folder.Path, Url = "http://127.0.0.1:0", GrpcUrl = "http://127.0.0.1:0" };
        host = kind switch
        {
            Kind.Postgres => host with { Store = "postgres", Postgres = await bench.Servers.Database() },
            Kind.Azurite => await OnAzurite(bench, host),
            _ => host,
        };
        // Nodes that share a store share a ring that somebody made.
        if (kind != Kind.Sqlite)
            KeyRing.Create(host.KeyRingPath).Dispose();
        var server = withFront ? await RecordServer.StartWithFront(host, default) : await RecordServer.StartWithoutFront(host, default);
        return new FreshStore(folder, host)
        {
            Server = server, Target = new InProcessTarget(server, OurImport.Importer, ownsServer: false),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<HostSettings> OnAzurite(Bench bench, HostSettings host)
    {
        var azurite = await bench.Servers.Azurite();
        string key = Path.Combine(host.Data, "account.key");
        await File.WriteAllTextAsync(key, azurite.AccountKey);
        return host with
        {
            Store = "azure", AzureBlobs = azurite.AccountUrl.ToString(), AzureAccount = azurite.AccountName, AzureKeyFile = key,
            AzureContainer = Servers.NewName("load"),
        };
    }
}

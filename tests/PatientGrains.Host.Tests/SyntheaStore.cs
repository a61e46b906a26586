using System.IO.Compression;
using PatientGrains.Core.Access;
using PatientGrains.Host.Composition;

namespace PatientGrains.Host.Tests;

/// <summary>All Synthea Bundles beside the repository, imported once into a server in this process; shared by the tests of this
/// collection.</summary>
public sealed class SyntheaStore : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private RecordServer? _server;

    public static string? Source { get; } = Find();

    internal RecordServer Server => _server!;

    internal TemporaryFolder Folder => _folder;

    internal Imported First { get; private set; } = null!;

    /// <summary>In the order of their names: hospitals and practitioners come first.</summary>
    public static IEnumerable<string> Files => Directory.EnumerateFiles(Source!, "*.json.gz").Order(StringComparer.Ordinal);

    public static byte[] Read(string file)
    {
        using var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var all = new MemoryStream();
        packed.CopyTo(all);
        return all.ToArray();
    }

    internal HttpClient Client(Role role = Role.Clinician) => Clients.For(Server.Url, Server.Ring, role);

    public async Task InitializeAsync()
    {
        if (Source is null)
            return;
        _server = await RecordServer.StartWithFront(Store.Settings(_folder), default);
        First = await Store.Import(_server, _folder, Source);
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
                continue;
            string data = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "data", "synthea"));
            return Directory.Exists(data) ? data : null;
        }
        return null;
    }
}

[CollectionDefinition(nameof(SyntheaStore))]
public sealed class SyntheaStoreCollection : ICollectionFixture<SyntheaStore>;

/// <summary>Needs the Synthea Bundles; skipped where they are missing, but not in CI.</summary>
public sealed class SyntheaFactAttribute : FactAttribute
{
    public SyntheaFactAttribute()
    {
        if (SyntheaStore.Source is null && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "Missing: the Synthea Bundles in ../shared/data/synthea beside the clone.";
    }
}

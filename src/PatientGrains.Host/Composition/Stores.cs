using Azure.Identity;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Composition;

/// <summary>
/// The one place where key rings and logs are opened. The embedded default makes what is missing at first use; a store that nodes share
/// gets its ring from <c>keys init</c>, once, because a node that made its own would write what no other can read.
/// </summary>
internal static class Stores
{
    /// <summary>The ring of this node.</summary>
    /// <exception cref="SettingsException">It is missing, and may not be made here.</exception>
    public static KeyRing Ring(HostSettings settings) => MakesRing(settings) ? EmbeddedLog.Ring(settings) : SharedRing(settings);

    /// <summary>The ring of a store that exists: to look at what is not there is a mistake, and must not make it.</summary>
    /// <exception cref="SettingsException">There is no store in the data folder, or no ring.</exception>
    public static KeyRing RingOfStore(HostSettings settings) =>
        settings.IsEmbedded ? EmbeddedLog.RingOfStore(settings) : SharedRing(settings);

    /// <summary>The log. An embedded one takes the folder's lock; the others are shared, and their fences keep writers apart.</summary>
    public static async Task<IPatientLog> Open(HostSettings settings, KeyRing ring, CancellationToken cancel) => settings.StoreKind switch
    {
        StoreKind.Sqlite => EmbeddedLog.Open(settings, ring),
        StoreKind.Postgres => await OpenPostgres(settings, ring, cancel),
        StoreKind.Azure => await AzureBlobLog.Open(Blobs(settings), ring, cancel),
        _ => throw new InvalidOperationException($"Nothing opens a store of the kind {settings.StoreKind}."),
    };

    private static bool MakesRing(HostSettings settings) => settings.IsEmbedded && settings.CheckedRole() == NodeRole.All;

    private static KeyRing SharedRing(HostSettings settings) => File.Exists(settings.KeyRingPath)
        ? KeyRing.Open(settings.KeyRingPath)
        : throw new SettingsException($"KeyRing: there is no key ring at {Path.GetFullPath(settings.KeyRingPath)}. All nodes need the same: "
            + "make it once with `patientgrains keys init`, and give each node a copy.");

    private static async Task<IPatientLog> OpenPostgres(HostSettings settings, KeyRing ring, CancellationToken cancel)
    {
        try
        {
            return await PostgresLog.Open(new PostgresLogOptions(settings.CheckedPostgres()), ring, cancel);
        }
        catch (ArgumentException malformed)
        {
            throw new SettingsException($"Postgres: {malformed.Message}");
        }
    }

    private static AzureBlobLogOptions Blobs(HostSettings settings)
    {
        var access = settings.CheckedBlobs();
        return new AzureBlobLogOptions
        {
            AccountUrl = access.Endpoint,
            Container = settings.AzureContainer,
            AccountName = access.Account ?? "",
            SharedKey = access.Key,
            Credential = access.Key is null ? new DefaultAzureCredential() : null,
            Instance = Environment.MachineName,
        };
    }
}

#if ORLEANS_AZURE
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using PatientGrains.Log;
#endif
using Orleans.Hosting;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Composition;

/// <summary>
/// Clustering by a table of a storage account, and the subscriptions of streams, sealed, in another: all that Host asks of Orleans's
/// packages for Azure. A build with <c>-p:OrleansAzure=false</c> leaves them out.
/// </summary>
internal static class AzureCluster
{
#if ORLEANS_AZURE
    private const string Table = Cluster.StreamStorage + ".table";

    /// <summary>Makes the table of members where it is missing, and finds out on the way whether there is an account at all.</summary>
    /// <exception cref="SettingsException">There is none that these settings open; Orleans would fail with a stack trace, or wait without
    /// a word.</exception>
    public static async Task Prepare(HostSettings settings, CancellationToken cancel)
    {
        var access = settings.CheckedTables();
        try
        {
            await Tables(access).CreateTableIfNotExistsAsync(new AzureStorageClusteringOptions().TableName, cancel);
        }
        catch (Exception failed) when (failed is RequestFailedException or AuthenticationFailedException or AggregateException)
        {
            string why = failed is RequestFailedException { Status: > 0 } refused
                ? $"{refused.Status} {refused.ErrorCode}".TrimEnd()
                : failed.GetType().Name;
            throw new SettingsException($"Clustering: the table of members could not be made at {access.Endpoint} ({why}).");
        }
    }

    public static void Join(ISiloBuilder silo, HostSettings settings)
    {
        var tables = Tables(settings.CheckedTables());
        silo.UseAzureStorageClustering((AzureStorageClusteringOptions options) => options.TableServiceClient = tables);
        silo.AddAzureTableGrainStorage(Table, (AzureTableStorageOptions options) =>
        {
            options.TableServiceClient = tables;
            // A stream that nobody uses any more leaves no row behind.
            options.DeleteStateOnClear = true;
        });
        silo.Services.AddGrainStorage(Cluster.StreamStorage, (provider, _) => new SealedStorage(
            provider.GetRequiredKeyedService<IGrainStorage>(Table),
            provider.GetRequiredService<IGrainStorageSerializer>(),
            provider.GetRequiredService<IActivatorProvider>(),
            provider.GetRequiredService<KeyRing>()));
    }

    public static void Join(IClientBuilder client, HostSettings settings)
    {
        var tables = Tables(settings.CheckedTables());
        client.UseAzureStorageClustering((AzureStorageGatewayOptions options) => options.TableServiceClient = tables);
    }

    private static TableServiceClient Tables(AzureAccess access) => access.Key is { } key
        ? new TableServiceClient(access.Endpoint, new TableSharedKeyCredential(access.Account, key))
        : new TableServiceClient(access.Endpoint, new DefaultAzureCredential());
#else
    public static Task Prepare(HostSettings settings, CancellationToken cancel) => throw LeftOut();

    public static void Join(ISiloBuilder silo, HostSettings settings) => throw LeftOut();

    public static void Join(IClientBuilder client, HostSettings settings) => throw LeftOut();

    private static SettingsException LeftOut() =>
        new("Clustering: this program is built with OrleansAzure=false, without Orleans's packages for Azure.");
#endif
}

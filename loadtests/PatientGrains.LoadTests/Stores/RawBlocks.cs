using PatientGrains.Log;
using PatientGrains.Log.AzureBlob;
using PatientGrains.TestServers;

namespace PatientGrains.LoadTests.Stores;

/// <summary>What Azurite takes of the same bytes without any of our logic: Append Block calls, so many at once, each to the blob of its
/// lane.</summary>
internal sealed class RawBlocks : IAsyncDisposable
{
    private readonly BlobClient _blobs;
    private readonly long[] _lengths;

    private RawBlocks(BlobClient blobs, int lanes) => (_blobs, _lengths) = (blobs, new long[lanes]);

    public static async Task<RawBlocks> Open(AzuriteServer azurite, int lanes)
    {
        var blobs = new BlobClient(new AzureBlobLogOptions
        {
            AccountUrl = azurite.AccountUrl, Container = Servers.NewName("raw"), AccountName = azurite.AccountName,
            SharedKey = azurite.AccountKey, Requests = lanes,
        });
        await blobs.CreateContainer();
        for (int lane = 0; lane < lanes; lane++)
            await blobs.CreateAppend(Name(lane));
        return new RawBlocks(blobs, lanes);
    }

    /// <summary>A block for each patient.</summary>
    public Task Append(IReadOnlyList<Document> documents) =>
        Append([.. documents.Select(document => document.Resources.SelectMany(range => document.Json[range]).ToArray())]);

    public async Task Append(IReadOnlyList<byte[]> blocks)
    {
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, _lengths.Length).Select(async lane =>
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < blocks.Count; i = Interlocked.Increment(ref next) - 1)
            {
                var (landing, _) = await _blobs.Append(Name(lane), _lengths[lane], blocks[i]);
                if (landing != Landing.Here)
                    throw new InvalidDataException("Somebody else wrote to a blob of this run.");
                _lengths[lane] += blocks[i].Length;
            }
        }));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Name(int lane) => "lane" + lane.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace PatientGrains.Log.AzureBlob;

/// <summary>The ids of all logs, in their order. The service cannot begin a list behind a name, so a large one is listed by the first byte
/// of the ids.</summary>
internal sealed class LogListing(BlobClient client)
{
    private const string Folder = "logs/";

    public async Task<List<LogId>> Behind(LogId? after, int limit, CancellationToken cancel)
    {
        var (first, marker) = await client.List(Folder, folders: true, cancel: cancel).ConfigureAwait(false);
        if (marker.Length == 0)
            return Behind(first, after, limit);
        var ids = new List<LogId>();
        for (int start = (int)((after?.Value ?? 0) >> 120); start < 256 && ids.Count < limit; start++)
        {
            string prefix = string.Create(CultureInfo.InvariantCulture, $"{Folder}{start:x2}");
            ids.AddRange(Behind(await client.ListAll(prefix, folders: true, cancel).ConfigureAwait(false), after, limit - ids.Count));
        }
        return ids;
    }

    private static List<LogId> Behind(List<BlobListed> names, LogId? after, int limit) =>
    [
        .. names.Select(name => LogId.Parse(name.Name[Folder.Length..].TrimEnd('/'))).Where(id => after is not { } a || id.CompareTo(a) > 0)
            .Take(limit),
    ];
}

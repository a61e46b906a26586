using System.Security.Cryptography;

namespace PatientGrains.Log.AzureBlob;

/// <summary>What a container is: the blob <c>store</c> with format, id of the store, and the check value of the ring that it was made
/// with.</summary>
internal static class StoreBlob
{
    private const int Format = 1;
    private const string Name = "store";
    private const int IdAt = 8;
    private const int CheckAt = 24;

    private static ReadOnlySpan<byte> Magic => "PGAZ"u8;

    /// <summary>Makes or checks it. Returns the store's id.</summary>
    public static async Task<string> Prepare(BlobClient client, ReadOnlyMemory<byte> keyCheck, CancellationToken cancel)
    {
        while (true)
        {
            if (await client.GetWhole(Name, cancel).ConfigureAwait(false) is { } there)
                return Check(client.Place, there.Bytes.Span, keyCheck.Span);
            var (others, _) = await client.List("", limit: 1, cancel: cancel).ConfigureAwait(false);
            if (others.Count > 0 && others[0].Name != Name
                && await client.GetWhole(Name, cancel).ConfigureAwait(false) is null)
            {
                throw new DataFolderException(DataFolderProblem.NotAStore, client.Place,
                    $"The container {client.Place} holds something else than a log of this program.");
            }
            byte[] made = [.. Magic, .. BitConverter.GetBytes(Format), .. RandomNumberGenerator.GetBytes(CheckAt - IdAt), .. keyCheck.Span];
            await client.Put(Name, made, "").ConfigureAwait(false);
        }
    }

    private static string Check(string place, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> keyCheck)
    {
        if (bytes.Length < CheckAt || !bytes.StartsWith(Magic))
            throw new DataFolderException(DataFolderProblem.NotAStore, place, $"The container {place} is not a log of this program.");
        int format = BitConverter.ToInt32(bytes[4..]);
        if (format > Format)
        {
            throw new DataFolderException(DataFolderProblem.NewerFormat, place,
                $"The log in {place} has format {format}; this program knows formats up to {Format}.");
        }
        if (!CryptographicOperations.FixedTimeEquals(bytes[CheckAt..], keyCheck))
        {
            throw new DataFolderException(DataFolderProblem.OtherKeyRing, place,
                $"The log in {place} was made with another key ring. Nothing was changed; open it with its own.");
        }
        return Convert.ToHexStringLower(bytes[IdAt..CheckAt]);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>SHA-256 of what was submitted, as it arrived: the same message id with another digest is refused.</summary>
internal static class ContentDigest
{
    /// <summary>
    /// Up to here the content is put together first and hashed at once, which costs no native context and nothing that has to be finalized.
    /// </summary>
    private const int MostAtOnce = 16 << 10;

    /// <param name="body">The bytes of the body; empty for a delete.</param>
    /// <param name="intent">Everything that is asked beside the body: interaction, id, conditions.</param>
    public static Blob Of(ReadOnlyMemory<byte> body, params ReadOnlySpan<string?> intent)
    {
        int most = body.Length;
        foreach (string? part in intent)
            most += sizeof(int) + Encoding.UTF8.GetMaxByteCount(part?.Length ?? 0);
        return most <= MostAtOnce ? AtOnce(body.Span, intent, most) : InParts(body.Span, intent);
    }

    private static Blob AtOnce(ReadOnlySpan<byte> body, ReadOnlySpan<string?> intent, int most)
    {
        var rented = ArrayPool<byte>.Shared.Rent(most);
        int at = 0;
        foreach (string? part in intent)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rented.AsSpan(at), LengthOf(part));
            at += sizeof(int);
            at += Encoding.UTF8.GetBytes(part ?? "", rented.AsSpan(at));
        }
        body.CopyTo(rented.AsSpan(at));
        at += body.Length;
        byte[] digest = SHA256.HashData(rented.AsSpan(0, at));
        // It was somebody's record.
        rented.AsSpan(0, at).Clear();
        ArrayPool<byte>.Shared.Return(rented);
        return new Blob(digest);
    }

    private static Blob InParts(ReadOnlySpan<byte> body, ReadOnlySpan<string?> intent)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string? part in intent)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, LengthOf(part));
            hash.AppendData(length);
            hash.AppendData(Encoding.UTF8.GetBytes(part ?? ""));
        }
        hash.AppendData(body);
        return new Blob(hash.GetHashAndReset());
    }

    /// <summary>Lengths keep different intents different; a part that is missing is not one that is empty.</summary>
    private static int LengthOf(string? part) => part?.Length ?? -1;
}

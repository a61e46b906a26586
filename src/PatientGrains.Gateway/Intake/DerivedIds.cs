using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Ids that the server assigns: HMAC-SHA-256 over what asked for them, cut to 130 bits and written as 26 characters of base32 (a-z, 2-7; an
/// R4 id, 2.24.0.1).
/// The same submission gets the same ids from every gateway, so a retry finds what the first try made. Nobody without the secret can choose
/// a message id so that it
/// hits a given id, and no client's own scheme produces one by accident.
/// </summary>
internal sealed class DerivedIds
{
    public const int Length = 26;

    private readonly byte[] _secret;

    public DerivedIds(ReadOnlyMemory<byte> secret)
    {
        if (secret.Length < 32)
            throw new ArgumentException("The secret for ids needs at least 32 bytes.", nameof(secret));
        _secret = secret.ToArray();
    }

    /// <summary>The ids of what the entries of one message create.</summary>
    public MessageIds Of(string source, string messageId)
    {
        var key = new byte[HMACSHA256.HashSizeInBytes];
        Mac(1, source, messageId, 0, key);
        return new MessageIds(key);
    }

    /// <summary>
    /// The id of what a conditional create makes: the same for everybody who asks with the same criteria, so that all of them meet in one
    /// grain, whose turn decides.
    /// </summary>
    /// <param name="condition">What is created under which criteria.</param>
    /// <param name="generation">0, and one more each time the id before is in use for something that does not match.</param>
    public string ForCondition(Condition condition, int generation)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Mac(2, condition.Type, condition.Canonical, generation, mac);
        return Base32(mac);
    }

    /// <summary>The purpose and the lengths keep any two different inputs different.</summary>
    private void Mac(byte purpose, string first, string second, int number, Span<byte> mac)
    {
        int most = 13 + Encoding.UTF8.GetMaxByteCount(first.Length) + Encoding.UTF8.GetMaxByteCount(second.Length);
        byte[]? rented = most > 1024 ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> input = rented ?? stackalloc byte[1024];
        input[0] = purpose;
        BinaryPrimitives.WriteInt32LittleEndian(input[1..], number);
        int at = 5;
        at += Put(input[at..], first);
        at += Put(input[at..], second);
        HMACSHA256.HashData(_secret, input[..at], mac);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private static int Put(Span<byte> to, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, to[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(to, length);
        return 4 + length;
    }

    internal static string Base32(ReadOnlySpan<byte> bits)
    {
        Span<char> id = stackalloc char[Length];
        for (int i = 0; i < Length; i++)
        {
            int bit = i * 5;
            int pair = (bits[bit / 8] << 8) | bits[(bit / 8) + 1];
            id[i] = "abcdefghijklmnopqrstuvwxyz234567"[(pair >> (11 - (bit % 8))) & 31];
        }
        return new string(id);
    }
}

/// <summary>
/// The ids of one message: SHA-256 over the message's own 256-bit secret and the entry's number. Both have a fixed length, so a plain hash
/// is as good as another HMAC,
/// at a fifth of its cost; a Bundle has thousands of entries.
/// </summary>
/// <param name="key">HMAC of source and message id.</param>
internal readonly struct MessageIds(byte[] key)
{
    public string ForEntry(int entry)
    {
        Span<byte> input = stackalloc byte[EntryBytes];
        Put(entry, input);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return DerivedIds.Base32(hash);
    }

    /// <summary>An id that leads to a log.</summary>
    public string ForEntry(int entry, RoutedIds routed, UInt128 log)
    {
        Span<byte> input = stackalloc byte[EntryBytes];
        Put(entry, input);
        return routed.Make(log, input);
    }

    private const int EntryBytes = HMACSHA256.HashSizeInBytes + sizeof(int);

    private void Put(int entry, Span<byte> input)
    {
        key.CopyTo(input);
        BinaryPrimitives.WriteInt32LittleEndian(input[HMACSHA256.HashSizeInBytes..], entry);
    }
}

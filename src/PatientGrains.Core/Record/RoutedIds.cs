using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PatientGrains.Core.Record;

/// <summary>
/// Ids that carry the log they are in, for whoever holds the key: a server that assigns such an id need not claim it in the locator, whose
/// random keys are the dearest rows of a large store. Without the key they look random and two of one patient cannot be told to be: 72 bits
/// of tag, then the 128 bits of the log's blinded name under a mask that depends on the tag, as 40 characters of base32 (an R4 id, 2.24.0.1).
/// <para>An id that decodes to a log that exists was made for that log and can be nowhere else: nobody without the key makes one but by
/// hitting 128 bits. Any other text decodes to a log that does not exist and is an id like all others.</para>
/// </summary>
public sealed class RoutedIds
{
    public const int Length = 40;
    private const int TagBytes = 9;
    private const int LogBytes = 16;
    private const int SecretBytes = 32;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private readonly byte[] _secret;

    /// <param name="secret">32 bytes. All processes of an installation need the same, for ever.</param>
    public RoutedIds(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != SecretBytes)
            throw new ArgumentException("The secret of routed ids has 32 bytes.", nameof(secret));
        _secret = secret.ToArray();
    }

    /// <summary>The id for a log and whatever asked for one: the same for the same.</summary>
    /// <param name="log">Blinded name of the log.</param>
    /// <param name="asked">Up to 64 bytes that tell requests apart, always of one length.</param>
    public string Make(UInt128 log, ReadOnlySpan<byte> asked)
    {
        Span<byte> input = stackalloc byte[SecretBytes + 1 + LogBytes + 64];
        _secret.CopyTo(input);
        input[SecretBytes] = (byte)'t';
        BinaryPrimitives.WriteUInt128BigEndian(input[(SecretBytes + 1)..], log);
        asked.CopyTo(input[(SecretBytes + 1 + LogBytes)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..(SecretBytes + 1 + LogBytes + asked.Length)], hash);
        Span<byte> bits = stackalloc byte[TagBytes + LogBytes];
        hash[..TagBytes].CopyTo(bits);
        BinaryPrimitives.WriteUInt128BigEndian(bits[TagBytes..], log ^ Mask(bits[..TagBytes]));
        Span<char> id = stackalloc char[Length];
        Encode(bits, id);
        return new string(id);
    }

    /// <summary>The log that an id was made for, if it was: ask whether there is such a log. Null when it cannot be a routed id.</summary>
    public UInt128? LogOf(string id)
    {
        Span<byte> bits = stackalloc byte[TagBytes + LogBytes];
        if (id.Length != Length || !TryDecode(id, bits))
            return null;
        return BinaryPrimitives.ReadUInt128BigEndian(bits[TagBytes..]) ^ Mask(bits[..TagBytes]);
    }

    /// <summary>What is hashed has one length, so that a plain hash behind the secret is a pseudorandom function, at a third of the cost of
    /// an HMAC.</summary>
    private UInt128 Mask(ReadOnlySpan<byte> tag)
    {
        Span<byte> input = stackalloc byte[SecretBytes + 1 + TagBytes];
        _secret.CopyTo(input);
        input[SecretBytes] = (byte)'m';
        tag.CopyTo(input[(SecretBytes + 1)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>Five bytes are eight characters; 25 bytes fill 40 exactly.</summary>
    private static void Encode(ReadOnlySpan<byte> bits, Span<char> id)
    {
        for (int from = 0, to = 0; from < bits.Length; from += 5, to += 8)
        {
            ulong block = ((ulong)bits[from] << 32) | BinaryPrimitives.ReadUInt32BigEndian(bits[(from + 1)..]);
            for (int i = 0; i < 8; i++)
                id[to + i] = Alphabet[(int)(block >> (35 - (5 * i))) & 31];
        }
    }

    private static bool TryDecode(string id, Span<byte> bits)
    {
        for (int from = 0, to = 0; from < id.Length; from += 8, to += 5)
        {
            ulong block = 0;
            for (int i = 0; i < 8; i++)
            {
                char c = id[from + i];
                int value = c is >= 'a' and <= 'z' ? c - 'a' : c is >= '2' and <= '7' ? c - '2' + 26 : -1;
                if (value < 0)
                    return false;
                block = (block << 5) | (uint)value;
            }
            bits[to] = (byte)(block >> 32);
            BinaryPrimitives.WriteUInt32BigEndian(bits[(to + 1)..], (uint)block);
        }
        return true;
    }
}

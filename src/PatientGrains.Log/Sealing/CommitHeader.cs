using System.Buffers.Binary;

namespace PatientGrains.Log;

/// <summary>
/// The 72 bytes in the clear at the start of a sealed commit, authenticated with its body. All numbers are little-endian, ids and hashes
/// are bytes.
/// <code>
/// 0  1  'C'                      32  8  time, microseconds since 1970-01-01 UTC, never earlier than the commit before
/// 1  1  format version, 1        40  32 hash of the commit before, zero in the first
/// 2  1  flags: 1 = Brotli        72  12 nonce
/// 3  1  zero                     84  n  ciphertext
/// 4  4  count of events          84+n 16 tag
/// 8  16 log id
/// 24 8  number of the first event
/// </code>
/// </summary>
public readonly record struct CommitHeader(LogId Log, long FirstSeq, int Count, bool Compressed, long UnixMicros, ChainHash Previous)
{
    public const int Size = 72;
    public const int NonceSize = 12;
    public const int TagSize = 16;
    /// <summary>What sealing adds to a body.</summary>
    public const int Overhead = Size + NonceSize + TagSize;

    private const byte Kind = (byte)'C';
    private const byte Version = 1;
    private const byte BrotliFlag = 1;

    internal void Write(Span<byte> to)
    {
        to[0] = Kind;
        to[1] = Version;
        to[2] = Compressed ? BrotliFlag : (byte)0;
        to[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], Count);
        Log.Write(to[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(to[24..], FirstSeq);
        BinaryPrimitives.WriteInt64LittleEndian(to[32..], UnixMicros);
        Previous.Write(to[40..]);
    }

    /// <summary>Reads the header of a sealed commit. Returns what is wrong with its form, or null.</summary>
    public static string? Read(ReadOnlySpan<byte> commit, out CommitHeader header)
    {
        header = default;
        if (commit.Length < Overhead)
            return $"{commit.Length} bytes are too few for a commit";
        if (commit[0] != Kind || commit[1] != Version)
            return "unknown kind or version of commit";
        if ((commit[2] & ~BrotliFlag) != 0 || commit[3] != 0)
            return "unknown flags in the header";
        header = new CommitHeader(
            LogId.Read(commit[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(commit[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(commit[4..]),
            (commit[2] & BrotliFlag) != 0,
            BinaryPrimitives.ReadInt64LittleEndian(commit[32..]),
            ChainHash.Read(commit[40..]));
        return header.FirstSeq < 0 || header.Count < 0 ? "impossible numbers in the header" : null;
    }

    /// <summary>
    /// Holds a stored commit against its own bytes: form, log, numbers and hash. Returns what is wrong, or null. Needs no key.
    /// </summary>
    public static string? Check(SealedCommit commit, out CommitHeader header)
    {
        if (Read(commit.Bytes.Span, out header) is { } malformed)
            return malformed;
        if (header.Log != commit.Log)
            return "the header names another log";
        if (header.FirstSeq != commit.FirstSeq || header.Count != commit.Count)
            return "the header has other numbers than the store";
        return ChainHash.Of(commit.Bytes.Span) == commit.Hash ? null : "the bytes do not have the hash that the store notes";
    }
}

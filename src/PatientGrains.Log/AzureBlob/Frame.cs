using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PatientGrains.Log.AzureBlob;

/// <summary>A place in a log's append blobs: which of them, and the offset in it. In the order in which they are filled.</summary>
internal readonly record struct BlobPosition(long Value) : IComparable<BlobPosition>
{
    private const int OffsetBits = 40;

    public BlobPosition(long segment, long offset)
        : this((segment << OffsetBits) | offset)
    {
    }

    public long Segment => Value >> OffsetBits;

    public long Offset => Value & ((1L << OffsetBits) - 1);

    public int CompareTo(BlobPosition other) => Value.CompareTo(other.Value);

    public static bool operator <(BlobPosition one, BlobPosition other) => one.Value < other.Value;

    public static bool operator >(BlobPosition one, BlobPosition other) => one.Value > other.Value;

    public static bool operator <=(BlobPosition one, BlobPosition other) => one.Value <= other.Value;

    public static bool operator >=(BlobPosition one, BlobPosition other) => one.Value >= other.Value;
}

internal enum FrameKind : byte
{
    /// <summary>A commit, with what the whole append changes outside the logs. It decides the append.</summary>
    Commit = (byte)'C',
    /// <summary>A commit of an append that another log decides. It counts when the deciding commit is where this says.</summary>
    Prepared = (byte)'P',
    /// <summary>Says that everything before is settled, or that the prepared commit before it came to nothing; or only moves the log's end,
    /// so that an append on its way can no longer land there.</summary>
    Mark = (byte)'M',
    /// <summary>The last of a blob: the log goes on in the next.</summary>
    Roll = (byte)'R',
    /// <summary>The log was erased.</summary>
    Erased = (byte)'E',
}

/// <summary>The commit that decides: it is the frame with this commit at this position, or never will be.</summary>
internal readonly record struct Decider(LogId Log, BlobPosition At, ChainHash Hash);

/// <summary>
/// The last 256 bytes of a frame: where the log stands, so that its end alone tells. Numbers are little-endian.
/// <code>
/// 0  4  'PGAE'                     96  8  due before, microseconds, or the least number
/// 4  1  version   5 1 kind         104 8  due after
/// 6  1  flags     8 4 frame length 112 32 hash of the log's first commit
/// 16 40 head before                144 8  everything before this position was settled
/// 56 40 head after                 152 56 who decides
/// 240 8 checksum of the footer     248 8  checksum of the frame
/// </code>
/// "After" of a prepared frame is what holds if it is decided so.
/// </summary>
internal sealed record Footer
{
    public const int Size = 256;
    public const long NoDue = long.MinValue;

    private const uint Magic = 0x45414750;
    private const byte Version = 1;
    private const int SumAt = 240;

    public required FrameKind Kind { get; init; }
    public bool IsErased { get; init; }
    public bool HasEffects { get; init; }
    public int Length { get; init; }
    public Head Before { get; init; }
    public Head After { get; init; }
    public long DueBefore { get; init; } = NoDue;
    public long DueAfter { get; init; } = NoDue;
    public ChainHash Birth { get; init; }
    public BlobPosition SettledTo { get; init; }
    public Decider Decider { get; init; }

    public void Write(Span<byte> to, ReadOnlySpan<byte> frameBefore)
    {
        to.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        (to[4], to[5]) = (Version, (byte)Kind);
        to[6] = (byte)((IsErased ? 1 : 0) | (HasEffects ? 2 : 0));
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], Length);
        WriteHead(to[16..], Before);
        WriteHead(to[56..], After);
        BinaryPrimitives.WriteInt64LittleEndian(to[96..], DueBefore);
        BinaryPrimitives.WriteInt64LittleEndian(to[104..], DueAfter);
        Birth.Write(to[112..]);
        BinaryPrimitives.WriteInt64LittleEndian(to[144..], SettledTo.Value);
        Decider.Log.Write(to[152..]);
        BinaryPrimitives.WriteInt64LittleEndian(to[168..], Decider.At.Value);
        Decider.Hash.Write(to[176..]);
        Sum(to[..SumAt], []).CopyTo(to[SumAt..]);
        Sum(frameBefore, to[..(SumAt + 8)]).CopyTo(to[(SumAt + 8)..]);
    }

    /// <summary>Null when these bytes are not a footer, or were changed.</summary>
    public static Footer? Read(ReadOnlySpan<byte> from)
    {
        if (from.Length != Size || BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic || from[4] != Version
            || !Sum(from[..SumAt], []).SequenceEqual(from.Slice(SumAt, 8)))
            return null;
        return new Footer
        {
            Kind = (FrameKind)from[5],
            IsErased = (from[6] & 1) != 0,
            HasEffects = (from[6] & 2) != 0,
            Length = BinaryPrimitives.ReadInt32LittleEndian(from[8..]),
            Before = ReadHead(from[16..]),
            After = ReadHead(from[56..]),
            DueBefore = BinaryPrimitives.ReadInt64LittleEndian(from[96..]),
            DueAfter = BinaryPrimitives.ReadInt64LittleEndian(from[104..]),
            Birth = ChainHash.Read(from[112..]),
            SettledTo = new BlobPosition(BinaryPrimitives.ReadInt64LittleEndian(from[144..])),
            Decider = new Decider(
                LogId.Read(from[152..]), new BlobPosition(BinaryPrimitives.ReadInt64LittleEndian(from[168..])),
                ChainHash.Read(from[176..])),
        };
    }

    /// <summary>Whether a whole frame is as it was written.</summary>
    public static bool Holds(ReadOnlySpan<byte> frame) =>
        Sum(frame[..^Size], frame[^Size..^8]).SequenceEqual(frame[^8..]);

    private static void WriteHead(Span<byte> to, Head head)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to, head.NextSeq);
        head.Hash.Write(to[8..]);
    }

    private static Head ReadHead(ReadOnlySpan<byte> from) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(from), ChainHash.Read(from[8..]));

    private static ReadOnlySpan<byte> Sum(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(one);
        hash.AppendData(other);
        return hash.GetHashAndReset().AsSpan(0, 8);
    }
}

/// <summary>
/// What is appended to a log's blob at a time, as one block: 64 bytes of header, effects, sealed commit, footer.
/// <code>
/// 0  4  'PGAF'   4 1 version   5 1 kind        16 8  random, so that no two frames are alike
/// 8  4  bytes of effects       12 4 of commit  24 32 hash of the commit
/// </code>
/// </summary>
internal static class Frame
{
    public const int HeaderSize = 64;
    public const int Overhead = HeaderSize + Footer.Size;

    private const uint Magic = 0x46414750;
    private const byte Version = 1;

    public static byte[] Build(Footer footer, ReadOnlySpan<byte> effects, SealedCommit? commit)
    {
        int commitBytes = commit?.Bytes.Length ?? 0;
        byte[] frame = new byte[Overhead + effects.Length + commitBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        (frame[4], frame[5]) = (Version, (byte)footer.Kind);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), effects.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(12), commitBytes);
        RandomNumberGenerator.Fill(frame.AsSpan(16, 8));
        commit?.Hash.Write(frame.AsSpan(24));
        effects.CopyTo(frame.AsSpan(HeaderSize));
        commit?.Bytes.Span.CopyTo(frame.AsSpan(HeaderSize + effects.Length));
        int end = frame.Length - Footer.Size;
        (footer with { Length = frame.Length }).Write(frame.AsSpan(end), frame.AsSpan(0, end));
        return frame;
    }

    /// <summary>Kind, commit's hash, and lengths, of a frame that begins here; null when none does.</summary>
    public static FrameHeader? ReadHeader(ReadOnlySpan<byte> from)
    {
        if (from.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic || from[4] != Version)
            return null;
        var header = new FrameHeader((FrameKind)from[5], ChainHash.Read(from[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[8..]), BinaryPrimitives.ReadInt32LittleEndian(from[12..]));
        return header.EffectBytes < 0 || header.CommitBytes < 0 ? null : header;
    }
}

internal readonly record struct FrameHeader(FrameKind Kind, ChainHash Hash, int EffectBytes, int CommitBytes)
{
    public long Length => (long)Frame.Overhead + EffectBytes + CommitBytes;
}

/// <summary>A frame that was read.</summary>
internal sealed record ReadFrame(
    BlobPosition At, FrameHeader Header, Footer Footer, ReadOnlyMemory<byte> Effects, ReadOnlyMemory<byte> CommitBytes)
{
    public BlobPosition End => new(At.Segment, At.Offset + Header.Length);
}

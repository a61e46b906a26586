using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace PatientGrains.Log;

/// <summary>The name of a log in the clear, such as <c>Patient/abc</c>, <c>Practitioner/x</c> or <c>security/3</c>. At most 200
/// characters.</summary>
public readonly record struct LogName
{
    public const int MaxLength = 200;

    public LogName(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, MaxLength, nameof(text));
        Text = text;
    }

    public string Text { get; }

    public override string ToString() => Text;
}

/// <summary>
/// The blinded name of a log: the first 16 bytes of HMAC-SHA-256 under the ring's index key. A store knows a log by nothing else.
/// 128 bits: the chance that two of 10^9 logs collide is below 10^-20, and a collision is refused (the sealed name is compared when a log
/// is opened).
/// </summary>
public readonly record struct LogId(UInt128 Value) : IComparable<LogId>
{
    public const int Size = 16;

    /// <summary>The order of the 16 bytes, which is the order in which a store lists its logs.</summary>
    public int CompareTo(LogId other) => Value.CompareTo(other.Value);

    public static LogId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public static LogId Parse(string hex) => new(UInt128.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    public void Write(Span<byte> to) => BinaryPrimitives.WriteUInt128BigEndian(to, Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>A blinded key of the locator or of the population index: the first 16 bytes of HMAC-SHA-256 under the ring's index
/// key.</summary>
public readonly record struct BlindKey(UInt128 Value) : IComparable<BlindKey>
{
    public const int Size = 16;

    public int CompareTo(BlindKey other) => Value.CompareTo(other.Value);

    public static BlindKey Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public void Write(Span<byte> to) => BinaryPrimitives.WriteUInt128BigEndian(to, Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>SHA-256 over the whole sealed commit (header, nonce, ciphertext, tag). All zero stands for "before the first commit".</summary>
public readonly record struct ChainHash(UInt128 High, UInt128 Low)
{
    public const int Size = 32;

    public static ChainHash Of(ReadOnlySpan<byte> sealedCommit)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(sealedCommit, hash);
        return Read(hash);
    }

    public static ChainHash Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    public static ChainHash Parse(string hex) => Read(Convert.FromHexString(hex));

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt128BigEndian(to, High);
        BinaryPrimitives.WriteUInt128BigEndian(to[16..], Low);
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}

/// <summary>Where a log ends: what the next commit builds on.</summary>
/// <param name="NextSeq">The number that the next event gets, and how many the log has; the first event of a log is 0.</param>
/// <param name="Hash">Hash of the last commit.</param>
public readonly record struct Head(long NextSeq, ChainHash Hash)
{
    /// <summary>The head of a log that has no commit yet.</summary>
    public static Head Empty { get; } = default;
}

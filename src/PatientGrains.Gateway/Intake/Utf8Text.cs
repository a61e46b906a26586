using System.Diagnostics.CodeAnalysis;

namespace PatientGrains.Gateway.Intake;

/// <summary>Compares UTF-8 bytes, so that links are looked up as they stand in the JSON without becoming strings.</summary>
internal sealed class Utf8Text : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly Utf8Text Comparer = new();

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        // Seeded per process, so nobody can send a Bundle whose links all collide.
        var hash = new HashCode();
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());
}

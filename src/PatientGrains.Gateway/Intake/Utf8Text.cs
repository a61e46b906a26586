namespace PatientGrains.Gateway.Intake;

/// <summary>Compares UTF-8 bytes, so that links are looked up as they stand in the JSON without becoming strings.</summary>
internal sealed class Utf8Text
    : IEqualityComparer<ReadOnlyMemory<byte>>, IAlternateEqualityComparer<ReadOnlySpan<byte>, ReadOnlyMemory<byte>>
{
    public static readonly Utf8Text Comparer = new();

    public ReadOnlyMemory<byte> Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public bool Equals(ReadOnlySpan<byte> alternate, ReadOnlyMemory<byte> other) => alternate.SequenceEqual(other.Span);

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        // Seeded per process, so nobody can send a Bundle whose links all collide.
        var hash = new HashCode();
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public int GetHashCode(ReadOnlyMemory<byte> obj) => GetHashCode(obj.Span);
}

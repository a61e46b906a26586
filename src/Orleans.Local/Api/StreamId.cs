using System.Globalization;

namespace Orleans.Runtime;

/// <summary>The identity of a stream: a namespace and a key.</summary>
public readonly struct StreamId : IEquatable<StreamId>, IComparable<StreamId>
{
    readonly string? ns;
    readonly string? key;

    StreamId(string ns, string key) => (this.ns, this.key) = (ns, key);

    public static StreamId Create(string ns, string key) => new(ns, key);
    public static StreamId Create(string ns, Guid key) => new(ns, key.ToString("N"));
    public static StreamId Create(string ns, long key) => new(ns, key.ToString(CultureInfo.InvariantCulture));

    public string GetKeyAsString() => key ?? "";
    public string? GetNamespace() => ns;

    public int CompareTo(StreamId other) =>
        string.CompareOrdinal(ns, other.ns) is var byNamespace and not 0 ? byNamespace : string.CompareOrdinal(key, other.key);

    public bool Equals(StreamId other) =>
        string.Equals(ns, other.ns, StringComparison.Ordinal) && string.Equals(key, other.key, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is StreamId other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(ns, key);
    public override string ToString() => $"{ns}/{key}";

    public static bool operator ==(StreamId left, StreamId right) => left.Equals(right);
    public static bool operator !=(StreamId left, StreamId right) => !left.Equals(right);
}

using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace PatientGrains.Grpc;

/// <summary>
/// Names and values beside the messages of a call: headers or trailers, in order; a name may come several times. The values of names that
/// end in <c>-bin</c> are bytes, all others are printable ASCII (PROTOCOL-HTTP2.md, Custom-Metadata).
/// </summary>
public sealed class GrpcMetadata : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _items = [];

    public int Count => _items.Count;

    /// <exception cref="ArgumentException">The name or value cannot travel, or the name belongs to the protocol.</exception>
    public void Add(string name, string value)
    {
        CheckName(name);
        if (IsBinary(name))
            throw new ArgumentException("The value of a name that ends in -bin is bytes.", nameof(name));
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new ArgumentException("A value is printable ASCII.", nameof(value));
        _items.Add(new(name, value));
    }

    /// <param name="name">Ends in <c>-bin</c>.</param>
    /// <param name="value">Any bytes.</param>
    /// <exception cref="ArgumentException">As of the other one.</exception>
    public void Add(string name, ReadOnlySpan<byte> value)
    {
        CheckName(name);
        if (!IsBinary(name))
            throw new ArgumentException("Bytes need a name that ends in -bin.", nameof(name));
        _items.Add(new(name, ToText(value)));
    }

    /// <summary>The first value of a name, bytes still in base64; null when there is none.</summary>
    public string? Find(string name)
    {
        foreach (var item in _items)
        {
            if (item.Key == name)
                return item.Value;
        }
        return null;
    }

    /// <summary>The bytes of the first value of a name that ends in -bin; null when there is none.</summary>
    /// <exception cref="GrpcException">InvalidArgument: it is not base64.</exception>
    public byte[]? FindBytes(string name) =>
        Find(name) is not { } text ? null
        : TryFromText(text, out byte[]? bytes) ? bytes
        : throw new GrpcException(GrpcCode.InvalidArgument, "A metadata value of a name that ends in -bin is not base64.");

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// What came from a peer; what belongs to HTTP and the protocol is left out, several binary values in one are told apart.
    /// </summary>
    internal void Take(string name, string value)
    {
        name = name.ToLowerInvariant();
        if (IsReserved(name))
            return;
        if (!IsBinary(name))
            _items.Add(new(name, value));
        else
            _items.AddRange(value.Split(',').Select(one => KeyValuePair.Create(name, one.Trim())));
    }

    /// <summary>Base64 without padding, which every peer must take (PROTOCOL-HTTP2.md).</summary>
    internal static string ToText(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    internal static bool TryFromText(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        string padded = text.TrimEnd('=');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        byte[] into = new byte[padded.Length / 4 * 3];
        bytes = Convert.TryFromBase64String(padded, into, out int written) ? into[..written] : null;
        return bytes is not null;
    }

    private static bool IsBinary(string name) => name.EndsWith("-bin", StringComparison.Ordinal);

    private static void CheckName(string name)
    {
        if (name.Length == 0 || name.Any(c => !(char.IsAsciiDigit(c) || char.IsAsciiLetterLower(c) || c is '-' or '_' or '.')))
            throw new ArgumentException("A name has lower case letters, digits, -, _ and . only.", nameof(name));
        if (IsReserved(name))
            throw new ArgumentException("The name belongs to the protocol.", nameof(name));
    }

    private static bool IsReserved(string name) =>
        name.StartsWith("grpc-", StringComparison.Ordinal) || name.StartsWith(':')
        || name is "content-type" or "content-length" or "te" or "host" or "transfer-encoding" or "connection" or "date" or "server";
}

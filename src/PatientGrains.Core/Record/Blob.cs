using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatientGrains.Core.Record;

/// <summary>
/// Immutable bytes inside an event, a command or a reply: a FHIR body or a term list. Under <see cref="WireCodec"/> they travel beside the
/// JSON head as raw bytes and the head holds only their number; in plain JSON (snapshots of contracts, debugging) they are base64.
/// </summary>
[JsonConverter(typeof(BlobJson))]
public readonly struct Blob(ReadOnlyMemory<byte> bytes) : IEquatable<Blob>
{
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public int Length => Bytes.Length;

    public bool IsEmpty => Bytes.IsEmpty;

    public ReadOnlySpan<byte> Span => Bytes.Span;

    public bool Equals(Blob other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is Blob other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span[..Math.Min(64, Length)]);
        hash.Add(Length);
        return hash.ToHashCode();
    }

    public static bool operator ==(Blob left, Blob right) => left.Equals(right);

    public static bool operator !=(Blob left, Blob right) => !left.Equals(right);
}

internal sealed class BlobJson : JsonConverter<Blob>
{
    /// <summary>The blobs of the frame that this thread is writing or reading; null when JSON stands alone.</summary>
    [ThreadStatic]
    internal static List<ReadOnlyMemory<byte>>? Aside;

    public override Blob Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Aside is null
            ? new Blob(reader.GetBytesFromBase64())
            : new Blob(Aside[reader.GetInt32()]);

    public override void Write(Utf8JsonWriter writer, Blob value, JsonSerializerOptions options) => Put(writer, value);

    internal static void Put(Utf8JsonWriter writer, Blob value)
    {
        if (Aside is null)
        {
            writer.WriteBase64StringValue(value.Span);
            return;
        }
        writer.WriteNumberValue(Aside.Count);
        Aside.Add(value.Bytes);
    }
}

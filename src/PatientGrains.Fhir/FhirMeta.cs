using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace PatientGrains.Fhir;

/// <summary>
/// Where a body's <c>meta</c> is: offset and length of its value, or with length 0 the place after the id where a member
/// <c>,"meta":{...}</c> can be inserted.
/// </summary>
public readonly record struct MetaRange(int Offset, int Length);

/// <summary>The server's <c>meta</c> is not stored but spliced in at read, so that what was sent stays as it was sent.</summary>
public static class FhirMeta
{
    /// <summary>More than what is written around the version's id.</summary>
    private const int OwnBytes = 96;

    /// <summary>What JSON need not escape, of what addresses are made of.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#@!$*,;=%()[]");

    /// <summary>
    /// Writes the body with a meta whose versionId, lastUpdated and source are the server's; what was sent of those three (and of their
    /// <c>_</c> siblings) is left out,
    /// everything else of the sent meta (profile, security, tag, extensions) is copied byte for byte.
    /// </summary>
    /// <param name="to">Receives the UTF-8 body.</param>
    /// <param name="body">A body made by <see cref="ScannedResource.Finish"/>.</param>
    /// <param name="meta">The range that came with it.</param>
    /// <param name="versionId">The version, an R4 id.</param>
    /// <param name="lastUpdated">Written as an instant in UTC with milliseconds.</param>
    /// <param name="source">meta.source, or null to write none.</param>
    public static void Write(
        IBufferWriter<byte> to, ReadOnlySpan<byte> body, MetaRange meta, string versionId, DateTimeOffset lastUpdated, string? source)
    {
        to.Write(body[..meta.Offset]);
        if (meta.Length == 0)
            to.Write(",\"meta\":"u8);
        Utf8.TryWrite(to.GetSpan(OwnBytes + 3 * versionId.Length), CultureInfo.InvariantCulture,
            $"{{\"versionId\":\"{versionId}\",\"lastUpdated\":\"{lastUpdated.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\"", out int written);
        to.Advance(written);
        if (source is not null)
            WriteSource(to, source);
        if (meta.Length > 0)
            WriteRest(to, body.Slice(meta.Offset, meta.Length));
        to.Write("}"u8);
        to.Write(body[(meta.Offset + meta.Length)..]);
    }

    private static void WriteSource(IBufferWriter<byte> to, string source)
    {
        to.Write(",\"source\":\""u8);
        // Nearly every one is an address of plain characters, and there is one of these in each resource that leaves.
        if (source.AsSpan().ContainsAnyExcept(Plain))
            to.Write(JsonEncodedText.Encode(source).EncodedUtf8Bytes);
        else
            Encoding.ASCII.GetBytes(source, to);
        to.Write("\""u8);
    }

    private static void WriteRest(IBufferWriter<byte> to, ReadOnlySpan<byte> sent)
    {
        var reader = new Utf8JsonReader(sent);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int from = (int)reader.TokenStartIndex;
            bool isOurs = IsOurs(ref reader);
            reader.Read();
            reader.Skip();
            if (isOurs)
                continue;
            to.Write(","u8);
            to.Write(sent[from..(int)reader.BytesConsumed]);
        }
    }

    private static bool IsOurs(ref Utf8JsonReader name) =>
        name.ValueTextEquals("versionId"u8) || name.ValueTextEquals("lastUpdated"u8) || name.ValueTextEquals("source"u8)
        || name.ValueTextEquals("_versionId"u8) || name.ValueTextEquals("_lastUpdated"u8) || name.ValueTextEquals("_source"u8);
}

using PatientGrains.Fhir.Scan;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir;

/// <summary>What a server must know of a Bundle to act on it. Only as trustworthy as the scan: look at
/// <see cref="ScannedResource.IsValid"/> first.</summary>
public sealed class ScannedBundle
{
    internal ScannedBundle(string type, ScannedEntry[] entries)
    {
        Type = type;
        Entries = entries;
    }

    /// <summary>Bundle.type, for example <c>transaction</c>; empty when absent.</summary>
    public string Type { get; }

    public IReadOnlyList<ScannedEntry> Entries { get; }
}

/// <summary>One Bundle.entry. Texts are as sent (escapes resolved) and null when absent; each is made anew when it is asked for, so that a
/// large Bundle costs none that nobody reads.</summary>
public sealed class ScannedEntry
{
    internal ScannedEntry()
    {
    }

    /// <summary>Zero-based position in Bundle.entry.</summary>
    public int Index { get; internal init; }

    /// <summary>The entry's resource, scanned in the same pass; its <see cref="ScannedResource.Source"/> is a slice of the
    /// Bundle's.</summary>
    public ScannedResource? Resource { get; internal init; }

    public string? FullUrl => Text(FullUrlSpot);

    /// <summary>The same in UTF-8, mostly a slice of what was scanned; empty when absent.</summary>
    public ReadOnlyMemory<byte> FullUrlUtf8 => Scanned.Slice(FullUrlSpot.Offset, FullUrlSpot.Length) is var raw
        && raw.Span.IndexOf((byte)'\\') < 0 ? raw : System.Text.Encoding.UTF8.GetBytes(FullUrl!);

    /// <summary>Bundle.entry.request.method: GET, HEAD, POST, PUT, DELETE or PATCH.</summary>
    public string? Method => Raw(MethodSpot).SequenceEqual("POST"u8) ? "POST" : Text(MethodSpot);
    public string? Url => Text(UrlSpot);
    public string? IfNoneExist => Text(IfNoneExistSpot);
    public string? IfMatch => Text(IfMatchSpot);
    public string? IfNoneMatch => Text(IfNoneMatchSpot);
    public string? IfModifiedSince => Text(IfModifiedSinceSpot);

    /// <summary>What was scanned; the spots are offsets in it.</summary>
    internal ReadOnlyMemory<byte> Scanned { get; init; }
    internal Capture FullUrlSpot { get; init; }
    internal Capture MethodSpot { get; init; }
    internal Capture UrlSpot { get; init; }
    internal Capture IfNoneExistSpot { get; init; }
    internal Capture IfMatchSpot { get; init; }
    internal Capture IfNoneMatchSpot { get; init; }
    internal Capture IfModifiedSinceSpot { get; init; }

    private ReadOnlySpan<byte> Raw(Capture spot) => Scanned.Span.Slice(spot.Offset, spot.Length);

    private string? Text(Capture spot) => spot.Length == 0 ? null : JsonText.ToText(Raw(spot));
}

namespace PatientGrains.Fhir;

/// <summary>What a server must know of a Bundle to act on it. Only as trustworthy as the scan: look at <see cref="ScannedResource.IsValid"/> first.</summary>
public sealed class ScannedBundle
{
    /// <summary>Bundle.type, for example <c>transaction</c>; empty when absent.</summary>
    public required string Type { get; init; }

    public required IReadOnlyList<ScannedEntry> Entries { get; init; }
}

/// <summary>One Bundle.entry. Texts are as sent (escapes resolved) and null when absent.</summary>
public sealed class ScannedEntry
{
    /// <summary>Zero-based position in Bundle.entry.</summary>
    public required int Index { get; init; }
    public string? FullUrl { get; init; }
    /// <summary>The entry's resource, scanned in the same pass; its <see cref="ScannedResource.Source"/> is a slice of the Bundle's.</summary>
    public ScannedResource? Resource { get; init; }
    /// <summary>Bundle.entry.request.method: GET, HEAD, POST, PUT, DELETE or PATCH.</summary>
    public string? Method { get; init; }
    public string? Url { get; init; }
    public string? IfNoneExist { get; init; }
    public string? IfMatch { get; init; }
    public string? IfNoneMatch { get; init; }
    public string? IfModifiedSince { get; init; }
}

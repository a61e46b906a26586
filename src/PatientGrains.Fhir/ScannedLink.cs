using PatientGrains.Fhir.Scan;

namespace PatientGrains.Fhir;

/// <summary>Where a link stands, which decides how a replacement is escaped.</summary>
public enum LinkKind : byte
{
    /// <summary>The value of Reference.reference.</summary>
    Reference,
    /// <summary>An element of type uri, url, oid or uuid.</summary>
    Uri,
    /// <summary>An <c>href</c> or <c>src</c> inside the narrative.</summary>
    Narrative,
}

/// <summary>One place of a resource that a transaction may have to rewrite (R4 3.1.0.11.2). Canonicals are never links.</summary>
public readonly struct ScannedLink
{
    internal ScannedLink(ReadOnlyMemory<byte> source, int offset, int length, LinkKind kind)
    {
        Source = source;
        Offset = offset;
        Length = length;
        Kind = kind;
    }

    private ReadOnlyMemory<byte> Source { get; }

    /// <summary>Offset in <see cref="ScannedResource.Source"/> of the first byte inside the quotes.</summary>
    public int Offset { get; }

    /// <summary>Bytes as written, escapes included.</summary>
    public int Length { get; }

    public LinkKind Kind { get; }

    /// <summary>The bytes as written, escapes included; free of cost, right for comparing the ordinary link that has no escapes.</summary>
    public ReadOnlySpan<byte> Raw => Source.Span.Slice(Offset, Length);

    /// <summary>The link itself, JSON (and in narrative XML) escapes resolved. Allocates.</summary>
    public string Text => Kind == LinkKind.Narrative ? XhtmlValues.Unescape(JsonText.ToText(Raw)) : JsonText.ToText(Raw);
}

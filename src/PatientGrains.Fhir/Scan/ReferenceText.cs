using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>The text of Reference.reference (R4 2.3.0.1).</summary>
internal static class ReferenceText
{
    /// <summary>
    /// The index of the resource type that the text names, or -1 when it names none: for <c>urn:</c>, for absolute URLs that do not end in
    /// Type/id, and for what is not well-formed.
    /// </summary>
    public static int TargetType(ReadOnlySpan<byte> text, R4 schema, out bool wellFormed)
    {
        wellFormed = !text.ContainsAny(" \t\r\n"u8);
        int colon = text.IndexOf((byte)':');
        int slash = text.IndexOf((byte)'/');
        int question = text.IndexOf((byte)'?');
        bool absolute = colon > 0 && (slash < 0 || colon < slash) && (question < 0 || colon < question);
        if (absolute)
            return text.StartsWith("urn:"u8) ? -1 : TypeAtTail(text[(colon + 1)..], schema);
        if (question >= 0 && (slash < 0 || question < slash))
        {
            int conditional = schema.ResourceIndex(text[..question]);
            wellFormed &= conditional >= 0 && question < text.Length - 1;
            return conditional;
        }
        int type = slash < 0 ? -1 : schema.ResourceIndex(text[..slash]);
        wellFormed &= type >= 0 && IsIdOrVersion(text[(slash + 1)..]);
        return type;
    }

    /// <summary>The type of <c>.../Type/id</c> or <c>.../Type/id/_history/version</c>, as the RESTful regex of R4 2.3.0.1 has it.</summary>
    private static int TypeAtTail(ReadOnlySpan<byte> url, R4 schema)
    {
        int history = url.IndexOf("/_history/"u8);
        if (history >= 0)
            url = url[..history];
        int last = url.LastIndexOf((byte)'/');
        if (last <= 0 || Formats.Check(ValueKind.Id, url[(last + 1)..]) is not null)
            return -1;
        url = url[..last];
        return schema.ResourceIndex(url[(url.LastIndexOf((byte)'/') + 1)..]);
    }

    private static bool IsIdOrVersion(ReadOnlySpan<byte> text)
    {
        int fragment = text.IndexOf((byte)'#');
        if (fragment >= 0)
            text = text[..fragment];
        int history = text.IndexOf("/_history/"u8);
        if (history >= 0 && Formats.Check(ValueKind.Id, text[(history + 10)..]) is not null)
            return false;
        return Formats.Check(ValueKind.Id, history < 0 ? text : text[..history]) is null;
    }
}

using System.Net;
using System.Text;

namespace PatientGrains.Fhir.Scan;

/// <summary>What attributes of the narrative may say: nothing that a browser would run, or fetch to style the page (R4 2.4.0).</summary>
internal static class XhtmlValues
{
    /// <summary>Resolves the entities of an attribute's value.</summary>
    public static string Unescape(string attribute) => WebUtility.HtmlDecode(attribute);

    /// <summary>Schemes that a browser would run. Entities and white space are taken out first, since browsers do so too.</summary>
    public static bool Runs(ReadOnlySpan<byte> link, bool isImage)
    {
        string plain = string.Concat(Unescape(Encoding.UTF8.GetString(link)).Where(x => x > ' ')).ToLowerInvariant();
        return plain.StartsWith("javascript:", StringComparison.Ordinal) || plain.StartsWith("vbscript:", StringComparison.Ordinal)
            || (plain.StartsWith("data:", StringComparison.Ordinal)
                && !(isImage && plain.StartsWith("data:image/", StringComparison.Ordinal)));
    }

    /// <summary>A picture inside the style (data:image/) is contained; HL7's own narratives have them. Anything else that is fetched or
    /// run is not.</summary>
    public static bool LoadsStyle(ReadOnlySpan<byte> style)
    {
        string plain = string.Concat(Unescape(Encoding.UTF8.GetString(style)).Where(x => x > ' ')).ToLowerInvariant();
        int at = -1;
        while ((at = plain.IndexOf("url(", at + 1, StringComparison.Ordinal)) >= 0)
        {
            if (!plain.AsSpan(at + 4).TrimStart("'\"").StartsWith("data:image/", StringComparison.Ordinal))
                return true;
        }
        return plain.Contains("@import", StringComparison.Ordinal) || plain.Contains("expression(", StringComparison.Ordinal)
            || plain.Contains("javascript:", StringComparison.Ordinal) || plain.Contains('\\');
    }
}

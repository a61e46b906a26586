namespace PatientGrains.Fhir.Scan;

/// <summary>The narrative's XHTML (R4 2.4.0).</summary>
internal static class Xhtml
{
    /// <summary>Resolves the entities of an attribute's value.</summary>
    public static string Unescape(string attribute) => System.Net.WebUtility.HtmlDecode(attribute);
}

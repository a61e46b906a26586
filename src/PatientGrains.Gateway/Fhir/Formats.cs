using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace PatientGrains.Gateway.Fhir;

/// <summary>Which representations this server speaks: R4's JSON, and nothing else (R4 3.1.0.1.11; 2.6).</summary>
internal static class Formats
{
    public const string FhirJson = "application/fhir+json";
    public const string Default = FhirJson + Charset;
    private const string PlainJson = "application/json";
    private const string TextJson = "text/json";

    /// <summary>R4 3.1.0.1.10: the charset is always said.</summary>
    private const string Charset = "; charset=utf-8";

    /// <summary>The Content-Type of the response, null when the client accepts none that there is (406).</summary>
    /// <param name="format">The parameter <c>_format</c>, which goes before Accept (R4 3.1.0.1.11), or null.</param>
    /// <param name="headers">The request's.</param>
    public static string? Response(string? format, IHeaderDictionary headers)
    {
        if (format is not null)
            return OfFormat(format);
        var accept = headers.Accept;
        if (accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(accept, out var wanted) || wanted.Count == 0)
            return accept.Count == 0 || string.IsNullOrWhiteSpace(accept.ToString()) ? FhirJson + Charset : null;
        string? best = null;
        foreach (var type in wanted.OrderByDescending(type => type.Quality ?? 1))
        {
            if (type.Quality != 0 && IsR4(type))
                best ??= Match(type.MediaType.Value ?? "");
        }
        return best;
    }

    /// <summary>
    /// Whether a request body says that it is JSON of R4 in UTF-8; a body that does not say what it is, is not guessed at (415).
    /// </summary>
    public static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Value?.ToLowerInvariant() is FhirJson or PlainJson or TextJson
        && IsUtf8(type)
        && IsR4(type);

    public static bool IsForm(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
        && IsUtf8(type);

    private static string? OfFormat(string format)
    {
        // A plus sign that was not escaped in the query arrives as a space.
        string written = format.Replace("fhir json", "fhir+json", StringComparison.Ordinal);
        if (MediaTypeHeaderValue.TryParse(written, out var type) && !IsR4(type))
            return null;
        return written.Split(';')[0].Trim().ToLowerInvariant() switch
        {
            "json" or FhirJson => FhirJson + Charset,
            PlainJson or TextJson => PlainJson + Charset,
            _ => null,
        };
    }

    private static string? Match(string mediaType) => mediaType.ToLowerInvariant() switch
    {
        FhirJson or "*/*" or "application/*" => FhirJson + Charset,
        PlainJson => PlainJson + Charset,
        TextJson or "text/*" => TextJson + Charset,
        _ => null,
    };

    private static bool IsUtf8(MediaTypeHeaderValue type) =>
        !type.Charset.HasValue || type.Charset.Value.Trim('"').ToLowerInvariant() is "utf-8" or "utf8";

    /// <summary>
    /// R4 3.1.0.1.12: the media type's parameter fhirVersion names another version only to be told that it is not spoken here.
    /// </summary>
    private static bool IsR4(MediaTypeHeaderValue type) => type.Parameters
        .Where(parameter => parameter.Name.Equals("fhirVersion", StringComparison.OrdinalIgnoreCase))
        .All(parameter => parameter.Value.Value?.Trim('"') is "4.0" or "4.0.1");
}

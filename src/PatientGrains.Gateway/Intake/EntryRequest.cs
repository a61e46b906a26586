using System.Globalization;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>Bundle.entry.request as an interaction (R4 3.1.0.11).</summary>
internal readonly record struct EntryRequest(string Method, string Type, string? Id)
{
    public bool IsRead => Method is "GET" or "HEAD";

    /// <summary>Reads method and URL; reads keep their URL to themselves, since the front understands it.</summary>
    /// <returns>Null when it is understood.</returns>
    public static Problem? Read(ScannedEntry entry, IReadOnlyList<string> baseUrls, out EntryRequest request)
    {
        request = default;
        // Each is made anew when it is asked for.
        if (entry.Method is not { } method || entry.Url is not { } url)
            return Problem.Malformed(
                new(entry.Index, "request"), "entry-request",
                "Each entry of a batch or transaction needs a request with method and url (bdl-3).");
        request = new(method, "", null);
        if (request.IsRead)
            return null;
        if (method is not ("POST" or "PUT" or "DELETE"))
            return Problem.Unsupported(
                PlaceInBundle.Request(entry.Index, "method"), "entry-method",
                "This server takes POST, PUT, DELETE, GET and HEAD in Bundles; PATCH is not supported.");
        return ReadUrl(entry, Urls.Relative(url, baseUrls), ref request);
    }

    private static Problem? ReadUrl(ScannedEntry entry, string url, ref EntryRequest request)
    {
        var at = PlaceInBundle.Request(entry.Index, "url");
        if (url.Contains('?'))
        {
            return Problem.Unsupported(
                at, "conditional-url", "Conditional updates and deletes are not supported; name the id, or use POST with ifNoneExist.");
        }
        int slash = url.IndexOf('/');
        if (!FhirTypes.TryResourceType(slash < 0 ? url : url.AsSpan(0, slash), out string? type))
            return Problem.Malformed(at, "entry-url", "The url must begin with a resource type of R4, relative to the base.");
        request = request with { Type = type, Id = slash < 0 ? null : url[(slash + 1)..] };
        bool fits = request.Method == "POST" ? request.Id is null : request.Id is { } id && References.IsId(id);
        return fits ? null : Problem.Malformed(at, "entry-url", "The url must be [type] for POST and [type]/[id] for PUT and DELETE.");
    }

    /// <summary>Reads <c>W/"3"</c>, the ETag of a version (R4 3.1.0.5).</summary>
    /// <returns>Null when there is none or it was read.</returns>
    public static Problem? ReadIfMatch(ScannedEntry entry, out int? version)
    {
        version = null;
        if (entry.IfMatch is not { } text)
            return null;
        var tag = text.AsSpan().Trim();
        if (tag.StartsWith("W/"))
            tag = tag[2..];
        if (int.TryParse(tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            version = number;
            return null;
        }
        return Problem.PreconditionFailed(
            PlaceInBundle.Request(entry.Index, "ifMatch"), "if-match", "No version of this server has this ETag; they look like W/\"3\".");
    }
}

/// <summary>The forms of references and URLs (R4 2.3.0.1).</summary>
internal static class Urls
{
    /// <summary>The part below our own base, or the text itself.</summary>
    public static string Relative(string url, IReadOnlyList<string> baseUrls)
    {
        foreach (string own in baseUrls)
        {
            if (url.Length > own.Length && url[own.Length] == '/' && url.StartsWith(own, StringComparison.Ordinal))
                return url[(own.Length + 1)..];
        }
        return url.StartsWith('/') ? url[1..] : url;
    }

    /// <summary>Reads a literal reference to a resource of this server, whatever version it names; false for everything else.</summary>
    public static bool TryKey(string reference, IReadOnlyList<string> baseUrls, out ResourceKey key)
    {
        key = default;
        var path = Relative(reference, baseUrls).AsSpan();
        if (path.IndexOf('#') is >= 0 and var hash)
            path = path[..hash];
        int slash = path.IndexOf('/');
        if (slash <= 0)
            return false;
        var id = path[(slash + 1)..];
        if (id.IndexOf("/_history/") is >= 0 and var history)
        {
            if (id[(history + "/_history/".Length)..].Contains('/'))
                return false;
            id = id[..history];
        }
        if (!FhirTypes.TryResourceType(path[..slash], out string? type) || !References.IsId(id))
            return false;
        key = new ResourceKey(type, id.ToString());
        return true;
    }

    /// <summary>
    /// For a fullUrl that is a RESTful URL (<c>http://server/base/Type/id</c>) its base with the slash, its type and id (R4 2.36.4.1); else
    /// false.
    /// </summary>
    public static bool TrySplitFullUrl(string fullUrl, out string baseUrl, out ResourceKey key)
    {
        baseUrl = "";
        key = default;
        if (!fullUrl.StartsWith("http://", StringComparison.Ordinal) && !fullUrl.StartsWith("https://", StringComparison.Ordinal))
            return false;
        int slash = fullUrl.LastIndexOf('/');
        int before = slash > 0 ? fullUrl.LastIndexOf('/', slash - 1) : -1;
        if (before < 0)
            return false;
        string type = fullUrl[(before + 1)..slash];
        string id = fullUrl[(slash + 1)..];
        if (!FhirTypes.IsResourceType(type) || !References.IsId(id))
            return false;
        baseUrl = fullUrl[..(before + 1)];
        key = new ResourceKey(type, id);
        return true;
    }
}

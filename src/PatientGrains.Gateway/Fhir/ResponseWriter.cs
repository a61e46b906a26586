using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace PatientGrains.Gateway.Fhir;

/// <summary>An answer as an HTTP response.</summary>
internal sealed class ResponseWriter
{
    /// <summary>Bytes that a thread keeps to put a resource together: few resources are larger.</summary>
    private const int MostKept = 256 << 10;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _room;

    public async Task Write(HttpContext http, Answer answer, string requestId)
    {
        var response = http.Response;
        response.StatusCode = answer.Status;
        WriteHeaders(response.Headers, answer, requestId);
        if (answer.Body.IsEmpty && answer.Resource is null)
        {
            // 204 and 304 have no length (RFC 9110 8.6).
            if (answer.Status is not (204 or 304))
                response.ContentLength = 0;
            return;
        }
        var query = Parameters.Parse(http.Request.QueryString.Value ?? "");
        bool isPretty = query.First("_pretty") == "true";
        response.ContentType = Formats.Response(query.First("_format"), http.Request.Headers) ?? Formats.Default;
        if (answer.Resource is { } resource && !isPretty)
        {
            await Put(http, resource);
            return;
        }
        var body = isPretty ? PrettyJson.Of(answer.Whole()) : answer.Body;
        if (HttpMethods.IsHead(http.Request.Method))
        {
            response.ContentLength = body.Length;
            return;
        }
        // Compression, where it is negotiated, takes the length away again.
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static void WriteHeaders(IHeaderDictionary headers, Answer answer, string requestId)
    {
        headers["X-Request-Id"] = requestId;
        // R4 6.1.0.2: clinical content does not lie in shared caches, and a cached copy is asked about before it is used.
        headers.CacheControl = "private, no-cache";
        if (answer.Version is { } version)
            headers.ETag = BundleWriter.ETag(version);
        if (answer.LastModified is { } at)
            headers.LastModified = at.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        if (answer.Location is { } location)
            headers.Location = location;
        if (answer.Allow is { } allow)
            headers.Allow = allow;
        if (answer.Authenticate is { } challenge)
            headers.WWWAuthenticate = challenge;
        if (answer.RetryAfterSeconds is { } seconds)
            headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Puts a resource together on this thread's room and from there into the server's own buffers.</summary>
    private static async ValueTask Put(HttpContext http, Action<IBufferWriter<byte>> resource)
    {
        var room = _room ?? new ArrayBufferWriter<byte>(4_096);
        _room = null;
        resource(room);
        http.Response.ContentLength = room.WrittenCount;
        bool isHead = HttpMethods.IsHead(http.Request.Method);
        if (!isHead)
            http.Response.BodyWriter.Write(room.WrittenSpan);
        // Cleared, so that nobody's record lies about.
        room.Clear();
        if (room.Capacity <= MostKept)
            _room = room;
        if (!isHead)
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}

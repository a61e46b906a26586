using Microsoft.AspNetCore.Http;

namespace PatientGrains.Gateway.Fhir;

/// <summary>An answer as an HTTP response.</summary>
internal sealed class ResponseWriter
{
    public async Task Write(HttpContext http, Answer answer, string requestId)
    {
        var response = http.Response;
        response.StatusCode = answer.Status;
        var headers = response.Headers;
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
        if (answer.Body.IsEmpty)
        {
            // 204 and 304 have no length (RFC 9110 8.6).
            if (answer.Status is not (204 or 304))
                response.ContentLength = 0;
            return;
        }
        var query = Parameters.Parse(http.Request.QueryString.Value ?? "");
        var body = query.First("_pretty") == "true" ? PrettyJson.Of(answer.Body) : answer.Body;
        response.ContentType = Formats.Response(query.First("_format"), http.Request.Headers) ?? Formats.Default;
        if (HttpMethods.IsHead(http.Request.Method))
        {
            response.ContentLength = body.Length;
            return;
        }
        // Compression, where it is negotiated, takes the length away again.
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, http.RequestAborted);
    }
}

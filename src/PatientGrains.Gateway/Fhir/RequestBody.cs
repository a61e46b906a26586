using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// Reads a request's body whole, or says why not. A body that ends before its time (a cut connection) throws, so that nothing of it is
/// acted on.
/// </summary>
internal static class RequestBody
{
    /// <param name="http">The request.</param>
    /// <param name="maxBytes">The most that is read, compressed or not, and the most that it may become.</param>
    /// <param name="hold">Told of the memory that it takes; false when that is too much beside all others.</param>
    public static async Task<(ReadOnlyMemory<byte> Bytes, Answer? Problem)> Read(HttpContext http, int maxBytes, Func<long, bool> hold)
    {
        // The limit is kept here. The server's own would cut the connection while the client still sends, and the client would never hear
        // why.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        if (http.Request.ContentLength > maxBytes)
            return (default, TooLarge(maxBytes));
        string encoding = http.Request.Headers.ContentEncoding.ToString().Trim();
        if (encoding is "" or "identity")
        {
            int expected = (int)(http.Request.ContentLength ?? 16_384);
            return await ReadAll(http.Request.Body, expected, maxBytes, hold, http.RequestAborted);
        }
        if (!encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase))
            return (default, Answer.Problem(415, "not-supported", "The only Content-Encoding that this server reads is gzip."));
        return await Unzip(http, maxBytes, hold);
    }

    private static async Task<(ReadOnlyMemory<byte>, Answer?)> Unzip(HttpContext http, int maxBytes, Func<long, bool> hold)
    {
        try
        {
            using var unzipped = new GZipStream(http.Request.Body, CompressionMode.Decompress);
            return await ReadAll(unzipped, 65_536, maxBytes, hold, http.RequestAborted);
        }
        catch (InvalidDataException)
        {
            return (default, Answer.Problem(400, "structure", "The body is not the gzip that its Content-Encoding says it is."));
        }
    }

    private static async Task<(ReadOnlyMemory<byte>, Answer?)> ReadAll(
        Stream from, int expected, int maxBytes, Func<long, bool> hold, CancellationToken cancel)
    {
        // One byte more than expected, so that the end is seen without growing first.
        int size = Math.Max(expected, 256) + 1;
        if (!hold(size))
            return (default, Busy);
        byte[] buffer = new byte[size];
        int used = 0;
        while (true)
        {
            int read = await from.ReadAsync(buffer.AsMemory(used), cancel);
            if (read == 0)
                return (buffer.AsMemory(0, used), null);
            used += read;
            if (used > maxBytes)
                return (default, TooLarge(maxBytes));
            if (used < buffer.Length)
                continue;
            int larger = (int)Math.Min((long)buffer.Length * 2, (long)maxBytes + 1);
            if (!hold(larger - buffer.Length))
                return (default, Busy);
            Array.Resize(ref buffer, larger);
        }
    }

    /// <summary>As of a record that is too busy: nothing was written, and the client may come back.</summary>
    internal static Answer Busy => Answer.Of(new Refused(Rule.Busy));

    internal static Answer TooLarge(int maxBytes) =>
        Answer.Problem(413, "too-long", FormattableString.Invariant($"A body may have {maxBytes} bytes at most, decompressed too."));
}

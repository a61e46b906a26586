using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// Signs each try of a request with the account's key: HMAC-SHA-256 over the method, some headers, all <c>x-ms-</c> headers and the
/// resource ("Authorize with Shared Key", the form of version 2015-02-21 and later).
/// </summary>
internal sealed class SharedKeyPolicy(string account, string key, TimeProvider clock) : HttpPipelineSynchronousPolicy
{
    private static readonly string[] Signed =
    [
        "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match",
        "If-None-Match", "If-Unmodified-Since", "Range",
    ];

    private readonly byte[] _key = Convert.FromBase64String(key);

    public override void OnSendingRequest(HttpMessage message)
    {
        var request = message.Request;
        request.Headers.SetValue("x-ms-date", clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture));
        var text = new StringBuilder(request.Method.Method).Append('\n');
        foreach (string name in Signed)
        {
            // An empty body is signed as no length.
            bool has = request.Headers.TryGetValue(name, out string? value) && !(name == "Content-Length" && value == "0");
            text.Append(has ? value : "").Append('\n');
        }
        var own = request.Headers.Select(header => (Name: header.Name.ToLowerInvariant(), header.Value))
            .Where(header => header.Name.StartsWith("x-ms-", StringComparison.Ordinal));
        foreach (var (name, value) in own.OrderBy(header => header.Name, StringComparer.Ordinal))
            text.Append(name).Append(':').Append(value).Append('\n');
        AppendResource(text, request.Uri.ToUri());
        string signature = Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text.ToString())));
        request.Headers.SetValue("Authorization", $"SharedKey {account}:{signature}");
    }

    private void AppendResource(StringBuilder text, Uri uri)
    {
        text.Append('/').Append(account).Append(uri.AbsolutePath);
        var query = uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=', 2));
        foreach (string[] part in query.OrderBy(part => part[0], StringComparer.Ordinal))
            text.Append('\n').Append(part[0]).Append(':').Append(Uri.UnescapeDataString(part[1]));
    }
}

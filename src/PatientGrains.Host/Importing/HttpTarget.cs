using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PatientGrains.Host.Live;

namespace PatientGrains.Host.Importing;

/// <summary>Imports through a running server's FHIR front, each submission under its own Idempotency-Key.</summary>
internal sealed class HttpTarget(LiveServer server) : IImportTarget
{
    public string Describe => server.Url;

    public bool TellsUnchanged => false;

    public async Task<ImportResult> Submit(ImportItem item, CancellationToken cancel)
    {
        var peeked = Peeked.From(item.Content);
        while (true)
        {
            using var request = Request(item, peeked);
            using var response = await server.Http.SendAsync(request, cancel);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable && await Read(response, peeked, cancel) is { } result)
                return result;
            // What was not taken was not written, and what was taken is told again; the server says when it will have room.
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancel);
        }
    }

    private static HttpRequestMessage Request(ImportItem item, Peeked peeked)
    {
        var (method, url) = peeked switch
        {
            { IsSubmission: false, Type: { } type, Id: { } id } =>
                (HttpMethod.Put, $"fhir/{Uri.EscapeDataString(type)}/{Uri.EscapeDataString(id)}"),
            { IsSubmission: false, Type: { } type } => (HttpMethod.Post, $"fhir/{Uri.EscapeDataString(type)}"),
            _ => (HttpMethod.Post, "fhir"),
        };
        var request = new HttpRequestMessage(method, url) { Content = new ReadOnlyMemoryContent(item.Content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/fhir+json");
        request.Headers.Add("Idempotency-Key", item.MessageId);
        request.Headers.Add("Prefer", "return=minimal");
        return request;
    }

    /// <returns>Null when the server was too busy for some of it.</returns>
    private static async Task<ImportResult?> Read(HttpResponseMessage response, Peeked peeked, CancellationToken cancel)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancel);
        if (response.IsSuccessStatusCode && !peeked.IsSubmission)
            return Success((int)response.StatusCode);
        using var json = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body);
        return response.IsSuccessStatusCode
            ? OfEntries(json.RootElement, peeked)
            : new ImportResult(0, 0, 0, Rejects((int)response.StatusCode, null, json.RootElement));
    }

    private static ImportResult? OfEntries(JsonElement bundle, Peeked peeked)
    {
        int created = 0, updated = 0;
        var rejects = new List<Reject>();
        int index = 0;
        foreach (var entry in bundle.TryGetProperty("entry", out var entries) ? entries.EnumerateArray() : default)
        {
            var answer = entry.GetProperty("response");
            int status = int.Parse(answer.GetProperty("status").GetString()!.Split(' ')[0]);
            if (status == 503)
                return null;
            if (peeked.Reads.Contains(index))
                rejects.Add(Reject.Read(index));
            else if (status >= 300)
                rejects.AddRange(Rejects(status, index, answer.TryGetProperty("outcome", out var outcome) ? outcome : default));
            else if (status == 201)
                created++;
            else
                updated++;
            index++;
        }
        return new ImportResult(created, updated, 0, rejects);
    }

    private static ImportResult Success(int status) => status == 201 ? new ImportResult(1, 0, 0, []) : new ImportResult(0, 1, 0, []);

    private static List<Reject> Rejects(int status, int? entry, JsonElement outcome)
    {
        // 422 with not-found: a reference that resolves to nothing yet. 409: others were faster.
        var rejects = new List<Reject>();
        if (outcome.ValueKind == JsonValueKind.Object && outcome.TryGetProperty("issue", out var issues))
        {
            foreach (var issue in issues.EnumerateArray())
            {
                string code = issue.GetProperty("code").GetString() ?? "";
                string? at = issue.TryGetProperty("expression", out var expression) ? expression[0].GetString() : null;
                string message = issue.TryGetProperty("diagnostics", out var text) ? text.GetString() ?? "" : "";
                rejects.Add(new Reject(entry, code, at, message, MayHealLater: status == 422 && code == "not-found" || status == 409 && code == "lock-error"));
            }
        }
        return rejects.Count > 0 ? rejects : [new Reject(entry, $"http-{status}", null, "The server gave no reason.")];
    }

    public ValueTask DisposeAsync()
    {
        server.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>What the bytes say about where they go; nothing where they do not say so. The server judges the rest.</summary>
/// <param name="Type">The resource's type.</param>
/// <param name="Id">Its id.</param>
/// <param name="IsSubmission">Whether it is a batch or transaction.</param>
/// <param name="Reads">Indices of the entries that ask for something.</param>
internal sealed record Peeked(string? Type, string? Id, bool IsSubmission, IReadOnlySet<int> Reads)
{
    private static readonly Peeked Nothing = new(null, null, false, new HashSet<int>());

    public static Peeked From(ReadOnlyMemory<byte> content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            var root = json.RootElement;
            bool isSubmission = Text(root, "resourceType") == "Bundle" && Text(root, "type") is ("batch" or "transaction");
            return new Peeked(Text(root, "resourceType"), Text(root, "id"), isSubmission, isSubmission ? ReadsOf(root) : Nothing.Reads);
        }
        catch (JsonException)
        {
            return Nothing;
        }
    }

    private static HashSet<int> ReadsOf(JsonElement bundle) =>
        bundle.TryGetProperty("entry", out var entries) && entries.ValueKind == JsonValueKind.Array
        ? [.. entries.EnumerateArray().Index().Where(entry => IsRead(entry.Item)).Select(entry => entry.Index)]
        : [];

    private static bool IsRead(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("request", out var request)
        && Text(request, "method") is ("GET" or "HEAD");

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

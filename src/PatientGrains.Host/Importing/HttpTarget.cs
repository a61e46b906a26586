using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PatientGrains.Host.Live;

namespace PatientGrains.Host.Importing;

/// <summary>Imports through a running server's FHIR front, each submission under its own Idempotency-Key.</summary>
internal sealed class HttpTarget(LiveServer server) : IImportTarget
{
    public string Describe => server.Url;

    public async Task<ImportResult> Submit(ImportItem item, CancellationToken cancel)
    {
        var (type, id, bundleType) = Peek(item.Content);
        bool isBundle = bundleType is "batch" or "transaction";
        using var request = isBundle || type is null || id is null
            ? new HttpRequestMessage(HttpMethod.Post, isBundle || type is null ? "fhir" : $"fhir/{type}")
            : new HttpRequestMessage(HttpMethod.Put, $"fhir/{type}/{id}");
        request.Content = new ReadOnlyMemoryContent(item.Content);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/fhir+json");
        request.Headers.Add("Idempotency-Key", item.MessageId);
        request.Headers.Add("Prefer", "return=minimal");
        while (true)
        {
            using var response = await server.Http.SendAsync(request, cancel);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                // Nothing was written; the server says when it will have room.
                await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancel);
                return await Submit(item, cancel);
            }
            return await Read(response, isBundle, cancel);
        }
    }

    private static async Task<ImportResult> Read(HttpResponseMessage response, bool isBundle, CancellationToken cancel)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancel);
        if (response.IsSuccessStatusCode && !isBundle)
            return Success((int)response.StatusCode);
        using var json = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body);
        if (!response.IsSuccessStatusCode)
            return new ImportResult(0, 0, 0, Rejects((int)response.StatusCode, null, json.RootElement));
        int created = 0, updated = 0;
        var rejects = new List<Reject>();
        int index = 0;
        foreach (var entry in json.RootElement.TryGetProperty("entry", out var entries) ? entries.EnumerateArray() : default)
        {
            var answer = entry.GetProperty("response");
            int status = int.Parse(answer.GetProperty("status").GetString()!.Split(' ')[0]);
            created += status == 201 ? 1 : 0;
            updated += status is >= 200 and < 300 and not 201 ? 1 : 0;
            if (status >= 300)
                rejects.AddRange(Rejects(status, index, answer.TryGetProperty("outcome", out var outcome) ? outcome : default));
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

    /// <summary>Type, id and, of a Bundle, its type; nulls where the bytes do not say so. The server judges the rest.</summary>
    private static (string? Type, string? Id, string? BundleType) Peek(ReadOnlyMemory<byte> content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            return (Text(json, "resourceType"), Text(json, "id"), Text(json, "type"));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public ValueTask DisposeAsync()
    {
        server.Dispose();
        return ValueTask.CompletedTask;
    }
}

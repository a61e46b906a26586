using System.IO.Compression;
using System.Text;
using System.Text.Json;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;

namespace PatientGrains.Log.Bench;

/// <summary>A patient's Bundle as the events that a gateway would make of it; only its identifiers are extracted as terms, and some of the
/// codes.</summary>
internal sealed record PatientBundle(string Patient, List<Event> Events, long Bytes);

internal static class Synthea
{
    public static List<PatientBundle> Read(string folder) =>
        [.. Directory.GetFiles(folder, "*.json.gz").Order().Select(ReadBundle).Where(b => b.Events.Count > 20)];

    private static PatientBundle ReadBundle(string path)
    {
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var json = JsonDocument.Parse(stream);
        var events = new List<Event>();
        long bytes = 0;
        string patient = Path.GetFileName(path).Split('.')[0];
        foreach (var entry in json.RootElement.GetProperty("entry").EnumerateArray())
        {
            var resource = entry.GetProperty("resource");
            byte[] body = Encoding.UTF8.GetBytes(resource.GetRawText());
            bytes += body.Length;
            string id = resource.TryGetProperty("id", out var given) ? given.GetString()!
                : $"{patient.GetHashCode(StringComparison.Ordinal):x}-{events.Count}";
            events.Add(new ResourceStored
            {
                Key = new ResourceKey(resource.GetProperty("resourceType").GetString()!, id),
                Version = 1,
                At = DateTimeOffset.UnixEpoch,
                Source = "local",
                MessageId = "bundle-1",
                Body = new StatementBody { Json = new Blob(body), MetaAt = 1, MetaLength = 0, Terms = new Blob(Terms(resource).Bytes),
                    Extractor = 1 },
            });
        }
        return new PatientBundle(patient, events, bytes);
    }

    private static TermList Terms(JsonElement resource)
    {
        var terms = new TermWriter();
        if (resource.TryGetProperty("identifier", out var identifiers) && identifiers.ValueKind == JsonValueKind.Array)
        {
            foreach (var identifier in identifiers.EnumerateArray())
                terms.Token("identifier"u8, Utf8(identifier, "system"), Utf8(identifier, "value"));
        }
        if (resource.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Object
            && code.TryGetProperty("coding", out var codings))
        {
            foreach (var coding in codings.EnumerateArray())
                terms.Token("code"u8, Utf8(coding, "system"), Utf8(coding, "code"));
        }
        return terms.ToTerms();
    }

    private static byte[] Utf8(JsonElement element, string name) => element.TryGetProperty(name, out var value)
        ? Encoding.UTF8.GetBytes(value.GetString()!) : [];
}

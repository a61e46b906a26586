using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>A link of a Bundle.</summary>
internal readonly record struct BundleLink(string Relation, string Url);

/// <summary>Writes the Bundles that the server makes. Resources go in as they are stored; nothing is parsed on the way.</summary>
internal sealed class BundleWriter
{
    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _out = new(16_384);
    private readonly ArrayBufferWriter<byte> _resource = new(4_096);
    private readonly Utf8JsonWriter _json;
    private bool _hasEntries;

    /// <param name="type">R4 bundle-type.</param>
    /// <param name="total">Of all pages, or null to leave it out.</param>
    /// <param name="links">In order; may be empty.</param>
    public BundleWriter(string type, int? total, params ReadOnlySpan<BundleLink> links)
    {
        _json = new Utf8JsonWriter(_out, Options);
        _json.WriteStartObject();
        _json.WriteString("resourceType"u8, "Bundle"u8);
        _json.WriteString("type"u8, type);
        if (total is { } all)
            _json.WriteNumber("total"u8, all);
        if (links.IsEmpty)
            return;
        _json.WriteStartArray("link"u8);
        foreach (var link in links)
        {
            _json.WriteStartObject();
            _json.WriteString("relation"u8, link.Relation);
            _json.WriteString("url"u8, link.Url);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    /// <summary>An entry of a searchset.</summary>
    public void Match(string fullUrl, StoredVersion version, ResourceWriter resources)
    {
        StartEntry(fullUrl);
        _resource.ResetWrittenCount();
        resources.Write(_resource, version);
        Resource(_resource.WrittenSpan);
        SearchMode("match"u8);
        _json.WriteEndObject();
    }

    /// <summary>An entry of a searchset whose resource is ready.</summary>
    public void Match(string fullUrl, ReadOnlySpan<byte> resource)
    {
        StartEntry(fullUrl);
        Resource(resource);
        SearchMode("match"u8);
        _json.WriteEndObject();
    }

    /// <summary>What the server has to say about a search (R4 3.1.1.5.1).</summary>
    public void Outcome(ReadOnlySpan<byte> operationOutcome)
    {
        StartEntry(null);
        Resource(operationOutcome);
        SearchMode("outcome"u8);
        _json.WriteEndObject();
    }

    /// <summary>An entry of a history (R4 3.1.0.12): a deletion has a request and no resource.</summary>
    /// <param name="fullUrl">Without the version.</param>
    /// <param name="version">The version.</param>
    /// <param name="made">Whether it made the resource, for the first time or again.</param>
    /// <param name="resources">Writes the body.</param>
    public void Version(string fullUrl, StoredVersion version, bool made, ResourceWriter resources)
    {
        StartEntry(fullUrl);
        if (!version.Deleted)
        {
            _resource.ResetWrittenCount();
            resources.Write(_resource, version);
            Resource(_resource.WrittenSpan);
        }
        _json.WriteStartObject("request"u8);
        // Whether a first version came by POST or by PUT is not kept; a PUT to its address is what would make it again.
        _json.WriteString("method"u8, version.Deleted ? "DELETE"u8 : "PUT"u8);
        _json.WriteString("url"u8, version.Key.ToString());
        _json.WriteEndObject();
        string status = version.Deleted ? "204 No Content" : made ? "201 Created" : "200 OK";
        Response(status, null, version.Version, version.At, default);
        _json.WriteEndObject();
    }

    /// <summary>An entry of a batch-response or transaction-response (R4 3.1.0.11.3).</summary>
    public void Response(Answer answer)
    {
        StartEntry(null);
        bool failed = answer.Status >= 400;
        if (!failed && !answer.Body.IsEmpty)
            Resource(answer.Body.Span);
        Response(Reason(answer.Status), answer.Location, answer.Version, answer.LastModified, failed ? answer.Body.Span : default);
        _json.WriteEndObject();
    }

    public ReadOnlyMemory<byte> Finish()
    {
        if (_hasEntries)
            _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        return _out.WrittenMemory;
    }

    public static string Instant(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string ETag(int version) => string.Create(CultureInfo.InvariantCulture, $"W/\"{version}\"");

    /// <summary>An empty array is not allowed in FHIR JSON (R4 2.6.2), so the first entry opens it.</summary>
    private void StartEntry(string? fullUrl)
    {
        if (!_hasEntries)
            _json.WriteStartArray("entry"u8);
        _hasEntries = true;
        _json.WriteStartObject();
        if (fullUrl is not null)
            _json.WriteString("fullUrl"u8, fullUrl);
    }

    private void Resource(ReadOnlySpan<byte> body)
    {
        _json.WritePropertyName("resource"u8);
        _json.WriteRawValue(body, skipInputValidation: true);
    }

    private void SearchMode(ReadOnlySpan<byte> mode)
    {
        _json.WriteStartObject("search"u8);
        _json.WriteString("mode"u8, mode);
        _json.WriteEndObject();
    }

    private void Response(string status, string? location, int? version, DateTimeOffset? lastModified, ReadOnlySpan<byte> outcome)
    {
        _json.WriteStartObject("response"u8);
        _json.WriteString("status"u8, status);
        if (location is not null)
            _json.WriteString("location"u8, location);
        if (version is { } number)
            _json.WriteString("etag"u8, ETag(number));
        if (lastModified is { } at)
            _json.WriteString("lastModified"u8, Instant(at));
        if (!outcome.IsEmpty)
        {
            _json.WritePropertyName("outcome"u8);
            _json.WriteRawValue(outcome, skipInputValidation: true);
        }
        _json.WriteEndObject();
    }

    private static string Reason(int status) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{status} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}").TrimEnd();
}

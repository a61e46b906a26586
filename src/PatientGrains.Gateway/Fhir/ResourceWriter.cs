using System.Buffers;
using System.Globalization;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>Stored versions as what leaves: the stored bytes with the server's meta spliced in, never parsed and written anew.</summary>
internal sealed class ResourceWriter(GatewayOptions options)
{
    private readonly Dictionary<string, string> _uris =
        options.Sources.ToDictionary(source => source.Slug, source => source.Uri, StringComparer.Ordinal);

    /// <summary>The body of a version that is not a deletion.</summary>
    public ReadOnlyMemory<byte> Body(StoredVersion version)
    {
        var to = new ArrayBufferWriter<byte>((version.Body?.Json.Length ?? 0) + 256);
        Write(to, version);
        return to.WrittenMemory;
    }

    public void Write(IBufferWriter<byte> to, StoredVersion version)
    {
        var body = version.Body ?? throw new InvalidOperationException("A version without a body was to be written.");
        FhirMeta.Write(
            to,
            body.Json.Span,
            new MetaRange(body.MetaAt, body.MetaLength),
            version.Version.ToString(CultureInfo.InvariantCulture),
            version.At,
            // A source that is no longer registered still has its slug.
            _uris.GetValueOrDefault(version.Source) ?? "urn:patientgrains:source:" + version.Source);
    }

    /// <summary>A 200 with the body and its validators.</summary>
    public Answer Found(StoredVersion version) =>
        new(200) { Resource = to => Write(to, version), Version = version.Version, LastModified = version.At };
}

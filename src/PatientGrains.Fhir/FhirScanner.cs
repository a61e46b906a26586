using PatientGrains.Fhir.Scan;

namespace PatientGrains.Fhir;

/// <summary>
/// Validates a resource against R4 4.0.1 and extracts what the core needs of it, in one pass over its bytes. Reusable, not safe for
/// concurrent use: keep a pool.
/// </summary>
public sealed class FhirScanner(FhirLimits limits)
{
    private readonly ResourceReader _reader = new(limits);

    /// <summary>Raised whenever the terms that a scan finds or the findings of <see cref="FhirFindings"/> change, so that what is stored
    /// can be told from what would be found now. 2: findings.</summary>
    public const int ExtractorVersion = 2;

    public FhirScanner() : this(FhirLimits.Default)
    {
    }

    /// <summary>Scans one resource in JSON. Never throws for what the bytes hold: it is in <see cref="ScannedResource.Issues"/>.</summary>
    public ScannedResource Scan(ReadOnlyMemory<byte> utf8) => _reader.Read(utf8);
}

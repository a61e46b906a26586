using System.Collections.Concurrent;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Scanners that are reused, since each holds buffers. Safe for concurrent use; it grows to as many scanners as scan at once.
/// </summary>
public sealed class ScannerPool(FhirLimits limits)
{
    private readonly ConcurrentBag<FhirScanner> _idle = [];
    private readonly ConcurrentBag<FhirScanner> _idleForUris = [];
    private readonly FhirLimits _limitsForUris = limits with { AllUriLinks = true };

    public ScannerPool() : this(FhirLimits.Default)
    {
    }

    /// <summary>Scans one resource in JSON; the bytes must not change while the result lives.</summary>
    public ScannedResource Scan(ReadOnlyMemory<byte> utf8) => Scan(utf8, _idle, limits);

    /// <summary>
    /// Scans with every uri and url element reported as a link: what a transaction needs when a fullUrl is not a <c>urn:</c>, because R4
    /// 3.1.0.11.2 replaces
    /// those elements too.
    /// </summary>
    internal ScannedResource ScanForUris(ReadOnlyMemory<byte> utf8) => Scan(utf8, _idleForUris, _limitsForUris);

    private static ScannedResource Scan(ReadOnlyMemory<byte> utf8, ConcurrentBag<FhirScanner> idle, FhirLimits limits)
    {
        if (!idle.TryTake(out var scanner))
            scanner = new FhirScanner(limits);
        var scanned = scanner.Scan(utf8);
        idle.Add(scanner);
        return scanned;
    }
}

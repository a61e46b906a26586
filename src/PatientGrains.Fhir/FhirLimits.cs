namespace PatientGrains.Fhir;

/// <summary>What a scan refuses to go beyond, each with its reason.</summary>
public sealed record FhirLimits
{
    public static FhirLimits Default { get; } = new();

    /// <summary>Bytes of one scan. Offsets are 32-bit and a Bundle is held in memory whole; 64 MiB is six times the largest Synthea Bundle
    /// seen.</summary>
    public int MaxBytes { get; init; } = 64 << 20;

    /// <summary>Objects and arrays inside each other. The deepest official example stays under 30; the scanner recurses, so this bounds
    /// its stack.</summary>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Issues reported by one scan; the rest is only counted, because one wrong assumption of a sender repeats in every
    /// entry.</summary>
    public int MaxIssues { get; init; } = 64;

    /// <summary>Also report every uri and url element as a link, not only those that are <c>urn:uuid:</c> or <c>urn:oid:</c> (R4
    /// 3.1.0.11.2).</summary>
    public bool AllUriLinks { get; init; }
}

namespace PatientGrains.Fhir.Schema;

/// <summary>Which members' places a role needs when its object ends, by capture number.</summary>
internal static class Roles
{
    /// <summary>Capture numbers; a role's captures come before those of invariants.</summary>
    public const int First = 0;
    public const int Second = 1;
    public const int Third = 2;
    public const int Fourth = 3;

    public static string[] Captures(TypeRole role) => role switch
    {
        TypeRole.Coding => ["system", "code", "version", "display"],
        // Not members but what the scanner puts there when low and high end.
        TypeRole.Range => ["low", "high", "low.unit", "high.unit"],
        TypeRole.Quantity => ["value", "system", "code", "unit"],
        TypeRole.Money => ["value", "currency"],
        TypeRole.Identifier => ["system", "value"],
        TypeRole.ContactPoint => ["system", "value"],
        TypeRole.Period => ["start", "end"],
        TypeRole.Reference => ["reference", "type"],
        TypeRole.RelatedArtifact => ["type", "resource"],
        TypeRole.Meta => ["versionId"],
        TypeRole.Bundle => ["type"],
        TypeRole.BundleEntry => ["fullUrl"],
        TypeRole.BundleRequest => ["method", "url", "ifNoneExist", "ifMatch", "ifNoneMatch", "ifModifiedSince"],
        _ => [],
    };
}

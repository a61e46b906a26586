namespace PatientGrains.Fhir.Findings;

/// <summary>
/// Tests that grow what is in a body fluid: "culture taken" of Sepsis-3's suspected infection is the sampling of blood or another body
/// fluid for culture (Seymour et al., JAMA 2016;315:762-774, doi:10.1001/jama.2016.0288).
/// </summary>
internal static class CultureCodes
{
    /// <summary>LOINC: what is identified by culture, by specimen.</summary>
    public static readonly string[] Tests =
    [
        "600-7", "17928-3", "17934-1", "601-5", // blood
        "606-4", // cerebrospinal fluid
        "611-4", // body fluid
        "624-7", "6460-0", // sputum
        "630-4", // urine
        "6462-6", // wound
        "6463-4", "634-6", "635-3", // any specimen
    ];

    /// <summary>SNOMED CT: specimens that are named after the culture that they are for.</summary>
    private static ReadOnlySpan<byte> BloodForCulture => "446131002"u8;

    /// <summary>Whether a specimen was taken for a culture, by its type alone.</summary>
    public static bool IsSpecimen(ReadOnlySpan<byte> system, ReadOnlySpan<byte> code) =>
        system.SequenceEqual(CodeSystems.Snomed) && code.SequenceEqual(BloodForCulture);
}

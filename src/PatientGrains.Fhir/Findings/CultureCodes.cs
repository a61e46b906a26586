namespace PatientGrains.Fhir.Findings;

/// <summary>
/// Tests that grow what is in a body fluid: "culture taken" of Sepsis-3's suspected infection is the sampling of blood or another body
/// fluid for culture (Seymour et al., JAMA 2016;315:762-774, doi:10.1001/jama.2016.0288, methods and eTable 1).
/// </summary>
internal static class CultureCodes
{
    /// <summary>LOINC: bacteria, fungi or mycobacteria identified by culture, by specimen.</summary>
    private static readonly CodeTable<bool> Loinc = new(new[]
    {
        "600-7", "17928-3", "17934-1", "601-5", "6463-4", "630-4", "6462-6", "624-7", "6460-0", "606-4", "611-4", "634-6", "635-3",
        "609-8", "613-0", "619-7", "625-4", "626-2", "580-1", "88462-9", "43409-2", "90423-5",
    }.Select(code => KeyValuePair.Create(code, true)));

    /// <summary>A LOINC code.</summary>
    public static bool IsCulture(ReadOnlySpan<byte> loinc) => Loinc.Find(loinc) is not null;
}

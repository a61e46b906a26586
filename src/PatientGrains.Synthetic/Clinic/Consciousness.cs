namespace PatientGrains.Synthetic.Clinic;

/// <summary>ACVPU, as NEWS2 uses it (Royal College of Physicians, 2017), in SNOMED CT's findings.</summary>
internal static class Consciousness
{
    public static readonly Concept Scale = Concept.Of(Concept.Loinc, "67775-7", "Level of responsiveness");

    private static readonly Concept Alert = Concept.Of(Concept.Snomed, "248234008", "Mentally alert");
    private static readonly Concept Confused = Concept.Of(Concept.Snomed, "130987000", "Acute confusion");
    private static readonly Concept Voice = Concept.Of(Concept.Snomed, "300202002", "Responds to voice");

    /// <summary>Chosen: confusion in the second half of the way to shock, and drowsiness at its end.</summary>
    public static Concept At(double severity) => severity switch
    {
        > 0.85 => Voice,
        > 0.6 => Confused,
        _ => Alert,
    };
}

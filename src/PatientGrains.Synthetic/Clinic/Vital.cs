namespace PatientGrains.Synthetic.Clinic;

/// <summary>
/// Vital signs with the LOINC codes that FHIR R4's vital signs profiles fix (hl7.org/fhir/R4/observation-vitalsigns.html) and the
/// units they allow; oxygen saturation carries US Core's pulse oximetry code as well.
/// </summary>
internal sealed class Vital
{
    public required Scale Scale { get; init; }

    public Scale? Other { get; init; }

    public Conversion? ToOther { get; init; }

    public static readonly Vital HeartRate = In("8867-4", "Heart rate", "/min", 0);
    public static readonly Vital RespiratoryRate = In("9279-1", "Respiratory rate", "/min", 0);
    public static readonly Vital Temperature = In("8310-5", "Body temperature", "Cel", 1, "[degF]", new(1.8m, -17.777777777777777777m));
    public static readonly Vital Weight = In("29463-7", "Body weight", "kg", 1, "[lb_av]", new(2.20462262m));
    public static readonly Vital Height = In("8302-2", "Body height", "cm", 1, "[in_i]", new(0.393700787m));
    public static readonly Vital MassIndex = In("39156-5", "Body mass index (BMI) [Ratio]", "kg/m2", 1);
    public static readonly Vital OxygenSaturation = new()
    {
        Scale = new(
            Concept.Of(
                "Oxygen saturation",
                (Concept.Loinc, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
                (Concept.Loinc, "2708-6", "Oxygen saturation in Arterial blood")),
            "%", 0, null, null),
    };

    /// <summary>Supplemental oxygen.</summary>
    public static readonly Vital OxygenFlow = In("3151-8", "Inhaled oxygen flow rate", "L/min", 0);

    public static readonly Concept BloodPressure = Concept.Of(Concept.Loinc, "85354-9", "Blood pressure panel with all children optional");
    public static readonly Scale Systolic = new("8480-6", "Systolic blood pressure", "mm[Hg]", 0, null, null);
    public static readonly Scale Diastolic = new("8462-4", "Diastolic blood pressure", "mm[Hg]", 0, null, null);

    private static Vital In(
        string loinc, string name, string unit, int decimals, string? otherUnit = null, Conversion? toOther = null) => new()
    {
        Scale = new(loinc, name, unit, decimals, null, null),
        Other = otherUnit is null ? null : new(loinc, name, otherUnit, 1, null, null),
        ToOther = toOther,
    };
}

using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Life;

/// <summary>
/// Everything that happened to one person, before anybody serialised it. Entries are in order of time, each behind its visit.
/// </summary>
internal sealed class Chart
{
    public required int Index { get; init; }

    public required Person Person { get; init; }

    /// <summary>Which organisation of the directory the person belongs to.</summary>
    public required int Home { get; init; }

    public List<Entry> Entries { get; } = [];

    /// <summary>The next free ordinal; 0 is the patient.</summary>
    public int NextOrdinal => Entries.Count + 1;
}

/// <summary>
/// One resource to be. The ordinal makes its id; the visit is the ordinal of its encounter; times are local (UTC-5, see Times).
/// </summary>
internal abstract record Entry(int Ordinal, int Visit, DateTime At)
{
    /// <summary>For observations: whether this is the first word on it.</summary>
    public Revision Revision { get; init; }
}

/// <summary>Observation.status: final at first, corrected when the value was wrong, amended when something was added to it.</summary>
internal enum Revision
{
    None,
    Corrected,
    Amended,
}

internal enum VisitKind
{
    Checkup,
    FollowUp,
    Complaint,
    Emergency,
    Inpatient,
}

/// <summary>End is null while the visit goes on.</summary>
internal sealed record VisitEntry(int Ordinal, DateTime At, DateTime? End, VisitKind Kind, int Practitioner, Concept? Reason)
    : Entry(Ordinal, Ordinal, At);

internal sealed record PressureEntry(int Ordinal, int Visit, DateTime At, int Systolic, int Diastolic) : Entry(Ordinal, Visit, At);

internal sealed record VitalEntry(int Ordinal, int Visit, DateTime At, Vital Vital, decimal Value) : Entry(Ordinal, Visit, At);

/// <summary>How a patient responds, on the ACVPU scale.</summary>
internal sealed record ConsciousnessEntry(int Ordinal, int Visit, DateTime At, Concept Level) : Entry(Ordinal, Visit, At);

/// <summary>A blood culture, from when it was drawn; what grows is not told.</summary>
internal sealed record CultureEntry(int Ordinal, int Visit, DateTime At) : Entry(Ordinal, Visit, At);

/// <summary>The first dose of an antibiotic.</summary>
internal sealed record DoseEntry(int Ordinal, int Visit, DateTime At) : Entry(Ordinal, Visit, At);

/// <summary>A laboratory result, in the analyte's own scale.</summary>
internal sealed record LabEntry(int Ordinal, int Visit, DateTime At, Analyte Analyte, decimal Value, DateTime Issued)
    : Entry(Ordinal, Visit, At);

internal sealed record SmokingEntry(int Ordinal, int Visit, DateTime At, Concept Status) : Entry(Ordinal, Visit, At);

/// <summary>A report over the results with the ordinals First to First + Count - 1.</summary>
internal sealed record ReportEntry(int Ordinal, int Visit, DateTime At, Concept Panel, int First, int Count, DateTime Issued)
    : Entry(Ordinal, Visit, At);

internal sealed record ConditionEntry(int Ordinal, int Visit, DateTime At, Diagnosis Diagnosis, DateOnly Onset, DateOnly? Abatement)
    : Entry(Ordinal, Visit, At)
{
    public bool Chronic => Abatement is null;
}

/// <summary>Reason is the ordinal of a condition, or 0.</summary>
internal sealed record MedicationEntry(int Ordinal, int Visit, DateTime At, Medication Medication, int Reason, MedicationStatus Status)
    : Entry(Ordinal, Visit, At);

internal enum MedicationStatus
{
    Active,
    Completed,
    Stopped,
}

/// <summary>An allergy, or with Allergen null the statement that none is known.</summary>
internal sealed record AllergyEntry(int Ordinal, int Visit, DateTime At, Allergen? Allergen, bool Refuted = false)
    : Entry(Ordinal, Visit, At);

internal sealed record ImmunizationEntry(int Ordinal, int Visit, DateTime At, Concept Vaccine) : Entry(Ordinal, Visit, At);

internal sealed record ProcedureEntry(int Ordinal, int Visit, DateTime At, Concept Procedure, int Minutes) : Entry(Ordinal, Visit, At);

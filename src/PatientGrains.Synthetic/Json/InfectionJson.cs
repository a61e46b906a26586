using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Life;

namespace PatientGrains.Synthetic.Json;

/// <summary>What is done on suspicion of an infection.</summary>
internal static class InfectionJson
{
    private static readonly byte[] Microbiology =
        [(byte)'[', .. Concept.Of(Concept.Terminology + "v2-0074", "MB", "Microbiology").Json, (byte)']'];
    private static readonly Concept BloodCulture = Concept.Of(Concept.Loinc, "600-7", "Bacteria identified in Blood by Culture");
    private static readonly Concept Piperacillin =
        Concept.Of("http://www.whocc.no/atc", "J01CR05", "piperacillin and beta-lactamase inhibitor");

    /// <summary>A report that is registered: the specimen is there, nothing has grown yet.</summary>
    public static void Write(Pen pen, CultureEntry entry)
    {
        pen.Open("DiagnosticReport"u8, entry.Ordinal);
        pen.Json.WriteString("status"u8, "registered"u8);
        pen.Raw("category"u8, Microbiology);
        pen.Concept("code"u8, BloodCulture);
        pen.Subject();
        pen.Encounter(entry.Visit);
        pen.Json.WriteTime("effectiveDateTime"u8, entry.At);
        pen.Close();
    }

    public static void Write(Pen pen, DoseEntry entry)
    {
        pen.Open("MedicationAdministration"u8, entry.Ordinal);
        pen.Json.WriteString("status"u8, "completed"u8);
        pen.Concept("medicationCodeableConcept"u8, Piperacillin);
        pen.Subject();
        pen.Reference("context"u8, "Encounter"u8, entry.Visit);
        pen.Json.WriteTime("effectiveDateTime"u8, entry.At);
        pen.Close();
    }
}

using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Json;

/// <summary>Everything of a chart that is neither the patient, an encounter nor an observation.</summary>
internal static class ClinicalJson
{
    private static readonly byte[] ActiveCondition = Status("condition-clinical", "active", "Active");
    private static readonly byte[] ResolvedCondition = Status("condition-clinical", "resolved", "Resolved");
    private static readonly byte[] ConfirmedCondition = Status("condition-ver-status", "confirmed", "Confirmed");
    private static readonly byte[] ProblemList = List("condition-category", "problem-list-item", "Problem List Item");
    private static readonly byte[] EncounterDiagnosis = List("condition-category", "encounter-diagnosis", "Encounter Diagnosis");
    private static readonly byte[] ActiveAllergy = Status("allergyintolerance-clinical", "active", "Active");
    private static readonly byte[] InactiveAllergy = Status("allergyintolerance-clinical", "inactive", "Inactive");
    private static readonly byte[] ConfirmedAllergy = Status("allergyintolerance-verification", "confirmed", "Confirmed");
    private static readonly byte[] RefutedAllergy = Status("allergyintolerance-verification", "refuted", "Refuted");
    private static readonly byte[] LaboratoryReport = List("v2-0074", "LAB", "Laboratory");
    private static readonly byte[] Outpatient = List("medicationrequest-category", "outpatient", "Outpatient");
    private static readonly Dictionary<int, byte[]> Dosages = new()
    {
        [1] = Dosage(1), [2] = Dosage(2), [3] = Dosage(3), [4] = Dosage(4),
    };

    public static void Write(Pen pen, ConditionEntry entry)
    {
        pen.Open("Condition"u8, entry.Ordinal);
        pen.Raw("clinicalStatus"u8, entry.Abatement is null ? ActiveCondition : ResolvedCondition);
        pen.Raw("verificationStatus"u8, ConfirmedCondition);
        pen.Raw("category"u8, entry.Chronic ? ProblemList : EncounterDiagnosis);
        pen.Concept("code"u8, entry.Diagnosis.Code);
        pen.Subject();
        pen.Encounter(entry.Visit);
        pen.Json.WriteDay("onsetDateTime"u8, entry.Onset);
        if (entry.Abatement is { } abatement)
            pen.Json.WriteDay("abatementDateTime"u8, abatement);
        pen.Json.WriteTime("recordedDate"u8, entry.At);
        pen.Close();
    }

    public static void Write(Pen pen, MedicationEntry entry, DirectoryLink requester)
    {
        pen.Open("MedicationRequest"u8, entry.Ordinal);
        pen.Json.WriteString("status"u8, entry.Status switch
        {
            MedicationStatus.Active => "active"u8,
            MedicationStatus.Completed => "completed"u8,
            _ => "stopped"u8,
        });
        pen.Json.WriteString("intent"u8, "order"u8);
        pen.Raw("category"u8, Outpatient);
        pen.Concept("medicationCodeableConcept"u8, entry.Medication.Code);
        pen.Subject();
        pen.Encounter(entry.Visit);
        pen.Json.WriteTime("authoredOn"u8, entry.At);
        pen.Directory("requester"u8, requester);
        if (entry.Reason > 0)
        {
            pen.Json.WriteStartArray("reasonReference"u8);
            pen.ReferenceValue("Condition"u8, entry.Reason);
            pen.Json.WriteEndArray();
        }
        pen.Raw("dosageInstruction"u8, Dosages[entry.Medication.PerDay]);
        pen.Close();
    }

    /// <summary>
    /// R4's ait-1 asks for a clinical status with every verification status but entered-in-error, so a refuted allergy is inactive.
    /// </summary>
    public static void Write(Pen pen, AllergyEntry entry)
    {
        pen.Open("AllergyIntolerance"u8, entry.Ordinal);
        pen.Raw("clinicalStatus"u8, entry.Refuted ? InactiveAllergy : ActiveAllergy);
        pen.Raw("verificationStatus"u8, entry.Refuted ? RefutedAllergy : ConfirmedAllergy);
        if (entry.Allergen is { } known)
        {
            pen.Json.WriteString("type"u8, "allergy"u8);
            pen.Json.WriteStartArray("category"u8);
            pen.Json.WriteStringValue(known.Category);
            pen.Json.WriteEndArray();
            pen.Json.WriteString("criticality"u8, known.Criticality);
        }
        pen.Concept("code"u8, entry.Allergen?.Code ?? Allergen.NoneKnown);
        pen.Patient("patient"u8);
        pen.Encounter(entry.Visit);
        pen.Json.WriteTime("recordedDate"u8, entry.At);
        if (entry is { Allergen: { } allergen, Refuted: false })
        {
            pen.Json.WriteStartArray("reaction"u8);
            pen.Json.WriteStartObject();
            pen.Json.WriteStartArray("manifestation"u8);
            pen.Json.WriteRawValue(allergen.Reaction.Json, skipInputValidation: true);
            pen.Json.WriteEndArray();
            pen.Json.WriteString("severity"u8, allergen.Criticality == "high" ? "severe"u8 : "mild"u8);
            pen.Json.WriteEndObject();
            pen.Json.WriteEndArray();
        }
        pen.Close();
    }

    public static void Write(Pen pen, ImmunizationEntry entry, DirectoryLink location)
    {
        pen.Open("Immunization"u8, entry.Ordinal);
        pen.Json.WriteString("status"u8, "completed"u8);
        pen.Concept("vaccineCode"u8, entry.Vaccine);
        pen.Patient("patient"u8);
        pen.Encounter(entry.Visit);
        pen.Json.WriteTime("occurrenceDateTime"u8, entry.At);
        pen.Json.WriteBoolean("primarySource"u8, true);
        pen.Directory("location"u8, location);
        pen.Close();
    }

    public static void Write(Pen pen, ProcedureEntry entry)
    {
        pen.Open("Procedure"u8, entry.Ordinal);
        pen.Json.WriteString("status"u8, "completed"u8);
        pen.Concept("code"u8, entry.Procedure);
        pen.Subject();
        pen.Encounter(entry.Visit);
        pen.Json.WriteStartObject("performedPeriod"u8);
        pen.Json.WriteTime("start"u8, entry.At);
        pen.Json.WriteTime("end"u8, entry.At.AddMinutes(entry.Minutes));
        pen.Json.WriteEndObject();
        pen.Close();
    }

    public static void Write(Pen pen, ReportEntry entry, DirectoryLink laboratory)
    {
        pen.Open("DiagnosticReport"u8, entry.Ordinal);
        pen.Json.WriteString("status"u8, "final"u8);
        pen.Raw("category"u8, LaboratoryReport);
        pen.Concept("code"u8, entry.Panel);
        pen.Subject();
        pen.Encounter(entry.Visit);
        pen.Json.WriteTime("effectiveDateTime"u8, entry.At);
        pen.Json.WriteTime("issued"u8, entry.Issued);
        pen.Json.WriteStartArray("performer"u8);
        pen.Json.WriteRawValue(laboratory.In(pen.Rendering.Links), skipInputValidation: true);
        pen.Json.WriteEndArray();
        pen.Json.WriteStartArray("result"u8);
        for (var i = 0; i < entry.Count; i++)
            pen.ReferenceValue("Observation"u8, entry.First + i);
        pen.Json.WriteEndArray();
        pen.Close();
    }

    private static byte[] Status(string system, string code, string display) =>
        Concept.Of(Concept.Terminology + system, code, display).Json;

    private static byte[] List(string system, string code, string display) => [(byte)'[', .. Status(system, code, display), (byte)']'];

    private static byte[] Dosage(int perDay) => RawJson.Of(json =>
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString("text", perDay == 1 ? "Once a day" : $"{perDay} times a day");
        json.WriteStartObject("timing");
        json.WriteStartObject("repeat");
        json.WriteNumber("frequency", perDay);
        json.WriteNumber("period", 1);
        json.WriteString("periodUnit", "d");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    });
}

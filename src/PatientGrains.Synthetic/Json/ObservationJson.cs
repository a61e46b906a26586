using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Json;

/// <summary>Observations, with the categories that US Core asks for.</summary>
internal static class ObservationJson
{
    private static readonly byte[] VitalSigns = Category("vital-signs", "Vital Signs");
    private static readonly byte[] Laboratory = Category("laboratory", "Laboratory");
    private static readonly byte[] SocialHistory = Category("social-history", "Social History");
    private static readonly byte[] Low = Interpretation("L", "Low");
    private static readonly byte[] Normal = Interpretation("N", "Normal");
    private static readonly byte[] High = Interpretation("H", "High");
    private static readonly byte[] Hemolyzed = [.. "[{\"text\":\"Specimen slightly hemolyzed.\"}]"u8];
    private static readonly Concept SmokingStatus = Concept.Of(Concept.Loinc, "72166-2", "Tobacco smoking status");

    public static void Write(Pen pen, PressureEntry entry)
    {
        Start(pen, entry, VitalSigns, Vital.BloodPressure);
        Time(pen, entry.At, entry.At);
        pen.Json.WriteStartArray("component"u8);
        Component(pen, Vital.Systolic, entry.Systolic);
        Component(pen, Vital.Diastolic, entry.Diastolic);
        pen.Json.WriteEndArray();
        pen.Close();
    }

    public static void Write(Pen pen, VitalEntry entry)
    {
        var vital = entry.Vital;
        var other = pen.Rendering.OtherVitalUnits && vital.Other is not null;
        var scale = other ? vital.Other! : vital.Scale;
        Start(pen, entry, VitalSigns, scale.Code);
        Time(pen, entry.At, entry.At);
        pen.Quantity("valueQuantity"u8, other ? vital.ToOther!.Apply(entry.Value, scale.Decimals) : entry.Value, scale);
        pen.Close();
    }

    public static void Write(Pen pen, ConsciousnessEntry entry)
    {
        Start(pen, entry, VitalSigns, Consciousness.Scale);
        Time(pen, entry.At, entry.At);
        pen.Concept("valueCodeableConcept"u8, entry.Level);
        pen.Close();
    }

    public static void Write(Pen pen, SmokingEntry entry)
    {
        Start(pen, entry, SocialHistory, SmokingStatus);
        Time(pen, entry.At, entry.At);
        pen.Concept("valueCodeableConcept"u8, entry.Status);
        pen.Close();
    }

    public static void Write(Pen pen, LabEntry entry, Person person)
    {
        var analyte = entry.Analyte;
        var other = pen.Rendering.OtherLabUnits && analyte.Other is not null;
        var scale = other ? analyte.Other! : analyte.Scale;
        Start(pen, entry, Laboratory, scale.Code);
        Time(pen, entry.At, entry.Issued);
        pen.Quantity("valueQuantity"u8, other ? analyte.ToOther!.Apply(entry.Value, scale.Decimals) : entry.Value, scale);
        // The interpretation is made in the analyte's own scale, so that rounding cannot change it between sources.
        if (Judge(entry.Value, person.Female ? analyte.Scale.Female : analyte.Scale.Male) is { } judgement)
            pen.Raw("interpretation"u8, judgement);
        if (entry.Revision == Revision.Amended)
            pen.Raw("note"u8, Hemolyzed);
        if ((person.Female ? scale.FemaleRange : scale.MaleRange) is { } range)
            pen.Raw("referenceRange"u8, range);
        pen.Close();
    }

    public static byte[]? Judge(decimal value, ReferenceRange? range) => range switch
    {
        null => null,
        { Low: { } low } when value < low => Low,
        { High: { } high } when value > high => High,
        _ => Normal,
    };

    private static void Start(Pen pen, Entry entry, byte[] category, Concept code)
    {
        pen.Open("Observation"u8, entry.Ordinal);
        pen.Json.WriteString("status"u8, entry.Revision switch
        {
            Revision.None => "final"u8,
            Revision.Corrected => "corrected"u8,
            _ => "amended"u8,
        });
        pen.Raw("category"u8, category);
        pen.Concept("code"u8, code);
        pen.Subject();
        pen.Encounter(entry.Visit);
    }

    private static void Time(Pen pen, DateTime effective, DateTime issued)
    {
        pen.Json.WriteTime("effectiveDateTime"u8, effective);
        pen.Json.WriteTime("issued"u8, issued);
    }

    private static void Component(Pen pen, Scale scale, int value)
    {
        pen.Json.WriteStartObject();
        pen.Concept("code"u8, scale.Code);
        pen.Quantity("valueQuantity"u8, value, scale);
        pen.Json.WriteEndObject();
    }

    public static byte[] Category(string code, string display) =>
        OneOf(Concept.Of(Concept.Terminology + "observation-category", code, display));

    private static byte[] Interpretation(string code, string display) =>
        OneOf(Concept.Of(Concept.Terminology + "v3-ObservationInterpretation", code, display));

    private static byte[] OneOf(Concept concept) => [(byte)'[', .. concept.Json, (byte)']'];
}

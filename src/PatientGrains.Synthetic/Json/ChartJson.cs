using System.Buffers;
using System.Text.Json;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Json;

/// <summary>A chart as Bundles or as single resources.</summary>
internal static class ChartJson
{
    /// <summary>What a buffer is made for, entry and all: above the average of about 1,070, so that few grow.</summary>
    public const int BytesOfAResource = 1_200;

    /// <summary>A transaction that creates everything: POST with urn:uuid, the patient only if nobody has its record number.</summary>
    public static void Transaction(IBufferWriter<byte> to, Chart chart, Rendering rendering)
    {
        using var json = new Utf8JsonWriter(to, RawJson.Plain);
        var pen = new Pen(json, rendering, chart.Index);
        OpenBundle(json);
        CreateEntry(pen, chart, null, $"identifier={rendering.RecordNumberSystem}|{chart.Person.RecordNumber}");
        foreach (var entry in chart.Entries)
            CreateEntry(pen, chart, entry, null);
        CloseBundle(json);
    }

    /// <summary>Resources one by one with their ids, in the order of the chart, the patient first.</summary>
    public static List<ReadOnlyMemory<byte>> Resources(Chart chart, Rendering rendering)
    {
        var buffer = new ArrayBufferWriter<byte>(BytesOfAResource * (chart.Entries.Count + 1));
        var ends = new int[chart.Entries.Count + 1];
        WriteResources(buffer, chart, rendering, ends, separate: false);
        var resources = new List<ReadOnlyMemory<byte>>(ends.Length);
        var start = 0;
        foreach (var end in ends)
        {
            resources.Add(buffer.WrittenMemory[start..end]);
            start = end;
        }
        return resources;
    }

    /// <summary>The same, a line each.</summary>
    public static void Ndjson(IBufferWriter<byte> to, Chart chart, Rendering rendering) =>
        WriteResources(to, chart, rendering, null, separate: true);

    public static void OpenBundle(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("resourceType"u8, "Bundle"u8);
        json.WriteString("type"u8, "transaction"u8);
        json.WriteStartArray("entry"u8);
    }

    public static void CloseBundle(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>The patient for null, else the entry.</summary>
    public static void Resource(Pen pen, Chart chart, Entry? entry)
    {
        var directory = pen.Rendering.Directory;
        switch (entry)
        {
            case null: PatientJson.Write(pen, chart.Person, directory.Organization(chart.Home)); break;
            case VisitEntry visit: EncounterJson.Write(pen, visit, directory); break;
            case PressureEntry pressure: ObservationJson.Write(pen, pressure); break;
            case VitalEntry vital: ObservationJson.Write(pen, vital); break;
            case ConsciousnessEntry level: ObservationJson.Write(pen, level); break;
            case CultureEntry culture: InfectionJson.Write(pen, culture); break;
            case DoseEntry dose: InfectionJson.Write(pen, dose); break;
            case LabEntry lab: ObservationJson.Write(pen, lab, chart.Person); break;
            case SmokingEntry smoking: ObservationJson.Write(pen, smoking); break;
            case ReportEntry report: ClinicalJson.Write(pen, report, directory.Organization(chart.Home)); break;
            case ConditionEntry condition: ClinicalJson.Write(pen, condition); break;
            case MedicationEntry medication:
                ClinicalJson.Write(pen, medication, directory.Practitioner(chart.Home * CareDirectory.PractitionersEach)); break;
            case AllergyEntry allergy: ClinicalJson.Write(pen, allergy); break;
            case ImmunizationEntry immunization: ClinicalJson.Write(pen, immunization, directory.Location(chart.Home)); break;
            case ProcedureEntry procedure: ClinicalJson.Write(pen, procedure); break;
            default: throw new InvalidOperationException($"No writer for {entry.GetType().Name}.");
        }
    }

    public static ReadOnlySpan<byte> TypeOf(Entry? entry) => entry switch
    {
        null => "Patient"u8,
        VisitEntry => "Encounter"u8,
        ReportEntry or CultureEntry => "DiagnosticReport"u8,
        DoseEntry => "MedicationAdministration"u8,
        ConditionEntry => "Condition"u8,
        MedicationEntry => "MedicationRequest"u8,
        AllergyEntry => "AllergyIntolerance"u8,
        ImmunizationEntry => "Immunization"u8,
        ProcedureEntry => "Procedure"u8,
        _ => "Observation"u8,
    };

    private static void CreateEntry(Pen pen, Chart chart, Entry? entry, string? ifNoneExist)
    {
        var json = pen.Json;
        Span<byte> link = stackalloc byte[128];
        json.WriteStartObject();
        json.WriteString("fullUrl"u8, link[..pen.WriteLink(link, TypeOf(entry), entry?.Ordinal ?? 0)]);
        json.WritePropertyName("resource"u8);
        Resource(pen, chart, entry);
        json.WriteStartObject("request"u8);
        json.WriteString("method"u8, "POST"u8);
        json.WriteString("url"u8, TypeOf(entry));
        if (ifNoneExist is not null)
            json.WriteString("ifNoneExist"u8, ifNoneExist);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResources(IBufferWriter<byte> to, Chart chart, Rendering rendering, int[]? ends, bool separate)
    {
        using var json = new Utf8JsonWriter(to, RawJson.Plain);
        var pen = new Pen(json, rendering, chart.Index);
        var written = 0;
        for (var i = 0; i <= chart.Entries.Count; i++)
        {
            Resource(pen, chart, i == 0 ? null : chart.Entries[i - 1]);
            json.Flush();
            written += (int)json.BytesCommitted;
            json.Reset();
            if (ends is not null)
                ends[i] = written;
            if (separate)
                to.Write("\n"u8);
        }
    }
}

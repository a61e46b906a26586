using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Json;

internal static class EncounterJson
{
    private static readonly byte[] Ambulatory = Class("AMB", "ambulatory");
    private static readonly byte[] Emergency = Class("EMER", "emergency");
    private static readonly byte[] Inpatient = Class("IMP", "inpatient encounter");
    private static readonly byte[] Checkup = Type("162673000", "General examination of patient");
    private static readonly byte[] FollowUp = Type("185389009", "Follow-up visit");
    private static readonly byte[] Complaint = Type("185347001", "Encounter for problem");
    private static readonly byte[] EmergencyRoom = Type("50849002", "Emergency department admission");
    private static readonly byte[] Admission = Type("183452005", "Emergency hospital admission");
    private static readonly byte[] PrimaryPerformer =
        [(byte)'[', .. Concept.Of(Concept.Terminology + "v3-ParticipationType", "PPRF", "primary performer").Json, (byte)']'];
    private static readonly byte[] DischargedHome = RawJson.Of(json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("dischargeDisposition");
        json.WriteRawValue(Concept.Of(Concept.Terminology + "discharge-disposition", "home", "Home").Json);
        json.WriteEndObject();
    });

    public static void Write(Pen pen, VisitEntry entry, CareDirectory directory)
    {
        var json = pen.Json;
        var home = entry.Practitioner / CareDirectory.PractitionersEach;
        pen.Open("Encounter"u8, entry.Ordinal);
        json.WriteString("status"u8, entry.End is null ? "in-progress"u8 : "finished"u8);
        pen.Raw("class"u8, ClassOf(entry.Kind));
        pen.Raw("type"u8, TypeOf(entry.Kind));
        pen.Subject();
        json.WriteStartArray("participant"u8);
        json.WriteStartObject();
        pen.Raw("type"u8, PrimaryPerformer);
        pen.Directory("individual"u8, directory.Practitioner(entry.Practitioner));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("period"u8);
        json.WriteTime("start"u8, entry.At);
        if (entry.End is { } end)
            json.WriteTime("end"u8, end);
        json.WriteEndObject();
        if (entry.Reason is { } reason)
        {
            json.WriteStartArray("reasonCode"u8);
            json.WriteRawValue(reason.Json, skipInputValidation: true);
            json.WriteEndArray();
        }
        if (entry is { Kind: VisitKind.Inpatient, End: not null })
            pen.Raw("hospitalization"u8, DischargedHome);
        json.WriteStartArray("location"u8);
        json.WriteStartObject();
        pen.Directory("location"u8, directory.Location(home));
        json.WriteEndObject();
        json.WriteEndArray();
        pen.Directory("serviceProvider"u8, directory.Organization(home));
        pen.Close();
    }

    private static byte[] ClassOf(VisitKind kind) => kind switch
    {
        VisitKind.Emergency => Emergency,
        VisitKind.Inpatient => Inpatient,
        _ => Ambulatory,
    };

    private static byte[] TypeOf(VisitKind kind) => kind switch
    {
        VisitKind.Checkup => Checkup,
        VisitKind.FollowUp => FollowUp,
        VisitKind.Complaint => Complaint,
        VisitKind.Emergency => EmergencyRoom,
        _ => Admission,
    };

    private static byte[] Class(string code, string display) => Concept.Coding(Concept.Terminology + "v3-ActCode", code, display);

    private static byte[] Type(string snomed, string display) =>
        [(byte)'[', .. Concept.Of(Concept.Snomed, snomed, display).Json, (byte)']'];
}

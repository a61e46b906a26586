using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Fhir;

/// <summary>capabilities (R4 3.1.0.10): what this server can do, from the same tables that it acts on. Needs no token.</summary>
internal sealed class Metadata(GatewayOptions options, IntakeOptions intake, TimeProvider time)
{
    private static readonly string[] Interactions = ["read", "vread", "update", "delete", "history-instance", "create", "search-type"];

    private readonly DateTimeOffset _since = time.GetUtcNow();

    /// <summary>One statement for each base that the server was addressed by; a handful.</summary>
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _made = new(StringComparer.Ordinal);

    public Answer Answer(string baseUrl, Parameters query)
    {
        string mode = query.First("mode") ?? "full";
        if (mode is not ("full" or "normative" or "terminology"))
            return Fhir.Answer.Problem(400, "value", "The value of 'mode' must be full, normative or terminology.");
        // R4 3.1.0.10: a server may ignore the mode and return its CapabilityStatement.
        if (_made.TryGetValue(baseUrl, out var made))
            return new Answer(200) { Body = made };
        var body = Write(baseUrl);
        // The Host header is the client's: what it makes up must not fill the memory.
        if (_made.Count < 16)
            _made[baseUrl] = body;
        return new Answer(200) { Body = body };
    }

    private ReadOnlyMemory<byte> Write(string baseUrl)
    {
        var to = new ArrayBufferWriter<byte>(200_000);
        using var json = new Utf8JsonWriter(to, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("resourceType", "CapabilityStatement");
        json.WriteString("status", "active");
        json.WriteString("date", BundleWriter.Instant(_since));
        json.WriteString("publisher", "PatientGrains");
        json.WriteString("kind", "instance");
        json.WriteStartObject("software");
        json.WriteString("name", "PatientGrains");
        json.WriteString("version", options.SoftwareVersion);
        json.WriteEndObject();
        json.WriteStartObject("implementation");
        json.WriteString("description", "One durable, encrypted, audited log per patient");
        json.WriteString("url", baseUrl);
        json.WriteEndObject();
        json.WriteString("fhirVersion", "4.0.1");
        Texts(json, "format", [Formats.FhirJson, "json"]);
        json.WriteStartArray("rest");
        Rest(json);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return to.WrittenMemory;
    }

    private void Rest(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("mode", "server");
        json.WriteString("documentation", Limits());
        json.WriteStartObject("security");
        json.WriteBoolean("cors", false);
        json.WriteString("description",
            "Every request but this one needs a bearer token (JWT, HS256) with sub, roles, purpose, source and jti. "
            + "Every access, refused or not, is durably logged before the answer leaves; privacy officers read AuditEvent?patient=.");
        json.WriteEndObject();
        json.WriteStartArray("resource");
        foreach (string type in FhirTypes.ResourceTypes)
        {
            if (type == "AuditEvent")
                AuditEvents(json);
            else
                Resource(json, type);
        }
        json.WriteEndArray();
        Codes(json, "interaction", ["transaction", "batch"]);
        Texts(json, "compartment", ["http://hl7.org/fhir/CompartmentDefinition/patient"]);
        json.WriteEndObject();
    }

    private string Limits() => FormattableString.Invariant(
        $"""
        A search names a patient (patient=, subject=Patient/[id], Patient/[id]/[type]), an _id, or an identifier with a value; anything else
        is refused with 403. Parameters, modifiers and values of _summary that are not listed are refused with 400, or, with
        'Prefer: handling=lenient', ignored and named in the Bundle. _count is capped at {options.MaxPageSize}, for $everything at
        {options.MaxEverythingPageSize}. $everything takes _count, _since and _type and returns the patient's compartment. A transaction
        changes one patient and resources outside patient compartments, all or nothing; over two patients it is refused. A Bundle has
        {intake.MaxEntries} entries and a body {options.MaxBodyBytes} bytes at most. What was stored is returned byte for byte, but
        for id, meta and the references and links that a transaction replaced. A repeated request with the same Idempotency-Key gets the
        same answer and changes nothing again.
        """);

    private static void Resource(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("profile", "http://hl7.org/fhir/StructureDefinition/" + type);
        Codes(json, "interaction", Interactions);
        json.WriteString("versioning", "versioned");
        json.WriteBoolean("readHistory", true);
        json.WriteBoolean("updateCreate", true);
        json.WriteBoolean("conditionalCreate", true);
        json.WriteString("conditionalRead", "full-support");
        json.WriteBoolean("conditionalUpdate", false);
        json.WriteString("conditionalDelete", "not-supported");
        json.WriteStartArray("searchParam");
        Parameter(json, "_id", "http://hl7.org/fhir/SearchParameter/Resource-id", "token");
        Parameter(json, "_lastUpdated", "http://hl7.org/fhir/SearchParameter/Resource-lastUpdated", "date");
        foreach (var parameter in FhirTypes.SearchParameters(type))
        {
            if (Searchable.Is(parameter) && parameter.Name is not ("_id" or "_lastUpdated"))
                Parameter(json, parameter.Name, parameter.Definition, parameter.Type.ToString().ToLowerInvariant());
        }
        json.WriteEndArray();
        if (type == "Patient")
        {
            json.WriteStartArray("operation");
            Operation(json, "everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything", null);
            Operation(json, "alerts", "urn:patientgrains:operation:alerts",
                "The patient's open alerts, with ended=true those that ended too: DetectedIssue, Flag and Provenance of each.");
            Operation(json, "acknowledge-alert", "urn:patientgrains:operation:acknowledge-alert",
                "POST with Parameters alert (its number) and note; answers with the DetectedIssue.");
            Operation(json, "snooze-alert", "urn:patientgrains:operation:snooze-alert",
                "POST with Parameters alert, minutes (480 at most) and reason; not for critical alerts.");
            Operation(json, "override-alert", "urn:patientgrains:operation:override-alert",
                "POST with Parameters alert and reason; ends the episode and silences the rule for a time.");
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void AuditEvents(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "AuditEvent");
        json.WriteString("documentation",
            "The access log of one patient, newest first, for privacy officers; it is written by accesses only.");
        Codes(json, "interaction", ["search-type"]);
        json.WriteStartArray("searchParam");
        Parameter(json, "patient", "http://hl7.org/fhir/SearchParameter/AuditEvent-patient", "reference");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Operation(Utf8JsonWriter json, string name, string definition, string? documentation)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("definition", definition);
        if (documentation is not null)
            json.WriteString("documentation", documentation);
        json.WriteEndObject();
    }

    private static void Parameter(Utf8JsonWriter json, string name, string definition, string type)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("definition", definition);
        json.WriteString("type", type);
        json.WriteEndObject();
    }

    private static void Codes(Utf8JsonWriter json, string name, IEnumerable<string> codes)
    {
        json.WriteStartArray(name);
        foreach (string code in codes)
        {
            json.WriteStartObject();
            json.WriteString("code", code);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}

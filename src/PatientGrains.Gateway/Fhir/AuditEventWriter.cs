using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// Access entries as R4 AuditEvents, after the patterns of IHE Basic Audit Log Patterns 1.1 (Patient Read, Query, Create, Update, Delete):
/// type <c>rest</c>, the interaction as
/// subtype, the user as requesting agent with purpose of use, this server as the other agent, what was released as versioned references,
/// and the patient.
/// </summary>
internal sealed class AuditEventWriter(GatewayOptions options)
{
    private const string Terminology = "http://terminology.hl7.org/CodeSystem/";
    private const string Nobody = "nobody that could be named";
    private const string Dicom = "http://dicom.nema.org/resources/ontology/DCM";

    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="entry">The entry.</param>
    /// <param name="patient">Whose log it is in.</param>
    public ReadOnlyMemory<byte> Write(AccessEntry entry, ResourceKey patient)
    {
        var to = new ArrayBufferWriter<byte>(2_048);
        using var json = new Utf8JsonWriter(to, Options);
        json.WriteStartObject();
        json.WriteString("resourceType", "AuditEvent");
        json.WriteString("id", entry.Id);
        json.WritePropertyName("type");
        Coding(json, Terminology + "audit-event-type", "rest", "RESTful Operation");
        json.WriteStartArray("subtype");
        Coding(json, "http://hl7.org/fhir/restful-interaction", entry.Interaction, null);
        json.WriteEndArray();
        json.WriteString("action", Action(entry.Interaction));
        json.WriteString("recorded", BundleWriter.Instant(entry.At));
        // R4 audit-event-outcome: 4 is a minor failure, the requester's; 8, ours, never gets an entry because nothing was durable then.
        json.WriteString("outcome", entry.RefusedBy is null ? "0" : "4");
        if (entry.RefusedBy is { } rule)
            json.WriteString("outcomeDesc", rule);
        Agents(json, entry);
        json.WriteStartObject("source");
        Observer(json, "observer");
        json.WriteStartArray("type");
        Coding(json, Terminology + "security-source-type", "4", "Application Server");
        json.WriteEndArray();
        json.WriteEndObject();
        Entities(json, entry, patient);
        json.WriteEndObject();
        json.Flush();
        return to.WrittenMemory;
    }

    /// <summary>R4 audit-event-action: a search or operation executes.</summary>
    internal static string Action(string interaction) => interaction switch
    {
        "create" => "C",
        "read" or "vread" or "history-instance" => "R",
        "update" or "patch" => "U",
        "delete" => "D",
        _ => "E",
    };

    /// <summary>The three agents of BALP: the client system, this server, and the user, who is the requestor.</summary>
    private void Agents(Utf8JsonWriter json, AccessEntry entry)
    {
        string action = Action(entry.Interaction);
        var (client, server) = Ends(action);
        json.WriteStartArray("agent");
        StartAgent(json, client);
        json.WriteStartObject("who");
        json.WriteString("display", entry.Who is { } system ? system.Source : Nobody);
        json.WriteEndObject();
        json.WriteBoolean("requestor", false);
        Network(json, null);
        json.WriteEndObject();
        StartAgent(json, server);
        Observer(json, "who");
        json.WriteBoolean("requestor", false);
        Network(json, options.BaseUrl);
        json.WriteEndObject();
        User(json, entry.Who, writes: action is "C" or "U" or "D");
        json.WriteEndArray();
    }

    /// <summary>
    /// Which role client and server have: where the data comes from and where it goes (DICOM), for a query where the question does.
    /// </summary>
    private static (AgentType Client, AgentType Server) Ends(string action)
    {
        AgentType source = new(Dicom, "110153", "Source Role ID");
        AgentType destination = new(Dicom, "110152", "Destination Role ID");
        return action switch
        {
            "R" => (destination, source),
            "D" => (new(Dicom, "110150", "Application"), new(Terminology + "provenance-participant-type", "custodian", "Custodian")),
            _ => (source, destination),
        };
    }

    private readonly record struct AgentType(string System, string Code, string Display);

    private static void StartAgent(Utf8JsonWriter json, AgentType type)
    {
        json.WriteStartObject();
        json.WriteStartObject("type");
        Codings(json, type.System, type.Code, type.Display);
        json.WriteEndObject();
    }

    /// <summary>
    /// BALP wants a network for both ends; entries hold no addresses of clients, and the event says so instead of making one up.
    /// </summary>
    private static void Network(Utf8JsonWriter json, string? url)
    {
        json.WriteStartObject("network");
        if (url is not null)
        {
            json.WriteString("address", url);
            // R4 network-type: 5 is a URI.
            json.WriteString("type", "5");
        }
        else
        {
            json.WriteStartArray("extension");
            json.WriteStartObject();
            json.WriteString("url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason");
            json.WriteString("valueCode", "unknown");
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void User(Utf8JsonWriter json, Requester? who, bool writes)
    {
        const string Participation = Terminology + "v3-ParticipationType";
        StartAgent(json, writes ? new(Participation, "INF", "informant") : new(Participation, "IRCP", "information recipient"));
        if (who is { Roles.IsEmpty: false })
        {
            json.WriteStartArray("role");
            foreach (var role in who.Roles)
            {
                json.WriteStartObject();
                json.WriteString("text", Auth.TokenClaims.NameOf(role));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        Who(json, who);
        json.WriteBoolean("requestor", true);
        if (who is { Purpose.Length: > 0 })
        {
            json.WriteStartArray("purposeOfUse");
            json.WriteStartObject();
            Codings(json, Terminology + "v3-ActReason", who.Purpose, null);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Who(Utf8JsonWriter json, Requester? who)
    {
        json.WriteStartObject("who");
        if (who is null)
        {
            json.WriteString("display", Nobody);
        }
        else
        {
            json.WriteStartObject("identifier");
            json.WriteString("system", "urn:patientgrains:source:" + who.Source);
            json.WriteString("value", who.Subject);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private void Observer(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteString("display", "PatientGrains " + options.SoftwareVersion);
        json.WriteEndObject();
    }

    private static void Entities(Utf8JsonWriter json, AccessEntry entry, ResourceKey patient)
    {
        json.WriteStartArray("entity");
        if (entry.Interaction is "search-type" or "search-system" or "operation" or "login")
        {
            StartEntity(json, "2", "System Object", "24", "Query");
            json.WriteBase64String("query", Encoding.UTF8.GetBytes(entry.Asked));
            json.WriteEndObject();
        }
        foreach (var released in entry.Versions)
        {
            StartEntity(json, "2", "System Object", "4", "Domain Resource");
            What(json, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{released.Key}/_history/{released.Version}"));
            json.WriteEndObject();
        }
        if (entry.Versions.IsEmpty && References.Key(entry.Asked.Split("/_history")[0]) is not null)
        {
            StartEntity(json, "2", "System Object", "4", "Domain Resource");
            What(json, entry.Asked);
            json.WriteEndObject();
        }
        StartEntity(json, "1", "Person", "1", "Patient");
        What(json, patient.ToString());
        json.WriteEndObject();
        if (entry.RequestId is { Length: > 0 } requestId)
            RequestEntity(json, requestId);
        json.WriteEndArray();
    }

    /// <summary>BALP: ties the entry to the X-Request-Id of the exchange.</summary>
    private static void RequestEntity(Utf8JsonWriter json, string requestId)
    {
        json.WriteStartObject();
        json.WriteStartObject("what");
        json.WriteStartObject("identifier");
        json.WriteString("value", requestId);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WritePropertyName("type");
        Coding(json, "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", null);
        json.WriteEndObject();
    }

    private static void StartEntity(Utf8JsonWriter json, string type, string typeDisplay, string role, string roleDisplay)
    {
        json.WriteStartObject();
        json.WritePropertyName("type");
        Coding(json, Terminology + "audit-entity-type", type, typeDisplay);
        json.WritePropertyName("role");
        Coding(json, Terminology + "object-role", role, roleDisplay);
    }

    private static void What(Utf8JsonWriter json, string reference)
    {
        json.WriteStartObject("what");
        json.WriteString("reference", reference);
        json.WriteEndObject();
    }

    private static void Codings(Utf8JsonWriter json, string system, string code, string? display)
    {
        json.WriteStartArray("coding");
        Coding(json, system, code, display);
        json.WriteEndArray();
    }

    private static void Coding(Utf8JsonWriter json, string system, string code, string? display)
    {
        json.WriteStartObject();
        json.WriteString("system", system);
        json.WriteString("code", code);
        if (display is not null)
            json.WriteString("display", display);
        json.WriteEndObject();
    }
}

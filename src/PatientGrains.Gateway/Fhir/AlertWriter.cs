using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// Alerts as R4: a DetectedIssue with the evidence and what was done about it, a Flag for charts, and a Provenance that names rule,
/// version, publication and the versions that were looked at. A DetectedIssue rather than a RiskAssessment: the latter predicts an
/// outcome with a probability, which no published screen does, and has no place for severity, evidence per criterion and mitigation.
/// </summary>
internal sealed partial class AlertWriter(GatewayOptions options)
{
    private const string Terminology = "http://terminology.hl7.org/CodeSystem/";
    private const string Rules = "urn:patientgrains:rules";

    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The same for ever: within a Bundle resources refer to each other by it, and clients recognise an alert.</summary>
    public static string UrnOf(ResourceKey patient, int alert, string type)
    {
        var name = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{patient}/alerts/{alert}/{type}"));
        byte[] bytes = SHA256.HashData(name)[..16];
        // RFC 9562: version 8, what is derived in a way of our own.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return "urn:uuid:" + new Guid(bytes, bigEndian: true);
    }

    public ReadOnlyMemory<byte> Issue(ResourceKey patient, Alert alert) => Write("DetectedIssue", json =>
    {
        States(json, alert);
        json.WriteStartArray("identifier");
        json.WriteStartObject();
        json.WriteString("system", "urn:patientgrains:alerts");
        json.WriteString("value", string.Create(CultureInfo.InvariantCulture, $"{patient.Id}/{alert.Number}"));
        json.WriteEndObject();
        json.WriteEndArray();
        // R4 observation-status: what goes on may change; what a correction removed was withdrawn.
        json.WriteString("status", alert.Status == AlertStatus.Withdrawn ? "entered-in-error"
            : alert.EndedAt is null ? "preliminary" : "final");
        Rule(json, alert);
        json.WriteString("severity", alert.Severity switch
        {
            Severity.Notice => "low",
            Severity.Warning => "moderate",
            _ => "high",
        });
        Reference(json, "patient", patient.ToString());
        json.WriteString("identifiedDateTime", BundleWriter.Instant(alert.RaisedAt));
        Device(json, "author", alert);
        Evidence(json, alert.Reason);
        json.WriteString("detail", Detail(alert));
        if (DoiOf(alert.Reason.Publication) is { } doi)
            json.WriteString("reference", doi);
        Mitigations(json, alert);
    });

    public ReadOnlyMemory<byte> Flag(ResourceKey patient, Alert alert) => Write("Flag", json =>
    {
        json.WriteString("status", alert.Status == AlertStatus.Withdrawn ? "entered-in-error"
            : alert.EndedAt is null ? "active" : "inactive");
        json.WriteStartArray("category");
        Concept(json, Terminology + "flag-category", "clinical", "Clinical");
        json.WriteEndArray();
        Rule(json, alert);
        Reference(json, "subject", patient.ToString());
        json.WriteStartObject("period");
        json.WriteString("start", BundleWriter.Instant(alert.RaisedAt));
        if (alert.EndedAt is { } end)
            json.WriteString("end", BundleWriter.Instant(end));
        json.WriteEndObject();
        Device(json, "author", alert);
    });

    public ReadOnlyMemory<byte> Provenance(ResourceKey patient, Alert alert) => Write("Provenance", json =>
    {
        json.WriteStartArray("target");
        foreach (string type in new[] { "DetectedIssue", "Flag" })
        {
            json.WriteStartObject();
            json.WriteString("reference", UrnOf(patient, alert.Number, type));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("occurredDateTime", BundleWriter.Instant(alert.Reason.AssessedAt));
        json.WriteString("recorded", BundleWriter.Instant(alert.ChangedAt));
        json.WriteStartArray("policy");
        json.WriteStringValue(RuleUri(alert));
        foreach (Match doi in Doi().Matches(alert.Reason.Publication))
            json.WriteStringValue(UrlOf(doi));
        json.WriteEndArray();
        json.WriteStartObject("activity");
        json.WriteString("text", alert.Reason.Publication);
        json.WriteEndObject();
        json.WriteStartArray("agent");
        json.WriteStartObject();
        json.WritePropertyName("type");
        Concept(json, Terminology + "provenance-participant-type", "assembler", "Assembler");
        Device(json, "who", alert);
        json.WriteEndObject();
        json.WriteEndArray();
        Looked(json, alert.Reason);
    });

    /// <summary>The state that R4 has no elements for; each url has one primitive value.</summary>
    private static void States(Utf8JsonWriter json, Alert alert)
    {
        json.WriteStartArray("extension");
        Extension(json, "alert-number", "valueInteger", alert.Number.ToString(CultureInfo.InvariantCulture));
        Extension(json, "alert-status", "valueCode", alert.Status.ToString().ToLowerInvariant());
        Extension(json, "alert-severity", "valueCode", alert.Severity.ToString().ToLowerInvariant());
        if (alert.Unit is { Length: > 0 } unit)
            Extension(json, "alert-unit", "valueString", unit);
        if (alert.Reason.Score is { } score)
            Extension(json, "alert-score", "valueDecimal", score.ToString(CultureInfo.InvariantCulture));
        if (alert.EscalatesAt is { } due)
            Extension(json, "alert-escalates-at", "valueInstant", BundleWriter.Instant(due));
        if (alert.SnoozedUntil is { } until)
            Extension(json, "alert-snoozed-until", "valueInstant", BundleWriter.Instant(until));
        json.WriteEndArray();
    }

    private static void Evidence(Utf8JsonWriter json, AlertReason reason)
    {
        if (reason.Criteria.IsEmpty)
            return;
        json.WriteStartArray("evidence");
        foreach (var criterion in reason.Criteria)
        {
            json.WriteStartObject();
            json.WriteStartArray("code");
            json.WriteStartObject();
            json.WriteString("text", Said(criterion));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartArray("detail");
            json.WriteStartObject();
            json.WriteString("reference", Versioned(criterion.Key, criterion.Version));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>What humans did about it (R4 DetectedIssue.mitigation).</summary>
    private static void Mitigations(Utf8JsonWriter json, Alert alert)
    {
        bool isOverridden = alert.Status == AlertStatus.Overridden;
        bool isSnoozed = alert is { SnoozedAt: not null, SnoozedBy: not null };
        bool isAcknowledged = alert is { AcknowledgedAt: not null, AcknowledgedBy: not null };
        if (!isOverridden && !isSnoozed && !isAcknowledged)
            return;
        json.WriteStartArray("mitigation");
        if (isAcknowledged)
            Mitigation(json, "Acknowledged", alert.AcknowledgedAt, alert.AcknowledgedBy);
        if (isSnoozed)
            Mitigation(json, "Snoozed", alert.SnoozedAt, alert.SnoozedBy);
        if (isOverridden)
            Mitigation(json, alert.Said is { } why ? $"Overridden: {why}" : "Overridden", alert.EndedAt, null);
        json.WriteEndArray();
    }

    private static void Mitigation(Utf8JsonWriter json, string action, DateTimeOffset? at, string? by)
    {
        json.WriteStartObject();
        json.WriteStartObject("action");
        json.WriteString("text", action);
        json.WriteEndObject();
        if (at is { } date)
            json.WriteString("date", BundleWriter.Instant(date));
        if (by is not null)
        {
            json.WriteStartObject("author");
            json.WriteString("display", by);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>Each version that was looked at, once.</summary>
    private static void Looked(Utf8JsonWriter json, AlertReason reason)
    {
        if (reason.Versions.IsEmpty)
            return;
        json.WriteStartArray("entity");
        foreach (var version in reason.Versions)
        {
            json.WriteStartObject();
            json.WriteString("role", "source");
            Reference(json, "what", Versioned(version.Key, version.Version));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string Said(MetCriterion criterion) => criterion.Value is { } value
        ? string.Create(CultureInfo.InvariantCulture, $"{criterion.Name}: {value} {criterion.Unit}").TrimEnd()
        : criterion.Name;

    private static string Detail(Alert alert)
    {
        string score = alert.Reason.Score is { } points ? string.Create(CultureInfo.InvariantCulture, $", score {points}") : "";
        string partial = alert.Reason.Missing.IsEmpty ? "" : $"; nothing fresh of {string.Join(", ", alert.Reason.Missing)}";
        string end = alert.EndedBecause is { } why ? $"; ended: {why}" : "";
        return $"{TitleOf(alert)}{score}{partial}{end}";
    }

    private static string TitleOf(Alert alert) => ScreeningRules.Find(alert.Rule)?.Title ?? alert.Rule;

    private static string RuleUri(Alert alert) =>
        string.Create(CultureInfo.InvariantCulture, $"urn:patientgrains:rule:{alert.Rule}:{alert.Reason.RuleVersion}");

    private static string Versioned(ResourceKey key, int version) =>
        string.Create(CultureInfo.InvariantCulture, $"{key}/_history/{version}");

    private static string? DoiOf(string publication) => Doi().Match(publication) is { Success: true } doi ? UrlOf(doi) : null;

    private static string UrlOf(Match doi) => "https://doi.org/" + doi.Groups[1].Value;

    [GeneratedRegex(@"doi:(10\.\d{4,9}/[^\s,;]*[^\s,;.])", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Doi();

    private static void Rule(Utf8JsonWriter json, Alert alert)
    {
        json.WritePropertyName("code");
        Concept(json, Rules, alert.Rule, TitleOf(alert));
    }

    private void Device(Utf8JsonWriter json, string name, Alert alert)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "Device");
        json.WriteString("display", string.Create(CultureInfo.InvariantCulture,
            $"PatientGrains {options.SoftwareVersion}, rule {alert.Rule} version {alert.Reason.RuleVersion}"));
        json.WriteEndObject();
    }

    private static void Extension(Utf8JsonWriter json, string url, string name, string value)
    {
        json.WriteStartObject();
        json.WriteString("url", "urn:patientgrains:" + url);
        json.WritePropertyName(name);
        if (name is "valueInteger" or "valueDecimal")
            json.WriteRawValue(value);
        else
            json.WriteStringValue(value);
        json.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter json, string name, string reference)
    {
        json.WriteStartObject(name);
        json.WriteString("reference", reference);
        json.WriteEndObject();
    }

    private static void Concept(Utf8JsonWriter json, string system, string code, string display)
    {
        json.WriteStartObject();
        json.WriteStartArray("coding");
        json.WriteStartObject();
        json.WriteString("system", system);
        json.WriteString("code", code);
        json.WriteString("display", display);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(string type, Action<Utf8JsonWriter> members)
    {
        var to = new ArrayBufferWriter<byte>(2_048);
        using var json = new Utf8JsonWriter(to, Options);
        json.WriteStartObject();
        json.WriteString("resourceType", type);
        members(json);
        json.WriteEndObject();
        json.Flush();
        return to.WrittenMemory;
    }
}

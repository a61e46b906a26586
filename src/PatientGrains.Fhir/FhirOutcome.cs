using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PatientGrains.Fhir;

/// <summary>Issues as an R4 OperationOutcome in UTF-8 JSON: every front answers failures with one.</summary>
public static class FhirOutcome
{
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an OperationOutcome of these issues; with none, one informational issue that says that all is well.</summary>
    public static void Write(IBufferWriter<byte> to, IReadOnlyList<FhirIssue> issues)
    {
        if (issues.Count == 0)
        {
            Write(to, FhirSeverity.Information, "informational", "All OK");
            return;
        }
        using var json = Begin(to);
        foreach (var issue in issues)
        {
            string place = issue.Line == 0
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $", line {issue.Line}, column {issue.Column}");
            WriteIssue(json, issue.Severity, issue.Code, $"{issue.Message} [{issue.Rule}{place}]", issue.Location);
        }
        End(json);
    }

    /// <summary>An outcome of a single issue that is about no place in a body, for example a refusal.</summary>
    /// <param name="to">Receives the JSON.</param>
    /// <param name="severity">R4 issue-severity.</param>
    /// <param name="code">A code of R4's value set issue-type.</param>
    /// <param name="diagnostics">For humans; must not hold PHI.</param>
    public static void Write(IBufferWriter<byte> to, FhirSeverity severity, string code, string diagnostics)
    {
        using var json = Begin(to);
        WriteIssue(json, severity, code, diagnostics, "");
        End(json);
    }

    private static Utf8JsonWriter Begin(IBufferWriter<byte> to)
    {
        var json = new Utf8JsonWriter(to, _plain);
        json.WriteStartObject();
        json.WriteString("resourceType"u8, "OperationOutcome"u8);
        json.WriteStartArray("issue"u8);
        return json;
    }

    private static void WriteIssue(Utf8JsonWriter json, FhirSeverity severity, string code, string diagnostics, string location)
    {
        json.WriteStartObject();
        json.WriteString("severity"u8, severity switch
        {
            FhirSeverity.Fatal => "fatal"u8,
            FhirSeverity.Error => "error"u8,
            FhirSeverity.Warning => "warning"u8,
            _ => "information"u8,
        });
        json.WriteString("code"u8, code);
        json.WriteString("diagnostics"u8, diagnostics);
        if (location.Length > 0)
        {
            json.WriteStartArray("expression"u8);
            json.WriteStringValue(location);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }
}

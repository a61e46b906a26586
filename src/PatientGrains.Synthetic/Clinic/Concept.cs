using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PatientGrains.Synthetic.Clinic;

/// <summary>A CodeableConcept, serialised once when the tables load: writing one into a resource is a copy of bytes.</summary>
internal sealed class Concept
{
    public const string Snomed = "http://snomed.info/sct";
    public const string Loinc = "http://loinc.org";
    public const string Icd10 = "http://hl7.org/fhir/sid/icd-10-cm";
    public const string RxNorm = "http://www.nlm.nih.gov/research/umls/rxnorm";
    public const string Cvx = "http://hl7.org/fhir/sid/cvx";
    public const string Ucum = "http://unitsofmeasure.org";
    public const string Terminology = "http://terminology.hl7.org/CodeSystem/";

    private Concept(string text, (string System, string Code, string Display)[] codings)
    {
        Json = RawJson.Of(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("coding");
            foreach (var coding in codings)
                WriteCoding(json, coding);
            json.WriteEndArray();
            json.WriteString("text", text);
            json.WriteEndObject();
        });
    }

    public byte[] Json { get; }

    public static Concept Of(string system, string code, string display) => new(display, [(system, code, display)]);

    public static Concept Of(string text, params (string System, string Code, string Display)[] codings) => new(text, codings);

    /// <summary>A Coding alone, for the elements that are not CodeableConcepts (Encounter.class).</summary>
    public static byte[] Coding(string system, string code, string display) =>
        RawJson.Of(json => WriteCoding(json, (system, code, display)));

    private static void WriteCoding(Utf8JsonWriter json, (string System, string Code, string Display) coding)
    {
        json.WriteStartObject();
        json.WriteString("system", coding.System);
        json.WriteString("code", coding.Code);
        json.WriteString("display", coding.Display);
        json.WriteEndObject();
    }
}

internal static class RawJson
{
    /// <summary>FHIR JSON is not embedded in HTML, so only what RFC 8259 demands is escaped.</summary>
    public static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] Of(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Plain);
        write(json);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}

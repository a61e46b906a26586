using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatientGrains.Host.Importing;
using PatientGrains.Synthetic;

namespace PatientGrains.LoadTests.Reading;

/// <summary>One patient with as many resources as asked for: observations of many synthetic patients, said of this one.</summary>
internal sealed record LargePatient(string Id, int Resources, List<byte[]> Bodies, long Bytes)
{
    private const int PerBundle = 500;

    public static LargePatient Of(string id, int resources)
    {
        var bodies = new List<byte[]> { Encoding.UTF8.GetBytes($$"""{"resourceType":"Patient","id":"{{id}}","gender":"female"}""") };
        foreach (var patient in SyntheticPopulation.Patients(new SyntheticOptions { Patients = SyntheticOptions.MaxPatients, Seed = 7 }))
        {
            foreach (var resource in patient.Resources())
            {
                var json = JsonNode.Parse(resource.Span)!;
                if ((string?)json["resourceType"] != "Observation")
                    continue;
                json["id"] = $"{id}-{bodies.Count}";
                json["subject"] = new JsonObject { ["reference"] = "Patient/" + id };
                bodies.Add(Encoding.UTF8.GetBytes(json.ToJsonString()));
                if (bodies.Count == resources)
                    return new LargePatient(id, resources, bodies, bodies.Sum(body => (long)body.Length));
            }
        }
        throw new InvalidOperationException("The population has an end.");
    }

    /// <summary>In transactions of a few hundred, as it would grow.</summary>
    public async Task Write(InProcessTarget target)
    {
        int part = 0;
        foreach (byte[][] bodies in Bodies.Chunk(PerBundle))
        {
            var result = await target.Submit(new ImportItem(Id, 0, Bundle(bodies), $"{Id}-{part++}"), default);
            if (result.Created != bodies.Length)
            {
                string? why = result.Rejects.FirstOrDefault()?.Message;
                throw new InvalidDataException($"{result.Created} of {bodies.Length} resources were taken: {why}");
            }
        }
    }

    private static byte[] Bundle(byte[][] bodies)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("resourceType", "Bundle");
            writer.WriteString("type", "transaction");
            writer.WriteStartArray("entry");
            foreach (byte[] body in bodies)
                Entry(writer, body);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static void Entry(Utf8JsonWriter writer, byte[] body)
    {
        var json = JsonNode.Parse(body)!;
        writer.WriteStartObject();
        writer.WritePropertyName("resource");
        writer.WriteRawValue(body, skipInputValidation: true);
        writer.WriteStartObject("request");
        writer.WriteString("method", "PUT");
        writer.WriteString("url", $"{json["resourceType"]}/{json["id"]}");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}

using System.Text;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>Small resources that are valid R4.</summary>
internal static class Samples
{
    public static string Patient(string? id = null, string family = "Muster", string? identifier = null)
    {
        var json = new StringBuilder("{\"resourceType\":\"Patient\",");
        if (id is not null)
            json.Append($"\"id\":\"{id}\",");
        if (identifier is not null)
            json.Append($"\"identifier\":[{{\"system\":\"urn:test:mrn\",\"value\":\"{identifier}\"}}],");
        return json.Append($"\"name\":[{{\"family\":\"{family}\"}}],\"gender\":\"female\",\"birthDate\":\"1970-03\"}}").ToString();
    }

    public static string Observation(string patient, string? id = null, string code = "8867-4", string day = "2024-05-01",
        string value = "72.0", string category = "vital-signs")
    {
        const string Categories = "http://terminology.hl7.org/CodeSystem/observation-category";
        var json = new StringBuilder("{\"resourceType\":\"Observation\",");
        if (id is not null)
            json.Append($"\"id\":\"{id}\",");
        json.Append($"\"status\":\"final\",\"category\":[{{\"coding\":[{{\"system\":\"{Categories}\",\"code\":\"{category}\"}}]}}],");
        json.Append($"\"code\":{{\"coding\":[{{\"system\":\"http://loinc.org\",\"code\":\"{code}\"}}]}},");
        json.Append($"\"subject\":{{\"reference\":\"Patient/{patient}\"}},\"effectiveDateTime\":\"{day}\",");
        json.Append($"\"valueQuantity\":{{\"value\":{value},\"unit\":\"/min\",");
        json.Append("\"system\":\"http://unitsofmeasure.org\",\"code\":\"/min\"}}");
        return json.ToString();
    }

    public static string Practitioner(string npi)
    {
        string identifier = $"{{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"{npi}\"}}";
        return $"{{\"resourceType\":\"Practitioner\",\"identifier\":[{identifier}],\"name\":[{{\"family\":\"Arzt\"}}]}}";
    }
}

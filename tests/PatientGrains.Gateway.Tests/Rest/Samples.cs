namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>Small resources that are valid R4.</summary>
internal static class Samples
{
    public static string Patient(string? id = null, string family = "Muster", string? identifier = null) =>
        $$"""
        {"resourceType":"Patient",{{(id is null ? "" : $"\"id\":\"{id}\",")}}{{(identifier is null ? "" : $"\"identifier\":[{{\"system\":\"urn:test:mrn\",\"value\":\"{identifier}\"}}],")}}"name":[{"family":"{{family}}"}],"gender":"female","birthDate":"1970-03"}
        """;

    public static string Observation(string patient, string? id = null, string code = "8867-4", string day = "2024-05-01", string value = "72.0", string category = "vital-signs") =>
        $$"""
        {"resourceType":"Observation",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{{category}}"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"{{code}}"}]},"subject":{"reference":"Patient/{{patient}}"},"effectiveDateTime":"{{day}}","valueQuantity":{"value":{{value}},"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"} }
        """;

    public static string Practitioner(string npi) =>
        $$"""
        {"resourceType":"Practitioner","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"{{npi}}"}],"name":[{"family":"Arzt"}]}
        """;
}

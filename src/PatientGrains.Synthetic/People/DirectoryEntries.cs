using System.Text.Json;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Json;

namespace PatientGrains.Synthetic.People;

/// <summary>An organisation and the one location it has.</summary>
internal sealed record Office(string Name, string Number, Address Address, string Phone, string OrganizationId, string LocationId)
{
    private static readonly byte[] Provider =
        [(byte)'[', .. Concept.Of(Concept.Terminology + "organization-type", "prov", "Healthcare Provider").Json, (byte)']'];

    public DirectoryLink OrganizationLink { get; } = new("Organization", OrganizationId, IdentifierSystems.Organization, Number, Name);

    public DirectoryLink LocationLink { get; } = new("Location", LocationId, IdentifierSystems.Location, Number, Name);

    public void WriteOrganization(Utf8JsonWriter json)
    {
        DirectoryJson.Open(json, "Organization", OrganizationId, IdentifierSystems.Organization, Number);
        json.WriteBoolean("active", true);
        json.WritePropertyName("type");
        json.WriteRawValue(Provider);
        json.WriteString("name", Name);
        DirectoryJson.Phone(json, Phone);
        json.WriteStartArray("address");
        DirectoryJson.Address(json, Address);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public void WriteLocation(Utf8JsonWriter json)
    {
        DirectoryJson.Open(json, "Location", LocationId, IdentifierSystems.Location, Number);
        json.WriteString("status", "active");
        json.WriteString("name", Name);
        json.WriteString("mode", "instance");
        DirectoryJson.Phone(json, Phone);
        json.WritePropertyName("address");
        DirectoryJson.Address(json, Address);
        json.WriteStartObject("managingOrganization");
        json.WriteString("reference", "Organization/" + OrganizationId);
        json.WriteString("display", Name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

internal sealed record Doctor(string Given, string Family, bool Female, string Npi, string Id)
{
    public DirectoryLink Link { get; } = new("Practitioner", Id, IdentifierSystems.Npi, Npi, $"Dr. {Given} {Family}");

    public void Write(Utf8JsonWriter json)
    {
        DirectoryJson.Open(json, "Practitioner", Id, IdentifierSystems.Npi, Npi);
        json.WriteBoolean("active", true);
        json.WriteStartArray("name");
        json.WriteStartObject();
        json.WriteString("family", Family);
        json.WriteStartArray("given");
        json.WriteStringValue(Given);
        json.WriteEndArray();
        json.WriteStartArray("prefix");
        json.WriteStringValue("Dr.");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("gender", Female ? "female" : "male");
        json.WriteEndObject();
    }
}

internal static class DirectoryJson
{
    public static void Open(Utf8JsonWriter json, string type, string id, string system, string value)
    {
        json.WriteStartObject();
        json.WriteString("resourceType", type);
        json.WriteString("id", id);
        json.WriteStartArray("identifier");
        json.WriteStartObject();
        json.WriteString("system", system);
        json.WriteString("value", value);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    public static void Phone(Utf8JsonWriter json, string number)
    {
        json.WriteStartArray("telecom");
        json.WriteStartObject();
        json.WriteString("system", "phone");
        json.WriteString("value", number);
        json.WriteString("use", "work");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    public static void Address(Utf8JsonWriter json, Address address)
    {
        json.WriteStartObject();
        json.WriteStartArray("line");
        json.WriteStringValue(address.Line);
        json.WriteEndArray();
        json.WriteString("city", address.City);
        json.WriteString("state", address.State);
        json.WriteString("postalCode", address.PostalCode);
        json.WriteString("country", "US");
        json.WriteEndObject();
    }
}

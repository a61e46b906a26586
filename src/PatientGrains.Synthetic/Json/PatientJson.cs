using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Json;

internal static class PatientJson
{
    private static readonly byte[] RecordNumberType = Type("MR", "Medical record number");
    private static readonly byte[] SocialSecurityType = Type("SS", "Social Security number");
    private static readonly byte[] EmergencyContact = Type("C", "Emergency Contact", "v2-0131");
    private static readonly byte[] English = RawJson.Of(json =>
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WritePropertyName("language");
        json.WriteRawValue(Concept.Of("urn:ietf:bcp:47", "en-US", "English (United States)").Json);
        json.WriteEndObject();
        json.WriteEndArray();
    });

    public static void Write(Pen pen, Person person, DirectoryLink home)
    {
        var json = pen.Json;
        pen.Open("Patient"u8, 0);
        json.WriteStartArray("identifier"u8);
        Identifier(pen, RecordNumberType, pen.Rendering.RecordNumberSystem, person.RecordNumber);
        if (person.SocialSecurityNumber is { } number)
            Identifier(pen, SocialSecurityType, IdentifierSystems.SocialSecurity, number);
        json.WriteEndArray();
        json.WriteBoolean("active"u8, true);
        Names(pen, person);
        json.WriteStartArray("telecom"u8);
        Telecom(pen, "phone"u8, person.Phone, "home"u8);
        if (person.Email is { } email)
            Telecom(pen, "email"u8, email, "home"u8);
        json.WriteEndArray();
        json.WriteString("gender"u8, person.Female ? "female"u8 : "male"u8);
        json.WriteDay("birthDate"u8, person.BirthDate);
        json.WriteStartArray("address"u8);
        Address(pen, person.Home);
        json.WriteEndArray();
        if (person.NextOfKin is { } kin)
            Contact(pen, kin);
        pen.Raw("communication"u8, English);
        pen.Directory("managingOrganization"u8, home);
        pen.Close();
    }

    private static void Names(Pen pen, Person person)
    {
        var json = pen.Json;
        json.WriteStartArray("name"u8);
        json.WriteStartObject();
        json.WriteString("use"u8, "official"u8);
        json.WriteString("family"u8, person.Family);
        json.WriteStartArray("given"u8);
        json.WriteStringValue(person.Given);
        json.WriteStringValue(person.Middle);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Identifier(Pen pen, byte[] type, string system, string value)
    {
        pen.Json.WriteStartObject();
        pen.Raw("type"u8, type);
        pen.Json.WriteString("system"u8, system);
        pen.Json.WriteString("value"u8, value);
        pen.Json.WriteEndObject();
    }

    public static void Telecom(Pen pen, ReadOnlySpan<byte> system, string value, ReadOnlySpan<byte> use)
    {
        pen.Json.WriteStartObject();
        pen.Json.WriteString("system"u8, system);
        pen.Json.WriteString("value"u8, value);
        pen.Json.WriteString("use"u8, use);
        pen.Json.WriteEndObject();
    }

    private static void Address(Pen pen, Address address)
    {
        var json = pen.Json;
        json.WriteStartObject();
        json.WriteString("use"u8, "home"u8);
        json.WriteStartArray("line"u8);
        json.WriteStringValue(address.Line);
        json.WriteEndArray();
        json.WriteString("city"u8, address.City);
        json.WriteString("state"u8, address.State);
        json.WriteString("postalCode"u8, address.PostalCode);
        json.WriteString("country"u8, "US"u8);
        json.WriteEndObject();
    }

    private static void Contact(Pen pen, Kin kin)
    {
        var json = pen.Json;
        json.WriteStartArray("contact"u8);
        json.WriteStartObject();
        json.WriteStartArray("relationship"u8);
        json.WriteRawValue(EmergencyContact, skipInputValidation: true);
        json.WriteEndArray();
        json.WriteStartObject("name"u8);
        json.WriteString("family"u8, kin.Family);
        json.WriteStartArray("given"u8);
        json.WriteStringValue(kin.Given);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("telecom"u8);
        Telecom(pen, "phone"u8, kin.Phone, "mobile"u8);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static byte[] Type(string code, string display, string system = "v2-0203") =>
        Concept.Of(Concept.Terminology + system, code, display).Json;
}

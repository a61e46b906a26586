using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatientGrains.Core.Record;

/// <summary>
/// Type and logical id of a FHIR resource, written <c>Type/id</c> (R4 2.3.0.1). Equality is by ordinal text: ids are case sensitive (R4
/// 2.24.0.1).
/// </summary>
[JsonConverter(typeof(ResourceKeyJson))]
public readonly record struct ResourceKey(string Type, string Id)
{
    public bool IsPatient => Type == "Patient";

    /// <summary>Of the id alone: it is hashed several times for each change, and R4 has 148 types that could share one.</summary>
    public override int GetHashCode() => Id?.GetHashCode() ?? 0;

    /// <summary>Reads <c>Type/id</c>.</summary>
    /// <exception cref="FormatException">There is not exactly one slash with text on both sides.</exception>
    public static ResourceKey Parse(string text) =>
        TryParse(text, out var key) ? key : throw new FormatException("Expected Type/id.");

    public static bool TryParse(string? text, out ResourceKey key)
    {
        int slash = text?.IndexOf('/') ?? -1;
        bool good = slash > 0 && slash < text!.Length - 1 && text.IndexOf('/', slash + 1) < 0;
        key = good ? new ResourceKey(text![..slash], text[(slash + 1)..]) : default;
        return good;
    }

    public override string ToString() => string.Concat(Type, "/", Id);
}

internal sealed class ResourceKeyJson : JsonConverter<ResourceKey>
{
    /// <summary>R4's longest type name and id (2.24.0.1: 64 characters) with room to spare.</summary>
    private const int MostOnStack = 128;

    public override ResourceKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ResourceKey.Parse(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, ResourceKey value, JsonSerializerOptions options) => Put(writer, value);

    internal static void Put(Utf8JsonWriter writer, ResourceKey value)
    {
        Span<char> text = stackalloc char[MostOnStack];
        if (text.TryWrite($"{value.Type}/{value.Id}", out int length))
            writer.WriteStringValue(text[..length]);
        else
            writer.WriteStringValue(value.ToString());
    }
}

using System.Text.Json;

namespace PatientGrains.Synthetic.Tests;

/// <summary>Short ways into parsed resources.</summary>
internal static class Json
{
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8) => JsonDocument.Parse(utf8).RootElement;

    public static string Type(this JsonElement resource) => resource.GetProperty("resourceType").GetString()!;

    public static string Id(this JsonElement resource) => resource.GetProperty("id").GetString()!;

    public static IEnumerable<JsonElement> Entries(this JsonElement bundle) => bundle.GetProperty("entry").EnumerateArray();

    public static bool Has(this JsonElement resource, string property) => resource.TryGetProperty(property, out _);

    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
            element = element.ValueKind == JsonValueKind.Array ? element[int.Parse(step)] : element.GetProperty(step);
        return element;
    }

    public static string Text(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).GetString()!;

    /// <summary>The first coding's code of a resource's code element.</summary>
    public static string Code(this JsonElement resource) => resource.Text("code", "coding", "0", "code");

    public static decimal Value(this JsonElement observation) => observation.At("valueQuantity", "value").GetDecimal();

    public static string Unit(this JsonElement observation) => observation.Text("valueQuantity", "code");

    /// <summary>Every value of a property named reference, at any depth.</summary>
    public static IEnumerable<string> References(this JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    if (property.NameEquals("reference") && property.Value.ValueKind == JsonValueKind.String)
                        yield return property.Value.GetString()!;
                    foreach (var inner in property.Value.References())
                        yield return inner;
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    foreach (var inner in item.References())
                        yield return inner;
                }
                break;
        }
    }
}

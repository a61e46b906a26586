using System.IO.Compression;
using System.Text.Json;

namespace PatientGrains.Fhir.Generator;

/// <summary>HL7's R4 4.0.1 definitions (CC0), as published in the definitions download and the package hl7.fhir.r4.examples.</summary>
internal sealed class Definitions
{
    /// <summary>StructureDefinitions of primitive types, data types and resources by name, profiles left out but for the two that base
    /// elements name.</summary>
    public SortedDictionary<string, JsonElement> Structures { get; } = new(StringComparer.Ordinal);

    /// <summary>By canonical URL without version.</summary>
    public Dictionary<string, JsonElement> ValueSets { get; } = [];

    /// <summary>By canonical URL.</summary>
    public Dictionary<string, JsonElement> CodeSystems { get; } = [];

    public List<JsonElement> SearchParameters { get; } = [];

    public JsonElement PatientCompartment { get; private set; }

    public static Definitions Load(string folder)
    {
        var found = new Definitions();
        foreach (string name in new[] { "profiles-types", "profiles-resources", "valuesets", "v3-codesystems", "v2-tables",
            "search-parameters" })
        {
            foreach (var entry in Read(Path.Combine(folder, name + ".json.gz")).GetProperty("entry").EnumerateArray())
                found.Add(entry.GetProperty("resource"));
        }
        found.PatientCompartment = Read(Path.Combine(folder, "CompartmentDefinition-patient.json.gz"));
        return found;
    }

    private void Add(JsonElement resource)
    {
        switch (resource.Text("resourceType"))
        {
            case "StructureDefinition" when IsType(resource):
                Structures.Add(resource.Text("name"), resource);
                break;
            case "ValueSet":
                ValueSets[resource.Text("url")] = resource;
                break;
            case "CodeSystem":
                CodeSystems[resource.Text("url")] = resource;
                break;
            case "SearchParameter":
                SearchParameters.Add(resource);
                break;
        }
    }

    /// <summary>SimpleQuantity and MoneyQuantity are profiles that the elements of base resources name, so they are types to us.</summary>
    private static bool IsType(JsonElement structure) =>
        structure.Text("kind") != "logical"
        && (structure.Text("derivation") != "constraint" || structure.Text("name") is "SimpleQuantity" or "MoneyQuantity");

    private static JsonElement Read(string path)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var document = JsonDocument.Parse(file);
        return document.RootElement.Clone();
    }
}

internal static class JsonElements
{
    /// <summary>The string member, or empty.</summary>
    public static string Text(this JsonElement of, string name) =>
        of.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : "";

    /// <summary>The items of the array member, or nothing.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement of, string name) =>
        of.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Array ? member.EnumerateArray() : [];

    /// <summary>What follows the last slash of a canonical URL, its version cut off.</summary>
    public static string Tail(string canonical)
    {
        string plain = canonical.Split('|')[0];
        return plain[(plain.LastIndexOf('/') + 1)..];
    }
}

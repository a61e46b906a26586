using System.Text;
using System.Text.Json.Nodes;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests.Mutations;

/// <summary>A value in a resource, what the schema says of it, and its location as the validator would write it.</summary>
internal sealed record Site(JsonObject Parent, TypeDef ParentType, Property Property, int Index, string ParentPath, JsonNode? Value)
{
    public string Path => Index < 0 ? $"{ParentPath}.{Property.Element}" : $"{ParentPath}.{Property.Element}[{Index}]";

    public string ElementPath => $"{ParentPath}.{Property.Element}";

    public bool IsRequired => (ParentType.Required & (1UL << Property.Slot)) != 0;

    public bool IsText => Property.Kind >= ValueKind.String;

    /// <summary>Puts another value here.</summary>
    public void Put(JsonNode? value)
    {
        if (Index < 0)
            Parent[Property.Name] = value;
        else
            ((JsonArray)Parent[Property.Name]!)[Index] = value;
    }

    /// <summary>All values of a resource that are where the schema has them, null values left out.</summary>
    public static IEnumerable<Site> Of(JsonObject resource)
    {
        string type = (string)resource["resourceType"]!;
        return Walk(resource, R4.Instance.Type(type), type);
    }

    private static IEnumerable<Site> Walk(JsonObject parent, TypeDef type, string path)
    {
        foreach (var (name, value) in parent)
        {
            int index = type.Names.Find(Encoding.UTF8.GetBytes(name));
            if (index < 0 || type.Properties[index].Kind == ValueKind.TypeName)
                continue;
            var property = type.Properties[index];
            var items = value is JsonArray array ? array.Select((x, i) => (x, i)) : [(value, -1)];
            foreach (var (item, at) in items)
            {
                var site = new Site(parent, type, property, at, path, item);
                if (item is null)
                    continue;
                yield return site;
                if (item is not JsonObject inner)
                    continue;
                var innerType = property.Kind == ValueKind.Resource ? R4.Instance.Type((string)inner["resourceType"]!) : property.Type;
                foreach (var below in innerType is null ? [] : Walk(inner, innerType, site.Path))
                    yield return below;
            }
        }
    }
}

using System.Text.Json;
using System.Text.RegularExpressions;

namespace PatientGrains.Synthetic.Tests;

/// <summary>
/// A check of our own making, straight from HL7's StructureDefinitions and apart from PatientGrains.Fhir: known elements, cardinality,
/// kinds of JSON, formats of primitives, required bindings, types of reference targets. No invariants.
/// </summary>
internal sealed class StructureCheck
{
    private readonly Dictionary<string, Element> _elements = [];
    private readonly Dictionary<string, List<Element>> _children = [];
    private readonly HashSet<string> _primitives = [];
    private readonly Dictionary<string, Regex> _formats = [];
    private readonly Dictionary<string, HashSet<string>> _codes = [];

    private sealed record Element(
        string Path, int Min, bool Many, List<(string Code, HashSet<string> Targets)> Types, string? Content, string? Binding);

    public StructureCheck()
    {
        foreach (var file in new[] { "profiles-types.json.gz", "profiles-resources.json.gz" })
        {
            foreach (var definition in SharedData.Definitions(file).Where(x => x.Type() == "StructureDefinition" && x.Has("snapshot")))
                Load(definition);
        }
        var sets = SharedData.Definitions("valuesets.json.gz").Concat(SharedData.Definitions("v3-codesystems.json.gz")).ToList();
        var systems = sets.Where(x => x.Type() == "CodeSystem" && x.Has("concept")).GroupBy(x => x.Text("url"))
            .ToDictionary(x => x.Key, x => x.SelectMany(s => Concepts(s)).ToHashSet());
        foreach (var set in sets.Where(x => x.Type() == "ValueSet" && x.Has("compose") && x.At("compose").Has("include")))
            LoadCodes(set, systems);
    }

    /// <summary>What is wrong, as paths with a reason; empty when nothing is.</summary>
    public List<string> Check(JsonElement resource)
    {
        var problems = new List<string>();
        Object(resource.Type(), resource, problems, resource.Type());
        return problems;
    }

    private void Object(string path, JsonElement value, List<string> problems, string at)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{at}: not an object");
            return;
        }
        var found = new Dictionary<string, int>();
        foreach (var property in value.EnumerateObject().Where(x => x.Name != "resourceType"))
        {
            var (element, type) = Find(path, property.Name);
            if (element is null)
            {
                problems.Add($"{at}.{property.Name}: unknown");
                continue;
            }
            if (!found.TryAdd(element.Path, 1))
                problems.Add($"{at}.{property.Name}: twice");
            if (element.Many != (property.Value.ValueKind == JsonValueKind.Array))
                problems.Add($"{at}.{property.Name}: array or not");
            else if (!element.Many)
                Value(element, type, property.Value, problems, $"{at}.{property.Name}");
            else if (property.Value.GetArrayLength() == 0)
                problems.Add($"{at}.{property.Name}: empty");
            else
                foreach (var item in property.Value.EnumerateArray())
                    Value(element, type, item, problems, $"{at}.{property.Name}");
        }
        problems.AddRange(_children[path].Where(x => x.Min > 0 && !found.ContainsKey(x.Path)).Select(x => $"{at}: lacks {x.Path}"));
        if (!value.EnumerateObject().Any())
            problems.Add($"{at}: empty");
    }

    private void Value(Element element, (string Code, HashSet<string> Targets) type, JsonElement value, List<string> problems, string at)
    {
        if (_primitives.Contains(type.Code))
        {
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            var number = type.Code is "decimal" or "integer" or "positiveInt" or "unsignedInt";
            var expected = number ? JsonValueKind.Number : type.Code == "boolean" ? value.ValueKind : JsonValueKind.String;
            if (value.ValueKind != expected || (_formats.TryGetValue(type.Code, out var format) && !format.IsMatch(text)))
                problems.Add($"{at}: {text} is no {type.Code}");
            if (element.Binding is not null && _codes.TryGetValue(element.Binding, out var allowed) && !allowed.Contains(text))
                problems.Add($"{at}: {text} is not in {element.Binding}");
            return;
        }
        var path = element.Content ?? type.Code switch
        {
            "BackboneElement" or "Element" => element.Path,
            "Resource" => value.Type(),
            _ => type.Code,
        };
        Object(path, value, problems, at);
        if (type.Code == "CodeableConcept" && element.Binding is not null && _codes.TryGetValue(element.Binding, out var codes)
            && value.At("coding").EnumerateArray().All(x => !codes.Contains(x.Text("code"))))
            problems.Add($"{at}: no code of {element.Binding}");
        if (type.Code == "Reference" && value.TryGetProperty("reference", out var reference))
            Target(reference.GetString()!.Split('/', '?')[0], type.Targets, problems, at);
    }

    private static void Target(string target, HashSet<string> allowed, List<string> problems, string at)
    {
        if (!target.StartsWith("urn:") && allowed.Count > 0 && !allowed.Contains(target) && !allowed.Contains("Resource"))
            problems.Add($"{at}: {target} is no target");
    }

    private (Element?, (string Code, HashSet<string> Targets)) Find(string path, string name)
    {
        if (_elements.TryGetValue($"{path}.{name}", out var element) && (element.Types.Count > 0 || element.Content is not null))
            return (element, element.Types.FirstOrDefault((element.Content ?? "", [])));
        foreach (var choice in _children[path].Where(x => x.Path.EndsWith("[x]")))
        {
            var stem = choice.Path[(path.Length + 1)..^3];
            foreach (var type in choice.Types.Where(x => name == stem + char.ToUpperInvariant(x.Code[0]) + x.Code[1..]))
                return (choice, type);
        }
        return (null, default);
    }

    private void Load(JsonElement definition)
    {
        // Profiles on data types (SimpleQuantity) bear the type's name and would hide it.
        if (definition.TryGetProperty("derivation", out var derivation) && derivation.GetString() == "constraint")
            return;
        var type = definition.Text("type");
        _children[type] = [];
        if (definition.Text("kind") == "primitive-type")
        {
            _primitives.Add(type);
            var regex = definition.At("snapshot", "element").EnumerateArray().Where(x => x.Text("path").EndsWith(".value"))
                .SelectMany(x => x.At("type", "0").TryGetProperty("extension", out var e) ? e.EnumerateArray().ToList() : [])
                .FirstOrDefault(x => x.Text("url") == "http://hl7.org/fhir/StructureDefinition/regex");
            if (regex.ValueKind == JsonValueKind.Object)
                _formats[type] = new Regex("^(" + regex.Text("valueString") + ")$");
            return;
        }
        foreach (var element in definition.At("snapshot", "element").EnumerateArray().Skip(1))
            Load(element.Text("path"), element);
    }

    private void Load(string path, JsonElement element)
    {
        var types = element.TryGetProperty("type", out var list) ? list.EnumerateArray().Select(TypeOf).ToList() : [];
        var content = element.TryGetProperty("contentReference", out var reference) ? reference.GetString()![1..] : null;
        var binding = element.TryGetProperty("binding", out var bound) && bound.Text("strength") == "required" && bound.Has("valueSet")
            ? bound.Text("valueSet").Split('|')[0] : null;
        var loaded = new Element(path, element.At("min").GetInt32(), element.Text("max") != "1", types, content, binding);
        _elements[path] = loaded;
        _children.TryAdd(path, []);
        _children[path[..path.LastIndexOf('.')]].Add(loaded);
    }

    private static (string, HashSet<string>) TypeOf(JsonElement type)
    {
        var code = type.Text("code");
        if (code.StartsWith("http://hl7.org/fhirpath/"))
            code = type.TryGetProperty("extension", out var extensions) ? extensions[0].Text("valueUrl") : "string";
        var targets = type.TryGetProperty("targetProfile", out var profiles)
            ? profiles.EnumerateArray().Select(x => x.GetString()!.Split('/')[^1]).ToHashSet() : [];
        return (code, targets);
    }

    private void LoadCodes(JsonElement set, Dictionary<string, HashSet<string>> systems)
    {
        var codes = new HashSet<string>();
        foreach (var include in set.At("compose", "include").EnumerateArray())
        {
            if (include.Has("filter") || include.Has("valueSet") || !include.Has("system"))
                return;
            if (include.TryGetProperty("concept", out var listed))
                codes.UnionWith(listed.EnumerateArray().Select(x => x.Text("code")));
            else if (systems.TryGetValue(include.Text("system"), out var all))
                codes.UnionWith(all);
            else
                return;
        }
        _codes[set.Text("url")] = codes;
    }

    private static IEnumerable<string> Concepts(JsonElement parent)
    {
        if (!parent.TryGetProperty("concept", out var concepts))
            yield break;
        foreach (var concept in concepts.EnumerateArray())
        {
            yield return concept.Text("code");
            foreach (var inner in Concepts(concept))
                yield return inner;
        }
    }
}

using System.Text;
using System.Text.Json;

namespace PatientGrains.Fhir.Generator;

/// <summary>
/// One section per type and per backbone element: <c>type name kind base</c>, then its own elements <c>name min max types binding</c> and
/// invariants <c>! key expression human</c>.
/// A type is a name, <c>Name/Profile</c>, <c>Reference(A,B)</c> or <c>@Path</c> for a backbone element or contentReference; alternatives
/// are separated by a bar.
/// </summary>
internal static class TypeTables
{
    private const string MaxValueSet = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";
    private const string FhirType = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";

    public static void Write(Definitions definitions, ValueSetTables valueSets, StringBuilder text)
    {
        foreach (var (name, structure) in definitions.Structures)
        {
            string kind = structure.Text("kind");
            if (structure.TryGetProperty("abstract", out var isAbstract) && isAbstract.GetBoolean())
                kind = "abstract";
            if (kind == "primitive-type")
                continue;
            var elements = structure.GetProperty("snapshot").Items("element").ToList();
            Section(name, kind, JsonElements.Tail(structure.Text("baseDefinition")), elements[0]);
            foreach (var backbone in elements.Skip(1).Where(x => HasChildren(x, elements)))
                Section(backbone.Text("path"), "backbone", backbone.Items("type").First().Text("code"), backbone);

            void Section(string path, string sectionKind, string baseType, JsonElement head)
            {
                text.Append($"type\t{path}\t{sectionKind}\t{baseType}\n");
                foreach (var element in elements.Where(x => Parent(x.Text("path")) == path && IsOwn(x, name)))
                    text.Append('\t').Append(Element(element, elements, valueSets)).Append('\n');
                foreach (var rule in head.Items("constraint").Where(x => IsOwnRule(x, name)))
                    text.Append($"\t!\t{rule.Text("key")}\t{OneLine(rule.Text("expression"))}\t{OneLine(rule.Text("human"))}\n");
            }
        }
    }

    private static string Element(JsonElement element, List<JsonElement> all, ValueSetTables valueSets)
    {
        string path = element.Text("path");
        string content = element.Text("contentReference");
        string types = content.Length > 0 ? "@" + content[1..]
            : path == "Resource.id" ? "id" // 4.0.1 says string by mistake: section 2.27.1 and the type's own text say id.
            : HasChildren(element, all) ? "@" + path
            : string.Join('|', element.Items("type").Select(Type));
        string line = $"{path[(path.LastIndexOf('.') + 1)..]}\t{element.GetProperty("min").GetInt32()}\t{element.Text("max")}\t{types}";
        return element.TryGetProperty("binding", out var binding) && Binding(binding, path, valueSets) is { } bound ? line + "\t" + bound
            : line;
    }

    private static string Type(JsonElement type)
    {
        string code = type.Text("code");
        if (code.StartsWith("http://hl7.org/fhirpath/", StringComparison.Ordinal))
            return type.Items("extension").Where(x => x.Text("url") == FhirType).Select(x => x.Text("valueUrl")).First();
        var targets = type.Items("targetProfile").Select(x => JsonElements.Tail(x.GetString()!)).ToList();
        if (code == "Reference" && targets.Count > 0 && !targets.Contains("Resource"))
            return $"Reference({string.Join(',', targets)})";
        string profile = JsonElements.Tail(type.Items("profile").Select(x => x.GetString()!).FirstOrDefault() ?? "");
        return profile is "SimpleQuantity" or "MoneyQuantity" ? $"{code}/{profile}" : code;
    }

    /// <summary>Required bindings, and the preferred binding to languages, whose maximum value set leaves BCP 47 only.</summary>
    private static string? Binding(JsonElement binding, string path, ValueSetTables valueSets)
    {
        if (binding.Text("strength") == "required")
            return valueSets.Use(binding.Text("valueSet"), path);
        bool isLanguage = binding.Items("extension").Any(x => x.Text("url") == MaxValueSet
            && JsonElements.Tail(x.Text("valueCanonical")) == "all-languages");
        return isLanguage ? "all-languages" : null;
    }

    private static bool HasChildren(JsonElement element, List<JsonElement> all) =>
        all.Any(x => Parent(x.Text("path")) == element.Text("path"));

    private static bool IsOwn(JsonElement element, string type) =>
        element.GetProperty("base").Text("path").StartsWith(type + ".", StringComparison.Ordinal)
            || (element.Text("max") == "0" && type == "SimpleQuantity");

    private static bool IsOwnRule(JsonElement rule, string type) =>
        rule.Text("severity") == "error" && rule.Text("key") is not "ele-1" && JsonElements.Tail(rule.Text("source")) is var source
            && (source == type || source.Length == 0);

    private static string Parent(string path) => path[..Math.Max(0, path.LastIndexOf('.'))];

    private static string OneLine(string text) =>
        string.Join(' ', text.Split((char[])['\t', '\r', '\n', ' '], StringSplitOptions.RemoveEmptyEntries));
}

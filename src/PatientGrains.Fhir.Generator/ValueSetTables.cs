using System.Text;
using System.Text.Json;

namespace PatientGrains.Fhir.Generator;

/// <summary>The value sets of required bindings as <c>valueset name</c> and a line <c>system code code ...</c> for each code
/// system.</summary>
internal sealed class ValueSetTables(Definitions definitions, List<string> left)
{
    /// <summary>Defined over a standard outside of FHIR: checked by syntax or by a table of the validator's own.</summary>
    private static readonly string[] _open = ["mimetypes", "all-languages", "currencies", "ucum-units"];

    private readonly SortedDictionary<string, List<(string System, List<string> Codes)>> _used = new(StringComparer.Ordinal);

    /// <summary>The name to bind to, or null (noted) when the definitions do not hold the codes.</summary>
    public string? Use(string canonical, string path)
    {
        string name = JsonElements.Tail(canonical);
        if (_open.Contains(name) || _used.ContainsKey(name))
            return name;
        if (!definitions.ValueSets.TryGetValue(canonical.Split('|')[0], out var set))
        {
            left.Add($"{path}: the required value set {canonical} is not among the definitions");
            return null;
        }
        _used.Add(name, [.. set.GetProperty("compose").Items("include").Select(Expand)]);
        if (set.GetProperty("compose").Items("exclude").Any())
            throw new NotSupportedException($"{canonical} excludes codes");
        return name;
    }

    public void Write(StringBuilder text)
    {
        foreach (var (name, includes) in _used)
        {
            text.Append($"valueset\t{name}\n");
            foreach (var (system, codes) in includes)
                text.Append($"\t{system}\t{string.Join('\t', codes)}\n");
        }
    }

    private (string System, List<string> Codes) Expand(JsonElement include)
    {
        string system = include.Text("system");
        if (include.Items("filter").Any() || include.Items("valueSet").Any())
            throw new NotSupportedException($"an include of {system} has filters: R4 4.0.1 has none in required bindings");
        var codes = new List<string>();
        if (include.Items("concept").Any())
            codes.AddRange(include.Items("concept").Select(x => x.Text("code")));
        else if (definitions.CodeSystems.TryGetValue(system, out var all) && all.Text("content") == "complete")
            Collect(all, codes);
        else
            throw new NotSupportedException($"the code system {system} is not among the definitions");
        return (system, codes);
    }

    private static void Collect(JsonElement parent, List<string> codes)
    {
        foreach (var concept in parent.Items("concept"))
        {
            codes.Add(concept.Text("code"));
            Collect(concept, codes);
        }
    }
}

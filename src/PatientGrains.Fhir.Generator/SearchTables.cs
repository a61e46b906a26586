using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PatientGrains.Fhir.Generator;

/// <summary>
/// One section per type: <c>search type</c>, then <c>name kind definition expression</c>, the expression cut down to the alternatives that
/// are about this type.
/// </summary>
internal sealed partial class SearchTables(Definitions definitions)
{
    public void Write(StringBuilder text)
    {
        foreach (var byType in definitions.SearchParameters
            .SelectMany(x => x.Items("base").Select(b => (Base: b.GetString()!, Parameter: x)))
            .GroupBy(x => x.Base).OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            text.Append($"search\t{byType.Key}\n");
            foreach (var (_, parameter) in byType.OrderBy(x => x.Parameter.Text("code"), StringComparer.Ordinal))
            {
                text.Append($"\t{parameter.Text("code")}\t{parameter.Text("type")}\t{JsonElements.Tail(parameter.Text("url"))}");
                text.Append($"\t{Expression(parameter, byType.Key)}\n");
            }
        }
    }

    /// <summary>The alternatives of a parameter's expression that start at the type, or that name no type at all
    /// (InsurancePlan.name).</summary>
    public static string Expression(JsonElement parameter, string type) =>
        string.Join(" | ", parameter.Text("expression").Split('|').Select(x => x.Trim()).Where(x => x.Length > 0 && IsAbout(x, type)));

    /// <summary>The parameter of that name for the type.</summary>
    public JsonElement Find(string type, string name) =>
        definitions.SearchParameters.First(x => x.Text("code") == name && x.Items("base").Any(b => b.GetString() == type));

    private static bool IsAbout(string alternative, string type)
    {
        string first = FirstName().Match(alternative).Value;
        return first == type || char.IsLower(first[0]);
    }

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex FirstName();
}

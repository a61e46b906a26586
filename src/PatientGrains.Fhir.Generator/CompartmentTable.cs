using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PatientGrains.Fhir.Generator;

/// <summary>
/// The patient compartment as <c>compartment</c> and a line <c>type path path ...</c> for each type that can be in it, the paths in the
/// order in which they are asked.
/// </summary>
internal static partial class CompartmentTable
{
    // A Patient is its own compartment, whatever it links to, so it gets no paths.

    /// <summary>PHI that R4's compartment forgets. Binary.securityContext may name any resource; only a Patient counts.</summary>
    private static readonly (string Type, string Path)[] _forgotten =
        [("Binary", "securityContext"), ("Contract", "subject"), ("Device", "patient"), ("GuidanceResponse", "subject"), ("Task", "for")];

    /// <summary>Whom a resource is about comes before who else is named in it: a Coverage belongs to its beneficiary, not to the parent
    /// who holds the policy.</summary>
    private static readonly string[] _first = ["patient", "subject", "beneficiary", "individual"];

    public static void Write(Definitions definitions, SearchTables search, StringBuilder text)
    {
        var rows = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var resource in definitions.PatientCompartment.Items("resource"))
        {
            string type = resource.Text("code");
            var names = resource.Items("param").Select(x => x.GetString()!).ToList();
            var paths = names.OrderBy(x => Array.IndexOf(_first, x) is var at and >= 0 ? at : _first.Length)
                .SelectMany(x => SearchTables.Expression(search.Find(type, x), type).Split(" | "))
                .Select(x => Plain(x, type)).Distinct().ToList();
            if (paths.Count > 0)
                rows.Add(type, type == "Patient" ? [] : paths);
        }
        foreach (var (type, path) in _forgotten)
            rows.Add(type, [path]);
        text.Append("compartment\n");
        foreach (var (type, paths) in rows)
            text.Append($"\t{string.Join('\t', paths.Prepend(type))}\n");
    }

    /// <summary>The path below the type; that the reference must be to a Patient goes without saying.</summary>
    private static string Plain(string expression, string type) =>
        AsType().Replace(expression, "$1")
            .Replace(".where(resolve() is Patient)", "", StringComparison.Ordinal)
            .Replace(type + ".", "", StringComparison.Ordinal);

    [GeneratedRegex(@"\((.*) as \w+\)")]
    private static partial Regex AsType();
}

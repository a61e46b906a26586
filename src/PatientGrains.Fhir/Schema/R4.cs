using System.Reflection;
using System.Text;

namespace PatientGrains.Fhir.Schema;

/// <summary>The schema of R4 4.0.1, read once from the embedded file.</summary>
internal sealed class R4
{
    private static readonly Lazy<R4> _instance = new(Load);
    private readonly Dictionary<string, TypeDef> _types;
    private readonly NameTable _resourceNames;
    private readonly SearchNode[] _search;

    public R4(
        Dictionary<string, TypeDef> types, TypeDef[] resources,
        Dictionary<string, List<string[]>> search, Dictionary<string, string[]> compartment)
    {
        _types = types;
        Resources = resources;
        Compartment = compartment;
        _resourceNames = new NameTable([.. resources.Select(x => Encoding.UTF8.GetBytes(x.Name))]);
        _search = [.. resources.Select(x => new SearchNode(x))];
        Parameters = [.. resources.Select((x, i) => new SearchPlan(_search[i], resources).Add(x, search, compartment))];
    }

    public static R4 Instance => _instance.Value;

    /// <summary>The concrete resource types in ordinal order: a type's place here is its <see cref="TypeDef.ResourceIndex"/>.</summary>
    public TypeDef[] Resources { get; }

    /// <summary>Paths that name the patient, by type.</summary>
    public Dictionary<string, string[]> Compartment { get; }

    /// <summary>Search parameters of each resource type.</summary>
    public SearchParameter[][] Parameters { get; }

    public IEnumerable<TypeDef> Types => _types.Values;

    public TypeDef Type(string name) => _types[name];

    public SearchNode Search(TypeDef resource) => _search[resource.ResourceIndex];

    /// <summary>The resource type's index, or -1.</summary>
    public int ResourceIndex(ReadOnlySpan<byte> name) => _resourceNames.Find(name);

    private static R4 Load()
    {
        using var file = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("r4.txt")!, Encoding.UTF8);
        return SchemaReader.Read(file);
    }
}

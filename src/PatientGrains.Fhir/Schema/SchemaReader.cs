using System.Text;

namespace PatientGrains.Fhir.Schema;

/// <summary>Reads the embedded schema file (written by PatientGrains.Fhir.Generator, whose TypeTables says what its lines mean).</summary>
internal sealed class SchemaReader
{
    private readonly Dictionary<string, TypeDef> _types = [];
    private readonly Dictionary<string, (string Base, List<string[]> Lines)> _sections = [];
    private readonly Dictionary<string, CodeSet> _sets = CodeSet.OpenStandards.ToDictionary(x => x.Name);
    private readonly Dictionary<string, List<string[]>> _search = [];
    private readonly Dictionary<string, string[]> _compartment = [];

    public static R4 Read(TextReader file)
    {
        var reader = new SchemaReader();
        reader.Collect(file);
        var resources = reader._types.Values.Where(x => x.IsResource).OrderBy(x => x.Name, StringComparer.Ordinal).ToArray();
        for (int i = 0; i < resources.Length; i++)
            resources[i].ResourceIndex = i;
        foreach (var type in reader._types.Values)
            reader.Fill(type);
        foreach (var type in reader._types.Values)
            reader.Finish(type);
        return new R4(reader._types, resources, reader._search, reader._compartment);
    }

    private void Collect(TextReader file)
    {
        List<string[]> lines = [];
        var sets = new Dictionary<string, List<string[]>>();
        while (file.ReadLine() is { } line)
        {
            string[] fields = line.Split('\t');
            if (fields[0].Length == 0)
            {
                lines.Add(fields[1..]);
                continue;
            }
            lines = [];
            switch (fields[0])
            {
                case "type":
                    _types.Add(fields[1], new TypeDef(fields[1], fields[2]));
                    _sections.Add(fields[1], (fields[3], lines));
                    break;
                case "valueset":
                    sets.Add(fields[1], lines);
                    break;
                case "search":
                    _search.Add(fields[1], lines);
                    break;
                case "compartment":
                    sets.Add("", lines);
                    break;
            }
        }
        foreach (string[] row in sets["" ])
            _compartment.Add(row[0], row[1..]);
        foreach (var (name, rows) in sets.Where(x => x.Key.Length > 0))
            _sets.Add(name, new CodeSet(name, [.. rows.Select(x => (x[0], x[1..]))]));
    }

    /// <summary>Own and inherited elements: a profile's or specialisation's lines never repeat those of its base but to forbid one, which
    /// its invariants say too.</summary>
    private void Fill(TypeDef type)
    {
        var properties = new List<Property>();
        AddElements(type, type.Name, properties);
        if (type.IsResource)
            properties.Add(Make(type, properties.Count, "resourceType", "code", ["resourceType", "1", "1", "code"], -1,
                ValueKind.TypeName));
        type.Properties = [.. properties];
        type.Names = new NameTable([.. properties.Select(x => x.Utf8)]);
        if (type.Slots.Count > 64)
            throw new InvalidDataException($"{type.Name} has more elements than a word has bits");
    }

    private void AddElements(TypeDef type, string from, List<Property> to)
    {
        if (from.Length == 0)
            return;
        var (baseName, lines) = _sections[from];
        AddElements(type, baseName, to);
        foreach (string[] line in lines.Where(x => x[0] != "!" && x[2] != "0"))
        {
            bool isChoice = line[0].EndsWith("[x]", StringComparison.Ordinal);
            string element = isChoice ? line[0][..^3] : line[0];
            int choice = isChoice ? type.Choices++ : -1;
            if (line[1] == "1")
                type.Required |= 1UL << type.Slots.Count;
            foreach (string spec in line[3].Split('|'))
            {
                string typeName = spec.Split('(', '/')[0];
                to.Add(Make(type, to.Count, isChoice ? element + char.ToUpperInvariant(typeName[0]) + typeName[1..] : element, spec, line,
                    choice, null));
            }
            type.Slots.Add(element);
        }
        foreach (string[] rule in lines.Where(x => x[0] == "!"))
            type.Invariants.Add(new Invariant(rule[1], rule[2], rule[3]));
    }

    private Property Make(TypeDef owner, int index, string name, string spec, string[] line, int choice, ValueKind? kind)
    {
        string typeName = spec.Split('(', '/')[0];
        bool isResource = typeName == "Resource" || (_types.TryGetValue(typeName, out var type) && type.IsResource);
        var valueKind = kind ?? (isResource ? ValueKind.Resource : Primitive(typeName));
        var property = new Property
        {
            Name = name,
            Utf8 = Encoding.UTF8.GetBytes(name),
            Element = line[0].Replace("[x]", "", StringComparison.Ordinal),
            TypeName = typeName,
            Index = index,
            Slot = owner.Slots.Count,
            Many = line[2] != "1",
            Choice = choice,
            Kind = valueKind,
            MayHaveSibling = valueKind > ValueKind.TypeName && (owner.IsResource || name != "id")
                && (owner.Name != "Extension" || name != "url"),
        };
        if (property.Kind == ValueKind.Object)
            property.Type = _types[spec.Contains('/') ? spec[(spec.IndexOf('/') + 1)..] : typeName.TrimStart('@')];
        if (spec.IndexOf('(') is var open and > 0)
            property.Targets = Targets(spec[(open + 1)..^1].Split(','));
        if (line.Length > 4)
            property.Binding = _sets[line[4]];
        return property;
    }

    private ulong[] Targets(string[] names)
    {
        var bits = new ulong[3];
        foreach (int index in names.Select(x => _types[x].ResourceIndex))
            bits[index >> 6] |= 1UL << (index & 63);
        return bits;
    }

    private static ValueKind Primitive(string typeName) => typeName switch
    {
        "xhtml" => ValueKind.Xhtml,
        "dateTime" => ValueKind.DateTime,
        "positiveInt" => ValueKind.PositiveInt,
        "unsignedInt" => ValueKind.UnsignedInt,
        "base64Binary" => ValueKind.Base64Binary,
        _ when char.IsLower(typeName[0]) => Enum.Parse<ValueKind>(typeName, ignoreCase: true),
        _ => ValueKind.Object,
    };

    /// <summary>What needs all types: roles, invariants and the captures that both ask for.</summary>
    private void Finish(TypeDef type)
    {
        type.Role = RoleOf(type.Name);
        foreach (string name in Roles.Captures(type.Role))
            type.Captures.Add(name);
        if (type.IsResource)
            type.Captures.Add("id");
        DistinctKeys.Add(type);
        type.Invariants.RemoveAll(x => !x.TryCompile(type));
        if (type.Captures.Count > TypeDef.MaxCaptures)
            throw new InvalidDataException($"{type.Name} needs more captures than there are");
        foreach (var property in type.Properties)
        {
            property.Capture = type.Captures.IndexOf(property.Element);
            property.Watch = WatchOf(type, property.Element);
        }
    }

    private static Watch WatchOf(TypeDef type, string element) => (type.Role, type.Name, element) switch
    {
        (TypeRole.Condition or TypeRole.AllergyIntolerance, _, "clinicalStatus") => Watch.ClinicalStatus,
        (TypeRole.Condition or TypeRole.AllergyIntolerance, _, "verificationStatus") => Watch.VerificationStatus,
        (TypeRole.Observation, _, "code") => Watch.ObservationCode,
        (_, "Observation.component", "code") => Watch.ComponentCode,
        _ => Watch.None,
    };

    private TypeRole RoleOf(string name)
    {
        if (Enum.TryParse<TypeRole>(name.Replace(".", "", StringComparison.Ordinal), ignoreCase: true, out var role))
            return role;
        return name == "Bundle.entry.request" ? TypeRole.BundleRequest
            : _sections[name].Base == "Quantity" ? TypeRole.Quantity
            : TypeRole.None;
    }
}

using System.Text;
using PatientGrains.Core.Search;

namespace PatientGrains.Fhir.Schema;

/// <summary>Hangs the search parameters and the patient paths of one resource type into its tree.</summary>
internal sealed class SearchPlan(SearchNode root, TypeDef[] resources)
{
    /// <summary>Not terms: the server knows id and time of the last update itself, and puts its own meta.source; the others search texts
    /// that no term holds.</summary>
    private static readonly string[] _notTerms = ["_id", "_lastUpdated", "_source", "_text", "_content", "_query"];

    private bool _hung;

    public SearchParameter[] Add(TypeDef type, Dictionary<string, List<string[]>> search, Dictionary<string, string[]> compartment)
    {
        if (compartment.TryGetValue(type.Name, out var paths))
        {
            for (int rank = 0; rank < paths.Length; rank++)
                AddPatient(root, type, paths[rank].Split('.'), rank);
        }
        var all = new List<SearchParameter>();
        string[] levels = type.Find("text") is null ? ["Resource", type.Name] : ["Resource", "DomainResource", type.Name];
        foreach (string[] line in levels.SelectMany(x => search.TryGetValue(x, out var own) ? own : []))
            all.Add(Add(type, line[0], line[1], line[2], line[3]));
        return [.. all.OrderBy(x => x.Name, StringComparer.Ordinal)];
    }

    private SearchParameter Add(TypeDef type, string name, string kindName, string definition, string expression)
    {
        var kind = Enum.Parse<SearchParameterType>(kindName, ignoreCase: true);
        bool extracted = false;
        if (kind < SearchParameterType.Composite && !_notTerms.Contains(name))
        {
            extracted = true;
            foreach (string alternative in expression.Split(" | "))
            {
                _hung = false;
                if (SearchPath.Parse(alternative.Replace("Resource.", type.Name + ".", StringComparison.Ordinal), type.Name) is { } path)
                    Hang(root, type, path, 0, Rule(name, kind, path));
                extracted &= _hung;
            }
        }
        return new SearchParameter(name, kind, expression, "http://hl7.org/fhir/SearchParameter/" + definition, extracted);
    }

    private SearchRule Rule(string name, SearchParameterType kind, SearchPath path) => new()
    {
        Param = Encoding.UTF8.GetBytes(name),
        Kind = Enum.Parse<TermKind>(kind.ToString()),
        Only = path.Only is null ? null : Encoding.UTF8.GetBytes(path.Only),
        Target = path.Target is null ? -1 : resources.First(x => x.Name == path.Target).ResourceIndex,
        Exists = path.Exists,
    };

    private void Hang(SearchNode node, TypeDef type, SearchPath path, int step, SearchRule rule)
    {
        foreach (var property in type.Properties.Where(x => x.Element == path.Elements[step] && x.Kind != ValueKind.TypeName))
        {
            if (path.As[step] is { } asType && asType != property.TypeName)
                continue;
            var child = node.Grow(property);
            if (step + 1 == path.Elements.Length)
                HangLeaf(child, property, rule);
            else if (property.Type?.Role == TypeRole.RelatedArtifact)
                HangHere(child, rule);
            else if (property.Type is { } inner)
                Hang(child, inner, path, step + 1, rule);
        }
    }

    /// <summary>What a parameter of the kind sees of a value of the type (R4 3.1.1.4.6 to 3.1.1.4.13); nothing where the two do not go
    /// together, as in a choice.</summary>
    private void HangLeaf(SearchNode node, Property property, SearchRule rule)
    {
        switch (rule.Kind)
        {
            case TermKind.Token when property.Type?.Role == TypeRole.CodeableConcept:
                HangChildren(node, property, rule, "coding");
                break;
            case TermKind.Token when property.IsPrimitive
                || property.Type?.Role is TypeRole.Coding or TypeRole.Identifier or TypeRole.ContactPoint:
            case TermKind.Date when property.Kind is ValueKind.Date or ValueKind.DateTime or ValueKind.Instant
                || property.Type?.Role == TypeRole.Period:
            case TermKind.Quantity when property.Type?.Role is TypeRole.Quantity or TypeRole.Money:
            case TermKind.Reference when property.Type?.Role == TypeRole.Reference || property.Kind is ValueKind.Canonical or ValueKind.Uri:
            case TermKind.String when property.Kind is ValueKind.String or ValueKind.Markdown or ValueKind.Code:
            case TermKind.Uri when property.Kind is >= ValueKind.Uri and <= ValueKind.Uuid:
            case TermKind.Number when property.Kind is >= ValueKind.Integer and <= ValueKind.Decimal:
                HangHere(node, rule);
                break;
            case TermKind.Date when property.TypeName == "Timing":
                HangChildren(node, property, rule, "event", "repeat.boundsPeriod");
                break;
            case TermKind.Quantity when property.Type?.Role == TypeRole.Range:
                HangChildren(node, property, rule, "low", "high");
                break;
            case TermKind.Number when property.Type?.Role == TypeRole.Range:
                HangChildren(node, property, rule, "low.value", "high.value");
                break;
            case TermKind.String when property.TypeName == "HumanName":
                HangChildren(node, property, rule, "text", "family", "given", "prefix", "suffix");
                break;
            case TermKind.String when property.TypeName == "Address":
                HangChildren(node, property, rule, "text", "line", "city", "district", "state", "postalCode", "country");
                break;
        }
    }

    private void HangChildren(SearchNode node, Property property, SearchRule rule, params string[] paths)
    {
        foreach (string path in paths)
        {
            var at = node;
            var of = property;
            foreach (string name in path.Split('.'))
            {
                of = of.Type!.Find(name)!;
                at = at.Grow(of);
            }
            HangLeaf(at, of, rule);
        }
    }

    private void HangHere(SearchNode node, SearchRule rule)
    {
        node.Add(rule);
        _hung = true;
    }

    private static void AddPatient(SearchNode node, TypeDef type, ReadOnlySpan<string> path, int rank)
    {
        foreach (var property in type.Properties)
        {
            if (property.Element != path[0] || property.Kind != ValueKind.Object)
                continue;
            var child = node.Grow(property);
            if (path.Length > 1)
                AddPatient(child, property.Type!, path[1..], rank);
            else if (property.Type!.Role == TypeRole.Reference)
                child.PatientRank = rank;
        }
    }
}

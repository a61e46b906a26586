using PatientGrains.Core.Search;

namespace PatientGrains.Fhir.Schema;

/// <summary>
/// A place in a resource where search parameters, the patient compartment or an invariant look: a tree beside the type's own, walked along
/// with it. Null where nothing looks.
/// </summary>
internal sealed class SearchNode(TypeDef? type)
{
    private readonly SearchNode?[] _children = new SearchNode?[type?.Properties.Length ?? 0];

    public SearchRule[] Rules { get; private set; } = [];

    /// <summary>Rank of this place among those that name the patient, 0 the first to be asked; -1 where no patient is named.</summary>
    public int PatientRank { get; set; } = -1;

    public SearchNode? Child(Property property) => _children[property.Index];

    public SearchNode Grow(Property property) => _children[property.Index] ??= new SearchNode(property.Type);

    public void Add(SearchRule rule) => Rules = [.. Rules, rule];
}

/// <summary>A search parameter at one place.</summary>
internal sealed class SearchRule
{
    public required byte[] Param { get; init; }
    public required TermKind Kind { get; init; }
    /// <summary>Only when the object's first capture (ContactPoint.system, RelatedArtifact.type) is this.</summary>
    public byte[]? Only { get; init; }
    /// <summary>Only references that resolve to this type, by <see cref="TypeDef.ResourceIndex"/>; -1 for any.</summary>
    public int Target { get; init; } = -1;
    /// <summary>Patient.deceased: true unless the value is the boolean false.</summary>
    public bool Exists { get; init; }
}

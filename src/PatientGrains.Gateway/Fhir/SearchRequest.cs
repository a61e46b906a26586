using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;

namespace PatientGrains.Gateway.Fhir;

/// <summary>A search as it was understood.</summary>
internal sealed record SearchRequest
{
    /// <summary>The type to look for; null for all types of a compartment.</summary>
    public required string? Type { get; init; }

    /// <summary>All must match.</summary>
    public ImmutableArray<Criterion> Criteria { get; init; } = [];

    /// <summary>Patients in whose records all matches are, by one parameter's values; default when no parameter names a patient.</summary>
    public ImmutableArray<string> Patients { get; init; }

    /// <summary>Resources that the matches are among, by <c>_id</c>; default when there is no such parameter.</summary>
    public ImmutableArray<ResourceKey> Keys { get; init; }

    /// <summary>Identifiers that the matches have one of; default when no parameter names an identifier with a value.</summary>
    public ImmutableArray<TokenValue> Identifiers { get; init; }

    public Paging Page { get; init; } = new();

    /// <summary><c>_total=none</c>: the client does not want to wait for it.</summary>
    public bool OmitTotal { get; init; }

    /// <summary>Parameters that were understood, in their order: what the self link repeats (R4 3.1.1.5.1).</summary>
    public ImmutableArray<Parameter> Understood { get; init; } = [];

    /// <summary>Names that a lenient client let us pass over.</summary>
    public ImmutableArray<string> Ignored { get; init; } = [];
}

/// <summary>Which part of a list is asked for.</summary>
/// <param name="Count">Resources on the page; 0 asks for the total only.</param>
/// <param name="Cursor">Where the page starts.</param>
internal readonly record struct Paging(int Count, Cursor Cursor);

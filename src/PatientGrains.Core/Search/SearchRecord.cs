using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Search;

/// <summary>Current resources of this record that match (R4 3.1.1), or all of them for <c>$everything</c>.</summary>
public sealed record SearchRecord : Command
{
    /// <summary>Types to look in; empty for all.</summary>
    public required ImmutableArray<string> Types { get; init; }

    public ImmutableArray<Criterion> Criteria { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>How many matches to pass over, in the record's order.</summary>
    public int Skip { get; init; }

    /// <summary>How many at most; 0 asks for the total only.</summary>
    public required int Count { get; init; }

    /// <summary>The search or operation as the client wrote it, for the access entry.</summary>
    public required string Asked { get; init; }

    /// <summary>search-type, or operation for <c>$everything</c>.</summary>
    public required string Interaction { get; init; }
}

internal static class SearchDecision
{
    public static Decision Decide(PatientRecord record, SearchRecord search, Facts facts)
    {
        var entry = AccessEntry.For(search, facts, search.Interaction, search.Asked);
        if (ReadDecision.Denied(search, entry) is { } denied)
            return denied;
        var page = ImmutableArray.CreateBuilder<StoredVersion>();
        int total = 0;
        foreach (var statement in Candidates(record, search.Types))
        {
            if (statement.IsDeleted || !Criterion.AllMatch(search.Criteria, statement))
                continue;
            if (total >= search.Skip && page.Count < search.Count)
                page.Add(StoredVersion.Current(statement));
            total++;
        }
        return ReadDecision.Release(entry, page.ToImmutable(), total);
    }

    private static IEnumerable<Statement> Candidates(PatientRecord record, ImmutableArray<string> types) =>
        types.IsEmpty ? record.Statements : types.Distinct().SelectMany(type => record.OfType(type).ToArray());
}

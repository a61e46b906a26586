using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Search;

/// <summary>
/// Which current resources of a type match, keys and versions only: how a front evaluates <c>If-None-Exist</c> and conditional references
/// (R4 3.1.0.8.1, 3.1.0.11.2) before it submits. What the requester is then told is logged by the submission, or, where that goes to
/// another record, by asking with <see cref="IsTold"/>.
/// </summary>
public sealed record MatchRecord : Command
{
    public required string Type { get; init; }

    public required ImmutableArray<Criterion> Criteria { get; init; }

    /// <summary>How many at most; two are enough to know that a condition is ambiguous.</summary>
    public required int Count { get; init; }

    /// <summary>The condition as the client wrote it, for the access entry.</summary>
    public required string Asked { get; init; }

    /// <summary>Writes an access entry, because the requester will learn of the match.</summary>
    public bool IsTold { get; init; }
}

/// <summary>Keys and versions of what matched; no content.</summary>
public sealed record Matched(ImmutableArray<ReleasedVersion> Versions) : Outcome;

internal static class MatchDecision
{
    public static Decision Decide(PatientRecord record, MatchRecord match, Facts facts)
    {
        var entry = AccessEntry.For(match, facts, "search-type", match.Asked);
        // Matching serves writing: who may not write is not told by the back door what exists.
        if (AccessPolicy.RefusalFor(match.Who, AccessKind.WriteRecord) is { } rule)
            return ReadDecision.Refuse(entry, new Refused(rule));
        var found = ImmutableArray.CreateBuilder<ReleasedVersion>();
        foreach (var candidate in record.OfType(match.Type))
        {
            if (found.Count == match.Count)
                break;
            if (!candidate.IsDeleted && Criterion.AllMatch(match.Criteria, candidate))
                found.Add(new ReleasedVersion(candidate.Key, candidate.Version));
        }
        var versions = found.ToImmutable();
        return match.IsTold && versions.Length > 0
            ? Decision.Of(entry with { Versions = versions }, new Matched(versions))
            : new Decision([], new Matched(versions));
    }
}

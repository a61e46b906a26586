using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;

namespace PatientGrains.Gateway.Intake;

/// <summary>A stored resource that meets a condition.</summary>
internal sealed record Match(ResourceKey Key, int Version, string Log);

/// <summary>What a look-up found: none, one, or the first two.</summary>
/// <param name="Matches">Distinct resources.</param>
/// <param name="Refused">A record refused to be asked.</param>
/// <param name="IsTooWide">More records might match than are asked.</param>
internal sealed record Found(IReadOnlyList<Match> Matches, Refused? Refused = null, bool IsTooWide = false);

/// <summary>
/// Finds what meets a condition in all records: the population index, the locator or the condition itself name the records, and each of
/// them is asked.
/// The index changes in the same append as the records, so what was acknowledged before is found.
/// </summary>
internal sealed class ConditionSearch(Records records, IntakeOptions options)
{
    public async Task<Found> Find(Condition condition, Submission s)
    {
        var logs = await CandidateLogs(condition);
        if (logs.Count > options.MaxCandidates)
            return new Found([], IsTooWide: true);
        var answers = await Task.WhenAll(logs.Select(log => Ask(log, condition, s, isTold: false)));
        var matches = new List<Match>();
        foreach (var (log, answer) in logs.Zip(answers))
        {
            if (answer is Refused refused)
                return new Found([], refused);
            foreach (var version in ((Matched)answer).Versions)
                matches.Add(new Match(version.Key, version.Version, log));
        }
        return new Found(matches);
    }

    /// <summary>Has a record write down that the requester learns of a match in it.</summary>
    /// <returns>Null, or the record's refusal.</returns>
    public async Task<Refused?> Tell(string log, Condition condition, Submission s) =>
        await Ask(log, condition, s, isTold: true) as Refused;

    private Task<Outcome> Ask(string log, Condition condition, Submission s, bool isTold) => records.Of(log).Ask(new MatchRecord
    {
        Who = s.Who,
        RequestId = s.RequestId,
        Type = condition.Type,
        Criteria = condition.Criteria,
        // Two are enough to know that a condition is ambiguous.
        Count = 2,
        Asked = condition.Asked,
        IsTold = isTold,
    });

    /// <summary>All records that may hold a match, by whatever narrows best.</summary>
    private async Task<IReadOnlyCollection<string>> CandidateLogs(Condition condition)
    {
        if (!condition.Ids.IsEmpty)
        {
            var owners = await Task.WhenAll(condition.Ids.Select(id => records.Locator.Locate(new ResourceKey(condition.Type, id))));
            return owners.OfType<string>().ToHashSet();
        }
        if (condition.Identifiers.IsEmpty)
            return await Existing(condition.PatientLogs);
        var found = new HashSet<string>();
        foreach (var value in condition.Identifiers)
        {
            // One more than is asked tells whether there are more.
            found.UnionWith(
                await records.Locator.Candidates(condition.Type, "identifier", value.System, value.Code!, options.MaxCandidates + 1));
        }
        return found;
    }

    /// <summary>Asking a record that does not exist would begin its log.</summary>
    private async Task<IReadOnlyCollection<string>> Existing(ImmutableArray<string> logs)
    {
        var owners = await Task.WhenAll(logs.Select(log => records.Locator.Locate(ResourceKey.Parse(log))));
        return owners.OfType<string>().ToHashSet();
    }
}

using System.Collections.Immutable;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Grains;

/// <summary>
/// The other records of a transaction, from preparation to settlement. They are prepared in ordinal order of their names and before the
/// deciding record, which is either a patient's (never an other) or has the greatest name of all: so no circle of transactions can wait for
/// each other.
/// </summary>
internal sealed class TransactionParts(Func<string, IRecordGrain> grainOf)
{
    private readonly List<(IRecordGrain Grain, string Id)> _held = [];
    private readonly List<(string Log, Accepted Outcome)> _accepted = [];

    public List<PreparedCommit> Commits { get; } = [];

    /// <returns>The refusal of the first that refuses, else null.</returns>
    public async Task<Refused?> Prepare(ImmutableArray<OtherRecord> others)
    {
        foreach (var other in others.OrderBy(other => other.Log, StringComparer.Ordinal))
        {
            var grain = grainOf(other.Log);
            var preparation = await grain.Prepare(other.Submit);
            if (preparation.Outcome is not Accepted accepted)
                return (Refused)preparation.Outcome;
            _accepted.Add((other.Log, accepted));
            if (preparation.Id.Length == 0)
                continue;
            _held.Add((grain, preparation.Id));
            Commits.Add(PreparedCommit.Read(preparation.Sealed.Bytes));
        }
        return null;
    }

    /// <summary>
    /// The answer for all: the deciding record's results first, then those of the others in ordinal order of their names.
    /// </summary>
    public Accepted Join(Accepted own) => own with
    {
        Results = [.. own.Results, .. _accepted.SelectMany(part => part.Outcome.Results)],
        Versions = [.. own.Versions, .. _accepted.SelectMany(part => part.Outcome.Versions)],
    };

    /// <summary>Tells each that holds its log; once.</summary>
    /// <returns>Of commits that are given up: whether each was prepared on the newest state of its record.</returns>
    public async Task<bool> Settle(bool committed)
    {
        var held = _held.ToArray();
        _held.Clear();
        return (await Task.WhenAll(held.Select(part => part.Grain.Settle(part.Id, committed)))).All(isNewest => isNewest);
    }
}

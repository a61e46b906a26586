using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>Hands the parts of a submission to their records: one by itself, several as one transaction.</summary>
internal sealed class Sending(Records records)
{
    /// <returns>The refusal, or null when everything was taken and has its answers.</returns>
    public Task<Refused?> Send(List<RecordPart> parts) => parts.Count == 1 ? Write(parts) : SendAll(parts);

    private async Task<Refused?> SendAll(List<RecordPart> parts)
    {
        var confirmations = parts.FindAll(IsConfirmation);
        var writes = parts.FindAll(part => !confirmations.Contains(part));
        if (writes.Count > 0 && await Write(writes) is { } refused)
            return refused;
        var outcomes = await Task.WhenAll(confirmations.Select(part => records.Of(part.Log).Ask(part.Submit)));
        foreach (var (part, outcome) in confirmations.Zip(outcomes))
        {
            if (outcome is Accepted accepted)
                Answers.Spread(part.Changes, accepted);
            // What was found is gone since, as it might be a moment later: what was written with it stands, and the record has logged that
            // it was asked.
            else if (outcome is Refused gone && (writes.Count == 0 || gone.Rule != Rule.ConditionIdTaken))
                return gone;
        }
        return null;
    }

    private async Task<Refused?> Write(List<RecordPart> parts)
    {
        var outcome = parts.Count == 1
            ? await records.Of(parts[0].Log).Ask(parts[0].Submit)
            : await records.Of(parts[0].Log).Transact(TransactionOf(parts));
        if (outcome is Accepted accepted)
            Answers.Spread(parts.Count == 1 ? parts[0].Changes : [.. parts.SelectMany(part => part.Changes)], accepted);
        return outcome as Refused;
    }

    /// <summary>
    /// A directory resource that a conditional create found is not changed: its record confirms the match, logs it and remembers the
    /// message before the answer leaves, but
    /// it need not be held while the transaction is written. Otherwise all transactions that name the same organization would wait for each
    /// other.
    /// </summary>
    private static bool IsConfirmation(RecordPart part) => !Placing.IsPatientLog(part.Log) && part.Changes.All(change => change.HasMatch);

    private static Transaction TransactionOf(List<RecordPart> parts)
    {
        var others = ImmutableArray.CreateBuilder<OtherRecord>(parts.Count - 1);
        for (int i = 1; i < parts.Count; i++)
            others.Add(new OtherRecord(parts[i].Log, parts[i].Submit));
        return new Transaction(parts[0].Submit, others.MoveToImmutable());
    }
}

using System.Runtime.CompilerServices;

namespace PatientGrains.Log;

/// <summary>What is read back from the log on demand, because no state holds it.</summary>
public sealed partial class PatientJournal<TState, TEvent>
{
    /// <summary>
    /// Events from a number on, as far as they were durable when the reading began: old versions, the access log. Read and decrypted on
    /// demand, a page at a time; every commit's seal, hash and link to the one before are checked.
    /// </summary>
    /// <exception cref="LogCorruptException">The store gave something else than what was written.</exception>
    public async IAsyncEnumerable<(long Seq, TEvent Event)> Read(long fromSeq, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var until = _durable;
        var from = new ReadFrom(fromSeq);
        ChainHash? previous = null;
        while (previous != until.Hash && fromSeq < until.NextSeq)
        {
            var page = await _log.Read(_id, from, ReadBytes, cancel);
            if (page.Commits.Count == 0)
                throw new LogCorruptException(_id, fromSeq, "the log ends too early");
            foreach (var commit in page.Commits)
            {
                var events = Open(commit, previous, out _);
                previous = commit.Hash;
                foreach (var (seq, happened) in events)
                {
                    if (seq >= fromSeq && seq < until.NextSeq)
                        yield return (seq, happened);
                }
                if (commit.Hash == until.Hash || commit.End.NextSeq > until.NextSeq)
                    yield break;
            }
            from = page.Next;
        }
    }

    /// <summary>Single events by their numbers, in the order asked for. Each commit's seal is checked, and that it is this log's and holds
    /// that number.</summary>
    public async Task<IReadOnlyList<TEvent>> ReadAt(IReadOnlyList<long> seqs, CancellationToken cancel = default)
    {
        var found = new TEvent[seqs.Count];
        IReadOnlyList<(long Seq, TEvent Event)> events = [];
        for (int i = 0; i < seqs.Count; i++)
        {
            long seq = seqs[i];
            if (events.Count == 0 || seq < events[0].Seq || seq > events[^1].Seq)
                events = await CommitOf(seq, cancel);
            found[i] = events[(int)(seq - events[0].Seq)].Event;
        }
        return found;
    }

    private async Task<IReadOnlyList<(long Seq, TEvent Event)>> CommitOf(long seq, CancellationToken cancel)
    {
        for (var page = await _log.Read(_id, new ReadFrom(seq), 1, cancel); page.Commits.Count > 0; page = await _log.Read(
            _id, page.Next, 1, cancel))
        {
            var commit = page.Commits[0];
            if (commit.Count > 0 && seq >= commit.FirstSeq && seq < commit.End.NextSeq)
                return Open(commit, null, out _);
            if (commit.FirstSeq > seq)
                break;
        }
        throw new LogCorruptException(_id, seq, "the event is not in the log");
    }
}

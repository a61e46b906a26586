namespace PatientGrains.Log;

/// <summary>One log's chain, commit by commit. Throws <see cref="LogCorruptException"/> at the first that is wrong.</summary>
internal sealed class ChainWalk(LogEntry entry, Head? noted, EventLength? events)
{
    private Head _now = Head.Empty;
    private long _micros = long.MinValue;
    private bool _passedNoted = noted is null || noted == Head.Empty;

    /// <summary>Opens the seals; null leaves them closed.</summary>
    public LogKey? Key { get; set; }

    public bool IsAtHead => _now == entry.Head;

    public LogCorruptException Wrong(string what) => new(entry.Log, _now.NextSeq, what);

    public void Take(SealedCommit commit)
    {
        if (commit.FirstSeq > _now.NextSeq)
            throw Wrong($"a commit is missing: the next one begins at event {commit.FirstSeq}");
        if (commit.FirstSeq < _now.NextSeq)
            throw Wrong($"a commit begins at event {commit.FirstSeq} a second time");
        if (CommitHeader.Check(commit, out var header) is { } wrong)
            throw Wrong(wrong);
        if (header.Previous != _now.Hash)
            throw Wrong("it does not build on the commit before it");
        if (header.UnixMicros < _micros)
            throw Wrong("it is older than the commit before it");
        if (Key is not null)
            OpenSeal(commit);
        _micros = header.UnixMicros;
        _now = commit.End;
        _passedNoted |= _now == noted;
    }

    private void OpenSeal(SealedCommit commit)
    {
        var body = (ReadOnlyMemory<byte>)Key!.OpenCommit(commit, out var header);
        if (events is null)
            return;
        int count = 0;
        try
        {
            for (; !body.IsEmpty; count++)
                body = body[events(body)..];
        }
        catch (FormatException)
        {
            throw Wrong($"event {header.FirstSeq + count} does not decode");
        }
        if (count != header.Count)
            throw Wrong($"{count} events are under the seal of a commit of {header.Count}");
    }

    public void Finish()
    {
        if (_passedNoted)
            return;
        throw Wrong(noted!.Value.NextSeq > _now.NextSeq
            ? $"the log was cut: the checkpoint has {noted.Value.NextSeq} events"
            : $"the chain was rewritten: it does not pass the head that the checkpoint has at event {noted.Value.NextSeq}");
    }
}

using System.Buffers;

namespace PatientGrains.Log;

/// <summary>How a journal is opened: the newest snapshot that holds, and the commits after it; and how the next snapshot is made, behind
/// the replies.</summary>
public sealed partial class PatientJournal<TState, TEvent>
{
    /// <summary>Bytes of sealed commits that are read at a time.</summary>
    private const int ReadBytes = 1 << 20;

    private readonly SnapshotPace _pace = new();
    private bool _saving;

    private PatientJournal(
        IPatientLog log, KeyRing keys, TimeProvider clock, LogName name, IFold<TState, TEvent> fold, JournalOptions options, LogKey key,
            byte[] wrappedKey)
    {
        (_log, _keys, _clock, _name, _id) = (log, keys, clock, name, keys.Blind(name));
        (_fold, _options, _key, _wrappedKey) = (fold, options, key, wrappedKey);
        _state = fold.Empty();
    }

    /// <summary>
    /// Opens a log where it stands; one that was never written is made by its first append. Everything that is read is checked: seals,
    /// hashes, links, numbers, the name.
    /// </summary>
    /// <exception cref="LogErasedException">Its data key was destroyed.</exception>
    /// <exception cref="LogCorruptException">What is stored is not what was written.</exception>
    /// <exception cref="KeyRingException">The ring lacks the key that wraps the log's data key.</exception>
    public static async Task<PatientJournal<TState, TEvent>> Open(
        IPatientLog log, KeyRing keys, TimeProvider clock, LogName name, IFold<TState, TEvent> fold, JournalOptions options,
            CancellationToken cancel = default)
    {
        var id = keys.Blind(name);
        var snapshot = await log.Snapshot(id, cancel);
        var entry = await log.Find(id, cancel);
        if (entry is null)
        {
            Telemetry.Opened("new");
            return new(log, keys, clock, name, fold, options, keys.NewDataKey(id, out var fresh), fresh);
        }
        if (keys.NameOf(entry) != name)
            throw new LogCorruptException(id, 0, "two names have the same blinded id");

        var journal = new PatientJournal<TState, TEvent>(
            log, keys, clock, name, fold, options, keys.DataKey(id, entry.WrappedKey.Span), entry.WrappedKey.ToArray());
        journal._due = journal._dueSealed = entry.DueAt;
        try
        {
            bool isFromSnapshot = snapshot is not null && await journal.TryFrom(snapshot, entry.Head, cancel);
            if (!isFromSnapshot)
                await journal.Replay(Head.Empty, entry.Head, cancel);
            Telemetry.Opened(isFromSnapshot ? "snapshot" : "log");
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Begins at a snapshot. False, and nothing is kept of it, when it is of another form, was changed, or does not lie on the
    /// chain: then the log is replayed.</summary>
    private async Task<bool> TryFrom(StoredSnapshot snapshot, Head head, CancellationToken cancel)
    {
        if (snapshot.At.NextSeq > head.NextSeq || _key.TryOpenSnapshot(snapshot, _fold.SnapshotForm) is not { } bytes)
            return false;
        try
        {
            _state = _fold.ReadSnapshot(bytes);
            _pace.Taken(_fold.Size(_state));
            await Replay(snapshot.At, head, cancel);
            return true;
        }
        catch (Exception e) when (e is FormatException or LogCorruptException)
        {
            _state = _fold.Empty();
            _pace.Taken(0);
            return false;
        }
    }

    /// <summary>Folds the commits between two heads. What was appended meanwhile is left out: then this activation is stale, and its first
    /// append says so.</summary>
    private async Task Replay(Head at, Head until, CancellationToken cancel)
    {
        var now = at;
        bool anchored = at == Head.Empty;
        for (var from = new ReadFrom(at.NextSeq); !anchored || now != until;)
        {
            var page = await _log.Read(_id, from, ReadBytes, cancel);
            if (page.Commits.Count == 0)
                throw new LogCorruptException(_id, now.NextSeq, "the log ends before its head");
            foreach (var commit in page.Commits)
            {
                if (!anchored && IsCovered(commit, at, out anchored))
                    continue;
                if (now == until)
                    break;
                Fold(commit, now);
                now = commit.End;
            }
            from = page.Next;
        }
        _sealed = _durable = until;
    }

    /// <summary>
    /// Whether a commit lies before a snapshot's end: a page begins with the commits that begin no later. The snapshot is anchored by the
    /// commit that it names as its last, or by one that builds on that.
    /// </summary>
    private bool IsCovered(SealedCommit commit, Head at, out bool anchored)
    {
        if (CommitHeader.Check(commit, out var header) is { } wrong)
            throw new LogCorruptException(_id, commit.FirstSeq, wrong);
        anchored = commit.End == at || (header.Previous == at.Hash && commit.FirstSeq == at.NextSeq);
        if (!anchored && commit.End.NextSeq > at.NextSeq)
            throw new LogCorruptException(_id, at.NextSeq, "the snapshot does not lie on the chain");
        _lastMicros = header.UnixMicros;
        return header.Previous != at.Hash || commit.FirstSeq != at.NextSeq;
    }

    private void Fold(SealedCommit commit, Head now)
    {
        if (commit.FirstSeq != now.NextSeq)
            throw new LogCorruptException(_id, now.NextSeq, $"the next commit begins at event {commit.FirstSeq}");
        var events = Open(commit, now.Hash, out var header);
        foreach (var (_, happened) in events)
            _state = _fold.Evolve(_state, happened);
        _lastMicros = header.UnixMicros;
        _pace.Count(commit.Bytes.Length);
    }

    /// <summary>Checks, decrypts and decodes one commit.</summary>
    /// <param name="commit">As the store gave it.</param>
    /// <param name="previous">The hash it must build on; null when that is not known.</param>
    /// <param name="header">What its header says.</param>
    private List<(long Seq, TEvent Event)> Open(SealedCommit commit, ChainHash? previous, out CommitHeader header)
    {
        var body = (ReadOnlyMemory<byte>)_key.OpenCommit(commit, out header);
        if (previous is not null && header.Previous != previous)
            throw new LogCorruptException(_id, commit.FirstSeq, "it does not build on the commit before it");
        return EventFrames.Read(_fold, header, body);
    }

    /// <summary>
    /// The state as it is right after the commit that was sealed just now, when a snapshot is due. Taken hold of here because the state
    /// moves on; written, sealed and stored behind the reply.
    /// </summary>
    private Action<IBufferWriter<byte>>? DueSnapshot(int bodyBytes)
    {
        _pace.Count(bodyBytes);
        long size = _fold.Size(_state);
        if (_saving || !_pace.IsDue(_options, size))
            return null;
        _saving = true;
        _pace.Taken(size);
        return _fold.Snapshot(_state);
    }

    private async Task Save(Head at, Action<IBufferWriter<byte>> write)
    {
        try
        {
            var form = _fold.SnapshotForm;
            var stored = await Task.Run(() =>
            {
                using var snapshot = new PooledBuffer();
                write(snapshot);
                using var key = _keys.DataKey(_id, _wrappedKey);
                return key.SealSnapshot(at, form, snapshot.WrittenSpan);
            });
            await _log.SaveSnapshot(_id, stored);
            Telemetry.SnapshotWritten();
        }
        catch (LogException)
        {
            // A snapshot that could not be kept costs a longer replay and nothing else.
        }
        finally
        {
            _saving = false;
        }
    }
}

/// <summary>The events under a commit's seal: frames one after the other, as many as the header says, and nothing behind them.</summary>
internal static class EventFrames
{
    public static List<(long Seq, TEvent Event)> Read<TState,
        TEvent>(IFold<TState, TEvent> fold, CommitHeader header, ReadOnlyMemory<byte> body)
    {
        var events = new List<(long, TEvent)>(Math.Min(header.Count, 65_536));
        try
        {
            for (int i = 0; i < header.Count; i++)
            {
                events.Add((header.FirstSeq + i, fold.Read(body, out int used)));
                body = body[used..];
            }
        }
        catch (FormatException)
        {
            throw new LogCorruptException(header.Log, header.FirstSeq + events.Count, "its event does not decode");
        }
        return body.IsEmpty ? events : throw new LogCorruptException(
            header.Log, header.FirstSeq, "there is more under the seal than the header says");
    }
}

namespace PatientGrains.Log.AzureBlob;

/// <summary>When logs are due, and which were erased. A log keeps its place when it is not due any more: a change that comes late must be
/// known for what it is.</summary>
internal sealed class RegistryFold(LogSignals signals) : IRecordFold
{
    public const byte DueKind = (byte)'D';
    public const byte ErasedKind = (byte)'X';

    private readonly Dictionary<LogId, (BlobPosition At, long Micros)> _due = [];
    private readonly SortedSet<(long Micros, LogId Log)> _byTime = [];
    private readonly SortedSet<LogId> _erased = [];

    public Lock Lock { get; } = new();

    public void Clear()
    {
        _due.Clear();
        _byTime.Clear();
        _erased.Clear();
    }

    public void Take(FoldRecord record)
    {
        if (record.Kind == ErasedKind)
        {
            _erased.Add(record.Log);
            return;
        }
        if (_due.TryGetValue(record.Log, out var before))
        {
            if (record.At <= before.At)
                return;
            _byTime.Remove((before.Micros, record.Log));
        }
        _due[record.Log] = (record.At, record.Value);
        if (record.Value == Footer.NoDue)
            return;
        _byTime.Add((record.Value, record.Log));
        signals.DueWasSet(record.Value);
    }

    public IEnumerable<FoldRecord> All() =>
        _due.OrderBy(due => due.Key).Select(due => new FoldRecord(DueKind, due.Key, due.Value.At, default, due.Value.Micros))
            .Concat(_erased.Select(log => new FoldRecord(ErasedKind, log, default, default, 0)));

    public bool IsErased(LogId log)
    {
        lock (Lock)
            return _erased.Contains(log);
    }

    public IReadOnlyList<DueLog> Due(DateTimeOffset until, DueLog? after, int limit)
    {
        lock (Lock)
        {
            var from = after is { } a ? (Micros.Up(a.At), a.Log) : (long.MinValue, default);
            return
            [
                .. _byTime.GetViewBetween(from, (long.MaxValue, new LogId(UInt128.MaxValue)))
                    .TakeWhile(entry => entry.Micros <= Micros.Down(until)).SkipWhile(entry => after is not null && entry == from)
                    .Take(limit).Select(entry => new DueLog(Micros.Time(entry.Micros), entry.Log)),
            ];
        }
    }

    public DateTimeOffset? NextDue(DateTimeOffset after)
    {
        lock (Lock)
        {
            var later = _byTime.GetViewBetween((Micros.Down(after) + 1, default), (long.MaxValue, new LogId(UInt128.MaxValue)));
            return later.Count > 0 ? Micros.Time(later.Min.Micros) : null;
        }
    }
}

/// <summary>A shard of the population index: how often each log has each key.</summary>
internal sealed class IndexFold : IRecordFold
{
    public const byte ChangeKind = (byte)'I';
    public const byte ErasedKind = (byte)'X';

    private readonly SortedDictionary<BlindKey, SortedDictionary<LogId, (BlobPosition At, long Count)>> _keys = [];
    private readonly SortedDictionary<LogId, BlobPosition> _erased = [];

    public Lock Lock { get; } = new();

    public void Clear()
    {
        _keys.Clear();
        _erased.Clear();
    }

    public void Take(FoldRecord record)
    {
        if (record.Kind == ErasedKind)
        {
            _erased[record.Log] = record.At;
            foreach (var logs in _keys.Values)
                logs.Remove(record.Log);
            return;
        }
        if (_erased.ContainsKey(record.Log))
            return;
        if (!_keys.TryGetValue(record.Key, out var counts))
            _keys.Add(record.Key, counts = []);
        var before = counts.GetValueOrDefault(record.Log, (new BlobPosition(-1), 0));
        if (record.At > before.At)
            counts[record.Log] = (record.At, Math.Max(0, before.Count + record.Value));
    }

    public IEnumerable<FoldRecord> All() =>
        _erased.Select(erased => new FoldRecord(ErasedKind, erased.Key, erased.Value, default, 0)).Concat(
            from key in _keys
            from log in key.Value
            select new FoldRecord(ChangeKind, log.Key, log.Value.At, key.Key, log.Value.Count));

    public IReadOnlyList<LogId> Candidates(BlindKey key, LogId? after, int limit)
    {
        lock (Lock)
        {
            return _keys.TryGetValue(key, out var logs)
                ? [.. logs.Where(l => l.Value.Count > 0 && (after is not { } a || l.Key.CompareTo(a) > 0)).Select(l => l.Key).Take(limit)]
                : [];
        }
    }
}

/// <summary>The logs that a process may be writing.</summary>
internal sealed class NotesFold : IRecordFold
{
    public const byte NoteKind = (byte)'N';
    public const byte DoneKind = (byte)'D';
    /// <summary>Says only that the process is there.</summary>
    public const byte AliveKind = (byte)'A';

    private readonly SortedSet<LogId> _logs = [];
    private long _heard;

    public Lock Lock { get; } = new();

    public void Clear() => _logs.Clear();

    public void Take(FoldRecord record)
    {
        _heard++;
        if (record.Kind == NoteKind)
            _logs.Add(record.Log);
        else if (record.Kind == DoneKind)
            _logs.Remove(record.Log);
    }

    public IEnumerable<FoldRecord> All() => _logs.Select(log => new FoldRecord(NoteKind, log, default, default, 0));

    /// <summary>The logs, and how much was heard until now.</summary>
    public (List<LogId> Logs, long Heard) Now()
    {
        lock (Lock)
            return ([.. _logs], _heard);
    }
}

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// What this process knows of a log that it uses: the order of its own appends, where the log ended when it last looked, and how far what
/// they change outside is written. All of it may be forgotten at any time in which nothing waits.
/// </summary>
internal sealed class Lane(LogId log)
{
    private readonly List<(BlobPosition Start, Task Settled)> _settling = [];

    public LogId Log => log;

    /// <summary>Completes when the last append that was handed over has landed or failed.</summary>
    public Task Last { get; set; } = Task.CompletedTask;

    /// <summary>Appends that were handed over and have not ended, and others who use the lane.</summary>
    public int Users { get; set; }

    public long LastUsed { get; set; }

    /// <summary>Where the log ends, or null when that has to be looked up.</summary>
    public LogTail? Tail { get; private set; }

    /// <summary>Everything before is settled, as this process knows.</summary>
    private BlobPosition _settledTo;

    public LaneHealth Health { get; private set; } = new();

    /// <summary>How many appends ended without being known to be there or not; and the head after the last of them. What was handed over
    /// before and builds on it fails with it.</summary>
    public int Doubts { get; private set; }

    public Head Doubtful { get; private set; }

    public void Doubt(Head end) => (Doubts, Doubtful) = (Doubts + 1, end);

    /// <summary>Settled as far as is known: from here on, something may be left to do.</summary>
    public BlobPosition SettledTo
    {
        get
        {
            lock (_settling)
            {
                while (_settling.Count > 0 && _settling[0].Settled.IsCompletedSuccessfully)
                    _settling.RemoveAt(0);
                return _settling.Count > 0 ? _settling[0].Start : _settledTo;
            }
        }
    }

    public bool IsSettled => Tail is { } tail && SettledTo >= tail.End;

    /// <summary>What is on its way.</summary>
    public Task Settling
    {
        get
        {
            lock (_settling)
                return Task.WhenAll(_settling.Select(s => s.Settled));
        }
    }

    /// <summary>The log was looked at, and everything up to its end is settled.</summary>
    public void Known(LogTail tail)
    {
        lock (_settling)
        {
            _settling.Clear();
            (Tail, _settledTo) = (tail, tail.End);
            if (Health.Failed)
                Health = new LaneHealth();
        }
    }

    /// <summary>A frame of ours landed, and what it changes is being written.</summary>
    public void Landed(LogTail tail, Task settled)
    {
        lock (_settling)
        {
            if (!settled.IsCompletedSuccessfully)
                _settling.Add((tail.LastStart, settled));
            (Tail, _settledTo) = (tail, tail.End);
        }
    }

    /// <summary>A frame of ours landed that changes nothing outside.</summary>
    public void Moved(LogTail tail)
    {
        lock (_settling)
            (Tail, _settledTo) = (tail, tail.End);
    }

    public void Forget()
    {
        lock (_settling)
        {
            Tail = null;
            _settling.Clear();
        }
    }
}

/// <summary>The lanes of all logs that this process uses, and the order in which appends were handed over.</summary>
internal sealed class Lanes(AzureBlobLogOptions options)
{
    /// <summary>Idle lanes are kept so long as there are no more.</summary>
    private const int Kept = 50_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<LogId, Lane> _lanes = [];
    private long _bytes;
    private int _waiting;
    private TaskCompletionSource? _drained;

    /// <summary>A place behind everything that was handed over before for any of these logs.</summary>
    public sealed class Place
    {
        public required IReadOnlyList<Lane> Lanes { get; init; }
        public required Task Before { get; init; }
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        internal long Weight { get; init; }
        internal IReadOnlyList<int> Doubts { get; init; } = [];
    }

    /// <summary>What is decided already still finds room; nothing new should be.</summary>
    public bool IsCrowded
    {
        get
        {
            lock (_lock)
                return _waiting >= options.MaxWaiting / 2 || _bytes >= options.MaxWaitingBytes / 2;
        }
    }

    /// <exception cref="LogBusyException">Too much waits already.</exception>
    public Place Queue(IEnumerable<LogId> logs, long weight)
    {
        lock (_lock)
        {
            if (_waiting >= options.MaxWaiting || (_bytes + weight > options.MaxWaitingBytes && _waiting > 0))
                throw new LogBusyException($"{_waiting} appends wait");
            var lanes = logs.Select(Use).ToList();
            var place = new Place
            {
                Lanes = lanes,
                Before = Task.WhenAll(lanes.Select(lane => lane.Last)),
                Weight = weight,
                Doubts = [.. lanes.Select(lane => lane.Doubts)],
            };
            foreach (var lane in lanes)
                lane.Last = place.Done.Task;
            _waiting++;
            _bytes += weight;
            return place;
        }
    }

    /// <summary>The next may go.</summary>
    public void Pass(Place place) => place.Done.TrySetResult();

    public void Leave(Place place)
    {
        Pass(place);
        lock (_lock)
        {
            _waiting--;
            _bytes -= place.Weight;
            foreach (var lane in place.Lanes)
                lane.Users--;
            if (_waiting == 0)
                _drained?.TrySetResult();
        }
    }

    private Lane Use(LogId log)
    {
        if (!_lanes.TryGetValue(log, out var lane))
            _lanes.Add(log, lane = new Lane(log));
        lane.Users++;
        lane.LastUsed = options.Clock.GetTimestamp();
        return lane;
    }

    /// <summary>Where a log ended when this process looked last, if it did.</summary>
    public LogTail? Tail(LogId log)
    {
        lock (_lock)
            return _lanes.GetValueOrDefault(log)?.Tail;
    }

    /// <summary>Whether this process knows that everything up to a log's end is settled.</summary>
    public bool IsSettled(LogTail tail)
    {
        lock (_lock)
            return tail.IsClean || (_lanes.GetValueOrDefault(tail.Log) is { Tail: not null } lane && lane.SettledTo >= tail.End);
    }

    /// <summary>Does something while no append of a log can begin, unless somebody uses the log or it is not marked as settled.</summary>
    public Task WhileIdle(LogId log, Func<Task> work)
    {
        lock (_lock)
            return _lanes.GetValueOrDefault(log) is { Users: 0, Tail.IsClean: true } ? work() : Task.CompletedTask;
    }

    /// <summary>Lanes that nobody uses and nobody used for a while.</summary>
    public List<Lane> Idle(TimeSpan since)
    {
        lock (_lock)
            return [.. _lanes.Values.Where(lane => lane.Users == 0 && options.Clock.GetElapsedTime(lane.LastUsed) >= since)];
    }

    /// <summary>Drops idle lanes when there are many.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            if (_lanes.Count <= Kept)
                return;
            var idle = _lanes.Values.Where(lane => lane.Users == 0).OrderBy(lane => lane.LastUsed).Take(_lanes.Count - Kept).ToList();
            foreach (var lane in idle)
                _lanes.Remove(lane.Log);
        }
    }

    /// <summary>Completes when everything that was handed over has ended: what it changes outside its log is written too.</summary>
    public Task Drained()
    {
        lock (_lock)
        {
            if (_waiting == 0)
                return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }
}

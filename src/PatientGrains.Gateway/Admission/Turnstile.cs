namespace PatientGrains.Gateway.Admission;

/// <summary>Limits of one turnstile.</summary>
/// <param name="Name">In metrics.</param>
/// <param name="OwnUnits">Units that each source has to itself.</param>
/// <param name="MaxWaiting">Requests of one source that wait.</param>
/// <param name="MaxWaitingBytes">Bytes that wait, of all sources.</param>
/// <param name="Patience">How long one waits.</param>
internal sealed record TurnstileLimits(string Name, int OwnUnits, int MaxWaiting, long MaxWaitingBytes, TimeSpan Patience);

/// <summary>
/// Lets requests in, fairly between sources. Each source has a few units to itself; what is under way beyond that is bounded by a
/// <see cref="Pace"/> and shared in turn among the sources that wait, by the units that each has had (start-time fair queueing: Goyal, Vin
/// and Cheng, SIGCOMM 1996). So a source that asks for little is let in at once, whatever another one asks for, and whoever is alone may
/// use it all. Sources are those of verified tokens: there are as many as are registered.
/// </summary>
internal sealed class Turnstile : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Source> _sources = new(StringComparer.Ordinal);
    private readonly List<Source> _waiting = [];
    private readonly TurnstileLimits _limits;
    private readonly Pace _pace;
    private readonly TimeProvider _clock;
    private readonly ITimer _sweep;
    private readonly AdmissionMetrics _metrics;
    private int _underWay;
    private long _waitingBytes;
    private Source? _last;

    /// <summary>Where the turn has come to: the units that a source which never paused has had.</summary>
    private long _turn;

    public Turnstile(TurnstileLimits limits, Pace pace, TimeProvider clock)
    {
        (_limits, _pace, _clock) = (limits, pace, clock);
        _sweep = clock.CreateTimer(_ => Sweep(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _metrics = new AdmissionMetrics(limits.Name, Look);
    }

    /// <summary>Whether a request of this source would be refused now; asked before its body is read.</summary>
    public bool Refuses(string source)
    {
        lock (_gate)
        {
            bool isFull = Of(source).Waiting.Count >= _limits.MaxWaiting;
            if (isFull)
                _metrics.Refused(source);
            return isFull;
        }
    }

    /// <summary>Ends when it is let in; null when it is too busy for that, and then nothing has happened.</summary>
    /// <param name="source">Whose request it is.</param>
    /// <param name="units">What it costs, at least 1.</param>
    /// <param name="bytes">What it holds while it waits.</param>
    /// <param name="isStream">It waits as long as it takes, and only for bytes is it refused: its sender waits with it.</param>
    /// <param name="cancel">Nobody waits any more.</param>
    public ValueTask<Place?> Enter(string source, int units, long bytes, bool isStream, CancellationToken cancel)
    {
        lock (_gate)
        {
            var own = Of(source);
            if (own.Waiting.Count == 0 && HasRoom(own))
                return new(Take(own, units));
            if ((!isStream && own.Waiting.Count >= _limits.MaxWaiting) || _waitingBytes + bytes > _limits.MaxWaitingBytes)
            {
                _metrics.Refused(source);
                return default;
            }
            cancel.ThrowIfCancellationRequested();
            return new(Wait(new Waiter(own, units, bytes, isStream, _clock.GetTimestamp()), cancel));
        }
    }

    private Source Of(string name)
    {
        if (!_sources.TryGetValue(name, out var source))
            _sources.Add(name, source = new Source(name));
        return source;
    }

    private bool HasRoom(Source source) => source.UnderWay < _limits.OwnUnits || _underWay < _pace.Limit;

    private Place Take(Source source, int units)
    {
        if (_last is not null && source != _last)
            _pace.Shared();
        _last = source;
        _underWay += units;
        source.UnderWay += units;
        // Whoever paused has no claim to what it did not use.
        _turn = source.NextAt(_turn);
        source.Next = _turn + units;
        return new Place(this, source, units, _clock.GetTimestamp());
    }

    private Task<Place?> Wait(Waiter waiter, CancellationToken cancel)
    {
        _pace.Full();
        if (_waiting.Count == 0)
            _sweep.Change(_limits.Patience / 4, _limits.Patience / 4);
        if (waiter.Source.Waiting.Count == 0)
            _waiting.Add(waiter.Source);
        var node = waiter.Source.Waiting.AddLast(waiter);
        _waitingBytes += waiter.Bytes;
        return cancel.CanBeCanceled ? Cancelled(node, cancel) : waiter.Entered.Task;
    }

    private async Task<Place?> Cancelled(LinkedListNode<Waiter> node, CancellationToken cancel)
    {
        using var registration = cancel.UnsafeRegister(_ => GiveUp(node, cancel), null);
        return await node.Value.Entered.Task.ConfigureAwait(false);
    }

    private void GiveUp(LinkedListNode<Waiter> node, CancellationToken cancel)
    {
        lock (_gate)
        {
            // One that has been let in meanwhile has its place, and gives it back.
            if (node.List is null)
                return;
            Unlist(node);
            LetIn();
        }
        node.Value.Entered.SetCanceled(cancel);
    }

    private void Leave(Place place)
    {
        lock (_gate)
        {
            _underWay -= place.Units;
            place.Source.UnderWay -= place.Units;
            _pace.Done(place.Units, place.Since);
            LetIn();
        }
    }

    private void LetIn()
    {
        while (NextSource() is { } source)
        {
            var node = source.Waiting.First!;
            Unlist(node);
            node.Value.Entered.SetResult(Take(source, node.Value.Units));
        }
    }

    /// <summary>Of the sources that wait and for which there is room, the one that had least.</summary>
    private Source? NextSource()
    {
        Source? next = null;
        foreach (var source in _waiting)
        {
            if (HasRoom(source) && (next is null || source.NextAt(_turn) < next.NextAt(_turn)))
                next = source;
        }
        return next;
    }

    private void Unlist(LinkedListNode<Waiter> node)
    {
        var source = node.Value.Source;
        source.Waiting.Remove(node);
        _waitingBytes -= node.Value.Bytes;
        if (source.Waiting.Count == 0)
            _waiting.Remove(source);
        if (_waiting.Count == 0)
            _sweep.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Who has waited too long is told so: a late answer is worth less than an early refusal.</summary>
    private void Sweep()
    {
        lock (_gate)
        {
            foreach (var source in _waiting.ToList())
            {
                for (var node = source.Waiting.First; node is not null;)
                {
                    var (late, next) = (node, node.Next);
                    node = next;
                    if (late.Value.IsStream || _clock.GetElapsedTime(late.Value.Since) < _limits.Patience)
                        continue;
                    Unlist(late);
                    _metrics.Refused(source.Name);
                    late.Value.Entered.SetResult(null);
                }
            }
        }
    }

    /// <summary>For gauges.</summary>
    internal (int UnderWay, int Limit, List<(string Source, int Waiting)> Waiting) Look()
    {
        lock (_gate)
            return (_underWay, _pace.Limit, [.. _sources.Values.Select(source => (source.Name, source.Waiting.Count))]);
    }

    public void Dispose()
    {
        _sweep.Dispose();
        _metrics.Dispose();
    }

    /// <summary>A request that was let in; disposing it lets the next one in.</summary>
    internal sealed class Place(Turnstile of, Source source, int units, long since) : IDisposable
    {
        private int _left;

        public Source Source => source;
        public int Units => units;
        public long Since => since;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                of.Leave(this);
        }
    }

    /// <summary>Guarded by the turnstile.</summary>
    internal sealed class Source(string name)
    {
        public string Name => name;
        public int UnderWay { get; set; }
        public LinkedList<Waiter> Waiting { get; } = [];

        /// <summary>The turn after what it had last.</summary>
        public long Next { get; set; }

        public long NextAt(long turn) => Math.Max(turn, Next);
    }

    internal sealed record Waiter(Source Source, int Units, long Bytes, bool IsStream, long Since)
    {
        public TaskCompletionSource<Place?> Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

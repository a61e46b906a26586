using System.Buffers;
using System.Diagnostics;

namespace PatientGrains.Log;

/// <summary>
/// One activation's hold of one log: gather, decide, append, evolve, reply. Decisions are made and evolved synchronously, one after the
/// other, and answered when everything they saw and everything they wrote is durable. It takes no locks: all calls come from one
/// activation, one turn at a time, with a task scheduler or synchronization context that its awaits return to.
/// <para>When an append fails, the state in memory is ahead of the log. The journal is then <see cref="Lost"/>: nothing that waits is
/// acknowledged, every later call fails, and the activation opens a new one.</para>
/// </summary>
public sealed partial class PatientJournal<TState, TEvent> : IDisposable
{
    private readonly IPatientLog _log;
    private readonly KeyRing _keys;
    private readonly TimeProvider _clock;
    private readonly LogName _name;
    private readonly LogId _id;
    private readonly IFold<TState, TEvent> _fold;
    private readonly JournalOptions _options;
    private readonly LogKey _key;
    private readonly byte[] _wrappedKey;
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<Gathering> _queue = [];
    private TState _state;
    private Head _sealed;
    private Head _durable;
    private long _lastMicros;
    private DateTimeOffset? _due;
    private DateTimeOffset? _dueSealed;
    private Gathering? _last;
    private Preparation? _preparation;
    /// <summary>Of a commit that is sealed, for the next one.</summary>
    private EffectKeys? _spareEffects;
    private long _gatheredBytes;
    private int _inFlight;
    private int _waiting;

    /// <summary>Faults, with a <see cref="JournalLostException"/>, when the activation must be thrown away. Never completes
    /// otherwise.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Everything before this is durable.</summary>
    public Head DurableHead => _durable;

    /// <summary>
    /// Decides, and answers when that is durable. A decision without events answers when everything before it is durable; when the log
    /// knows another due time than the state has (a newer program judges it otherwise), a void commit tells it.
    /// </summary>
    /// <exception cref="LogBusyException">Refused before anything was decided.</exception>
    /// <exception cref="LogLimitException">The decision's events are larger than a commit may be; nothing happened.</exception>
    /// <exception cref="JournalLostException">Not acknowledged; whether it is in the log is known after opening it again.</exception>
    public Task<TOutcome> Execute<TOutcome>(Func<TState, Decided<TEvent, TOutcome>> decide) => Execute(decide, [], _ => false);

    /// <summary>
    /// Decides, and when <paramref name="commits"/> says so of the outcome, appends the prepared commits of other logs with its own: all
    /// of them become durable, or none. The caller settles them afterwards with what <paramref name="commits"/> said, or as not committed
    /// when this fails.
    /// </summary>
    public async Task<TOutcome> Execute<TOutcome>(
        Func<TState, Decided<TEvent, TOutcome>> decide, IReadOnlyList<PreparedCommit> prepared, Func<TOutcome, bool> commits)
    {
        await Enter();
        try
        {
            var decided = decide(_state);
            bool carries = prepared.Count > 0 && commits(decided.Outcome);
            if (carries && decided.Events.Count == 0)
                throw new ArgumentException("A decision that commits prepared commits has events of its own.");
            if (decided.Events.Count > 0 || DueNow() != _due)
                Gather(decided.Events, carries ? prepared : []);
            else if (decided.MustBeNewest)
                await Newest();
            await Durable();
            return decided.Outcome;
        }
        finally
        {
            _waiting--;
        }
    }

    /// <summary>Waits for a transaction that holds the log, in the order of arrival.</summary>
    private async Task Enter()
    {
        ThrowIfLost();
        if (_waiting >= _options.MaxWaiting)
            throw new LogBusyException($"{_options.MaxWaiting} decisions of a log wait");
        if (_gatheredBytes >= _options.MaxGatheredBytes)
            throw new LogBusyException($"{_options.MaxGatheredBytes} bytes of a log wait");
        if (_log.IsCrowded)
            throw new LogBusyException("the store has too much waiting");
        _waiting++;
        try
        {
            while (_preparation is not null)
            {
                await _preparation.Settled.Task;
                ThrowIfLost();
            }
        }
        catch
        {
            _waiting--;
            throw;
        }
    }

    private void ThrowIfLost()
    {
        if (_lost.Task.IsFaulted)
            throw new JournalLostException(_lost.Task.Exception.InnerException!.InnerException!);
    }

    /// <summary>
    /// Makes sure that the log ends where this journal believes: another activation may have gone on in a split cluster, and what adds no
    /// event is not fenced by an append. What is in flight fences itself.
    /// </summary>
    private async Task Newest()
    {
        while (true)
        {
            await Durable();
            var found = (await _log.Find(_id))?.Head ?? Head.Empty;
            ThrowIfLost();
            if (found == _durable || found.NextSeq < _durable.NextSeq)
                return;
            if (_preparation is { } held)
                await held.Settled.Task;
            else if (_inFlight == 0)
                Lose(new StaleHeadException(_id));
            ThrowIfLost();
        }
    }

    private Task Durable() => _last?.Durable.Task ?? Task.CompletedTask;

    /// <summary>Adds a decision's events to a commit and evolves them; sends the commit on its way when it may go.</summary>
    private void Gather(IReadOnlyList<TEvent> events, IReadOnlyList<PreparedCommit> with)
    {
        var gathering = with.Count == 0 && _queue.Count > 0 && _last is { With.Count: 0 } last
            && last.Body.WrittenCount < _options.CommitBytes
            ? last
            : new Gathering(TakeEffects()) { With = with };
        Encode(events, gathering);
        if (gathering != _last || _queue.Count == 0)
        {
            _queue.Enqueue(gathering);
            _last = gathering;
        }
        Evolve(events, gathering);
        Pump();
    }

    private EffectKeys TakeEffects()
    {
        var effects = _spareEffects ?? new EffectKeys();
        _spareEffects = null;
        return effects;
    }

    /// <summary>Encodes before anything is evolved: a decision that is too large changes nothing.</summary>
    private void Encode(IReadOnlyList<TEvent> events, Gathering gathering)
    {
        int before = gathering.Body.WrittenCount;
        try
        {
            foreach (var happened in events)
                _fold.Write(happened, gathering.Body);
            if (gathering.Body.WrittenCount - before > LogKey.MaxBody - _options.CommitBytes)
                throw new LogLimitException($"a decision's events have at most {LogKey.MaxBody - _options.CommitBytes} bytes");
            if (_sealed.NextSeq + events.Count >= LogKey.MaxEvents)
                throw new LogLimitException($"a log has at most {LogKey.MaxEvents} events");
        }
        catch
        {
            gathering.Body.CutTo(before);
            throw;
        }
        gathering.Count += events.Count;
        _gatheredBytes += gathering.Body.WrittenCount - before;
    }

    private void Evolve(IReadOnlyList<TEvent> events, Gathering gathering)
    {
        try
        {
            gathering.Effects.Offset = gathering.Count - events.Count;
            foreach (var happened in events)
            {
                _fold.Effects(_state, happened, _name, gathering.Effects);
                _state = _fold.Evolve(_state, happened);
                gathering.Effects.Offset++;
            }
            gathering.DueAt = _due = DueNow();
        }
        catch (Exception e)
        {
            Lose(e);
            throw;
        }
    }

    /// <summary>As a store keeps it.</summary>
    private DateTimeOffset? DueNow() => Micros.Up(_fold.DueAt(_state));

    /// <summary>Seals what has gathered and hands it to the log, as deep as the pipeline goes.</summary>
    private void Pump()
    {
        while (!_lost.Task.IsFaulted && _inFlight < _options.Depth && _queue.TryDequeue(out var gathering))
        {
            try
            {
                int bytes = gathering.Body.WrittenCount;
                var batch = Seal(gathering);
                var snapshot = _queue.Count == 0 ? DueSnapshot(bytes) : null;
                _gatheredBytes -= bytes;
                foreach (var other in gathering.With)
                    batch = other.JoinTo(batch);
                _inFlight++;
                _ = Finish(gathering, _sealed, Submit(batch, gathering.Trace), snapshot);
            }
            catch (Exception e)
            {
                Lose(e);
                gathering.Fail(e);
            }
        }
    }

    private Task Submit(AppendBatch batch, ActivityContext trace = default)
    {
        try
        {
            return Telemetry.Append(_log, batch, trace);
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
    }

    private AppendBatch Seal(Gathering gathering)
    {
        _lastMicros = Math.Max(_lastMicros, _clock.GetUtcNow().UtcTicks / 10 - DateTimeOffset.UnixEpoch.Ticks / 10);
        var commit = _key.SealCommit(_sealed, gathering.Count, _lastMicros, gathering.Body.WrittenSpan);
        var append = _sealed == Head.Empty
            ? new CommitAppend(commit, _sealed, _wrappedKey, _key.SealName(_name))
            : new CommitAppend(commit, _sealed);
        _sealed = commit.End;
        var batch = gathering.Effects.Blind(_keys, append);
        _spareEffects = gathering.Effects.Emptied();
        gathering.Release();
        if (gathering.DueAt == _dueSealed)
            return batch;
        _dueSealed = gathering.DueAt;
        return batch with { Due = [new DueChange(_id, gathering.DueAt)] };
    }

    private async Task Finish(Gathering gathering, Head end, Task append, Action<IBufferWriter<byte>>? snapshot)
    {
        try
        {
            await append;
        }
        catch (Exception e)
        {
            _inFlight--;
            Lose(e);
            gathering.Fail(e);
            return;
        }
        _inFlight--;
        _durable = end;
        gathering.Durable.TrySetResult();
        Pump();
        if (snapshot is not null)
            await Save(end, snapshot);
    }

    private void Lose(Exception reason)
    {
        if (!_lost.TrySetException(new JournalLostException(reason)))
            return;
        // Looked at here, because an activation that is idle has nobody who awaits it.
        _ = _lost.Task.Exception;
        while (_queue.TryDequeue(out var gathering))
            gathering.Fail(reason);
        _preparation?.Settled.TrySetResult();
    }

    public void Dispose() => _key.Dispose();
}

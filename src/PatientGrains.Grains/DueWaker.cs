using Microsoft.Extensions.Hosting;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Log;

namespace PatientGrains.Grains;

/// <summary>
/// Wakes records when they are due, by the due times in the store: so nothing that is due is forgotten by a crash. It keeps nothing that
/// matters: a record stays due in the store until its own decision says otherwise, and until then it is woken again, ever more rarely. Any
/// number of these may run on one store: waking a record twice does what waking it once does.
/// <para>Time and timers are those of the <see cref="TimeProvider"/>.</para>
/// </summary>
public sealed class DueWaker : BackgroundService
{
    /// <summary>Records that are being woken at a time: enough to hide the log's sync, few enough to leave the engine to others.</summary>
    internal const int MostAtOnce = 32;

    private const int PageSize = 256;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(5);
    /// <summary>The store is looked at that often although it told nothing: what another process writes may go untold.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly IPatientLog _log;
    private readonly LogNames _names;
    private readonly TimeProvider _clock;
    private readonly Func<string, Task<Outcome>> _wake;
    private readonly SemaphoreSlim _slots = new(MostAtOnce);
    private readonly Dictionary<LogId, Attempt> _attempts = [];
    private volatile TaskCompletionSource _ended = new();
    private int _sweep;

    public DueWaker(IPatientLog log, LogNames names, IGrainFactory grains, TimeProvider clock)
        : this(log, names, clock, name => RecordNames.GrainOf(grains, name).Ask(new WakeUp { Who = null }))
    {
    }

    internal DueWaker(IPatientLog log, LogNames names, TimeProvider clock, Func<string, Task<Outcome>> wake) =>
        (_log, _names, _clock, _wake) = (log, names, clock, wake);

    /// <summary>A record that was found due, and woken. Of its members only <see cref="HasEnded"/> is written by others than the
    /// loop.</summary>
    private sealed class Attempt(DateTimeOffset dueAt, int tries)
    {
        private volatile bool _hasEnded;

        public DateTimeOffset DueAt { get; } = dueAt;
        public int Tries { get; } = tries;
        public int Sweep { get; set; }

        /// <summary>Null until it is found that the record is still due although it was woken.</summary>
        public DateTimeOffset? RetryAt { get; set; }

        public Task Running { get; set; } = Task.CompletedTask;

        public bool HasEnded
        {
            get => _hasEnded;
            set => _hasEnded = value;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Round(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (LogException)
            {
                // A store that cannot be read now is asked again; everybody else who uses it reports it.
                Telemetry.Woke("store");
                await Task.Delay(FirstRetry, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        await Task.WhenAll(_attempts.Values.Select(attempt => attempt.Running));
    }

    /// <summary>Wakes what is due, then sleeps until something else is, or may be.</summary>
    private async Task Round(CancellationToken stop)
    {
        using var round = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            var ended = _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var anySet = _log.DueSet(DateTimeOffset.MaxValue, round.Token);
            var now = _clock.GetUtcNow();
            var retry = await Sweep(now, stop);
            var next = await _log.NextDue(now, stop);
            var until = Earliest(now + LongestSleep, Earliest(retry ?? DateTimeOffset.MaxValue, next ?? DateTimeOffset.MaxValue));
            var earlierSet = _log.DueSet(until, round.Token);
            // What was set while this looked may have been missed by the look.
            if (anySet.IsCompleted)
                return;
            var sleep = until - _clock.GetUtcNow();
            if (sleep > TimeSpan.Zero)
                await Task.WhenAny(ended.Task, earlierSet, Task.Delay(sleep, _clock, round.Token));
        }
        finally
        {
            await round.CancelAsync();
        }
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Begins to wake everything that is due; waits for a free slot, not for the records.</summary>
    /// <returns>When the first of those that stay due shall be woken again.</returns>
    private async Task<DateTimeOffset?> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        _sweep++;
        long backlog = 0;
        DateTimeOffset? retry = null;
        DueLog? last = null;
        IReadOnlyList<DueLog> page;
        do
        {
            page = await _log.Due(now, last, PageSize, stop);
            foreach (var due in page)
            {
                if (await Consider(due, now, stop) is { } at && !(retry < at))
                    retry = at;
                last = due;
            }
            backlog += page.Count;
        }
        while (page.Count == PageSize);
        foreach (var (log, _) in _attempts.Where(entry => entry.Value.HasEnded && entry.Value.Sweep != _sweep).ToList())
            _attempts.Remove(log);
        Telemetry.DueBacklog(backlog);
        return retry;
    }

    /// <returns>When to look again, for a record that was woken in vain; null when it is being woken.</returns>
    private async Task<DateTimeOffset?> Consider(DueLog due, DateTimeOffset now, CancellationToken stop)
    {
        int tries = 0;
        if (_attempts.TryGetValue(due.Log, out var before))
        {
            before.Sweep = _sweep;
            if (!before.HasEnded)
                return null;
            if (before.DueAt == due.At)
            {
                before.RetryAt ??= now + Pause(before.Tries);
                if (now < before.RetryAt)
                    return before.RetryAt;
                tries = before.Tries;
            }
        }
        await _slots.WaitAsync(stop);
        var attempt = _attempts[due.Log] = new Attempt(due.At, tries + 1) { Sweep = _sweep };
        if (tries == 0)
            Telemetry.DueFor(now - due.At);
        attempt.Running = Task.Run(() => Wake(due.Log, attempt), CancellationToken.None);
        return null;
    }

    private async Task Wake(LogId log, Attempt attempt)
    {
        try
        {
            // An erased log has no name, and is not due any more.
            if (await _names.Of(log) is { } name)
                Telemetry.Woke(await _wake(name) is Woken ? "woken" : "refused");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whatever it was, the record is still due in the store and gets another chance; its failure is the record's to report.
            Telemetry.Woke("failed");
        }
        finally
        {
            _slots.Release();
            attempt.HasEnded = true;
            _ended.TrySetResult();
        }
    }

    /// <summary>1 s, then twice as long each time, up to 5 minutes.</summary>
    private static TimeSpan Pause(int tries) => Earliest(LastRetry, FirstRetry * Math.Pow(2, Math.Min(tries - 1, 20)));

    private static T Earliest<T>(T one, T other)
        where T : IComparable<T> => one.CompareTo(other) < 0 ? one : other;

    public override void Dispose()
    {
        _slots.Dispose();
        base.Dispose();
    }
}

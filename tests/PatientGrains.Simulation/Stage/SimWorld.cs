using System.Diagnostics;

namespace PatientGrains.Simulation.Stage;

/// <summary>
/// Time, chance and the order of everything. Runs on the thread pool's one worker: what awaits is run first, in the order of the pool; only
/// when nothing is left to run does the next event happen. So a seed decides all that happens, whatever the machine does.
/// </summary>
internal sealed class SimWorld : IThreadPoolWorkItem
{
    /// <summary>When simulated time begins.</summary>
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long At, int Shuffle, long Order)> _events = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _now;
    private long _order;
    private bool _isOver;

    public SimWorld(int seed)
    {
        Random = new Random(seed);
        History = new History(this);
    }

    public Random Random { get; }

    public History History { get; }

    /// <summary>Since the beginning; never goes back.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_now);

    /// <summary>How many events have happened: what has a smaller number happened before.</summary>
    public long Step { get; private set; }

    /// <summary>Events after which a run is given up: something goes round in circles.</summary>
    public long MostSteps { get; init; } = 3_000_000;

    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>A time between two, most of them short: log-uniform.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        TimeSpan.FromTicks((long)(least.Ticks * Math.Pow((double)most.Ticks / least.Ticks, Random.NextDouble())));

    public T Pick<T>(IReadOnlyList<T> of) => of[Random.Next(of.Count)];

    /// <summary>Lets something happen after a time. What happens at the same time happens in an order that the seed decides.</summary>
    public void After(TimeSpan time, Action what)
    {
        long at = _now + Math.Max(0, time.Ticks);
        _events.Enqueue(what, (at, Random.Next(), _order++));
    }

    /// <summary>Runs until <see cref="End"/>.</summary>
    public async Task Run()
    {
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        await _ended.Task;
    }

    public void End()
    {
        _isOver = true;
        _ended.TrySetResult();
    }

    public void Fail(Exception failure)
    {
        _isOver = true;
        _ended.TrySetException(failure);
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_isOver)
            return;
        // Quiet is when this is the only thing that is left to run.
        if (ThreadPool.PendingWorkItemCount == 0)
            Next();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Next()
    {
        if (!_events.TryDequeue(out var what, out var when))
        {
            Fail(new UnreachableException("Nothing is left to happen."));
            return;
        }
        _now = when.At;
        if (++Step > MostSteps)
        {
            Fail(new CheckFailedException("liveness", $"{MostSteps} events did not bring the run to its end"));
            return;
        }
        try
        {
            what();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }
}

/// <summary>Something that must never be was seen.</summary>
/// <param name="checker">Which of the independent checkers saw it.</param>
/// <param name="what">What it saw, in a sentence.</param>
internal sealed class CheckFailedException(string checker, string what) : Exception($"{checker}: {what}");

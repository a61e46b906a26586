using System.Diagnostics.Metrics;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>What a server saw.</summary>
/// <param name="Parts">Of the run.</param>
/// <param name="Spent">
/// Every few milliseconds: the timestamp, the microseconds of processor time that it had spent, and the part that it was.
/// </param>
internal sealed record ServerSeen(IReadOnlyList<ServerPart> Parts, IReadOnlyList<long[]> Spent)
{
    /// <summary>
    /// Milliseconds of processor time that the server spent between two timestamps: what was done before something was, however many other
    /// programs the machine has to run.
    /// </summary>
    public double Between(long from, long to) => (At(to) - At(from)) / 1e3;

    /// <summary>How many seconds a part lasted, and how many of processor time the server spent in it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part was never begun.</exception>
    public (double Seconds, double Spent) ProcessorOf(int part)
    {
        var own = Spent.Where(one => one[2] == part).ToList();
        return (TimeProvider.System.GetElapsedTime(own[0][0], own[^1][0]).TotalSeconds, (own[^1][1] - own[0][1]) / 1e6);
    }

    private double At(long timestamp)
    {
        int low = 0;
        for (int high = Spent.Count - 1; high - low > 1;)
        {
            int middle = (low + high) / 2;
            (low, high) = Spent[middle][0] <= timestamp ? (middle, high) : (low, middle);
        }
        var (a, b) = (Spent[low], Spent[low + 1]);
        return a[1] + ((b[1] - a[1]) * Math.Clamp((double)(timestamp - a[0]) / (b[0] - a[0]), 0, 1));
    }
}

/// <summary>What a server saw in a part of a run, in milliseconds.</summary>
/// <param name="Answered">Submissions of the source that is watched.</param>
/// <param name="P50">From such a submission read whole to its answer handed to the transport.</param>
/// <param name="P99">The same.</param>
/// <param name="PoolP50">What anything waits for a thread of the pool.</param>
/// <param name="PoolP99">The same.</param>
/// <param name="Megabytes">Managed memory at most, what is not collected yet included.</param>
internal sealed record ServerPart(long Answered, double P50, double P99, double PoolP50, double PoolP99, double Megabytes);

/// <summary>
/// Watches the server of this process from inside: by the metric of its gateway, and by asking its thread pool for a thread.
/// </summary>
internal sealed class ServerWatch : IDisposable
{
    /// <summary>Of the gateway.</summary>
    private const string Instrument = "patientgrains.gateway.submission.duration";

    /// <summary>More parts than a run has.</summary>
    private const int Parts = 8;

    private static readonly TimeSpan BetweenAsks = TimeSpan.FromMilliseconds(2);

    private readonly Histogram[] _took = [.. Enumerable.Range(0, Parts).Select(_ => new Histogram())];
    private readonly Histogram[] _pool = [.. Enumerable.Range(0, Parts).Select(_ => new Histogram())];
    private readonly List<long[]> _spent = [];
    private readonly long[] _mostBytes = new long[Parts];
    private readonly ManualResetEventSlim _end = new();
    private readonly MeterListener _listener = new();
    private readonly string _source;
    private readonly Thread _asking;

    /// <summary>The last one until the first is begun: what warms up belongs to none.</summary>
    private volatile int _part = Parts - 1;

    public ServerWatch(string source)
    {
        _source = source;
        _listener.InstrumentPublished = (instrument, it) =>
        {
            if (instrument.Name == Instrument)
                it.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Took(seconds, tags));
        _listener.Start();
        _asking = new Thread(Ask) { IsBackground = true };
        _asking.Start();
    }

    /// <summary>Looks at the end of the part before and at the beginning of this one, whatever the thread that asks comes to.</summary>
    public string Begin(int part)
    {
        lock (_spent)
        {
            Look();
            _part = part;
            Look();
        }
        return "ok";
    }

    public ServerSeen Seen()
    {
        lock (_spent)
        {
            Look();
            return new ServerSeen([.. Enumerable.Range(0, Parts).Select(part => new ServerPart(
                _took[part].Count, _took[part].At(0.5) / 1e3, _took[part].At(0.99) / 1e3,
                _pool[part].At(0.5) / 1e3, _pool[part].At(0.99) / 1e3, _mostBytes[part] / 1e6))], [.. _spent]);
        }
    }

    public void Dispose()
    {
        _end.Set();
        _asking.Join();
        _listener.Dispose();
        _end.Dispose();
    }

    private void Took(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "source" && (string?)tag.Value == _source)
                _took[_part].Add((long)(seconds * 1e6));
        }
    }

    /// <summary>A thread of its own, so that what it asks of the pool waits behind everything else that was asked of it.</summary>
    private void Ask()
    {
        while (!_end.Wait(BetweenAsks))
        {
            int part;
            long asked;
            lock (_spent)
            {
                asked = Look();
                part = _part;
            }
            ThreadPool.UnsafeQueueUserWorkItem(
                state => state.Histogram.Add((long)TimeProvider.System.GetElapsedTime(state.Asked).TotalMicroseconds),
                (Histogram: _pool[part], Asked: asked), preferLocal: false);
        }
    }

    /// <summary>Within the lock of what was spent.</summary>
    private long Look()
    {
        _mostBytes[_part] = Math.Max(_mostBytes[_part], GC.GetTotalMemory(forceFullCollection: false));
        long now = TimeProvider.System.GetTimestamp();
        _spent.Add([now, (long)Environment.CpuUsage.TotalTime.TotalMicroseconds, _part]);
        return now;
    }
}

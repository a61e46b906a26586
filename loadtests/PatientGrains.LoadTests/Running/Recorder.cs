using System.Collections.Concurrent;

namespace PatientGrains.LoadTests.Running;

/// <summary>One measured round of a contender.</summary>
/// <param name="Units">Of what is counted.</param>
/// <param name="Seconds">That they took.</param>
/// <param name="CpuMicros">Processor time of the whole process a unit: what a busy machine cannot falsify by much.</param>
/// <param name="Allocated">Bytes a unit, of the whole process.</param>
/// <param name="Collections">Of garbage, of any generation.</param>
/// <param name="Paused">Share of the time in which collections stopped everything: what it is of requests that wait in their tail.</param>
internal sealed record Round(long Units, double Seconds, double CpuMicros, double Allocated, int Collections = 0, double Paused = 0)
{
    public double PerSecond => Units / Seconds;
    public double Micros => Seconds * 1e6 / Units;
}

/// <summary>What is seen of one contender: its rounds, its latencies, its failures.</summary>
internal sealed class Recorder
{
    private readonly ConcurrentQueue<string> _notes = new();
    private readonly ConcurrentDictionary<string, Series> _own = new();
    private readonly List<Round> _rounds = [];
    private readonly Lock _gate = new();
    private double _measured;
    private long _begun;
    private long _failed;
    private long _attempts;
    private string? _firstFailure;

    public Recorder(string name, TimeProvider clock)
    {
        (Name, Clock) = (name, clock);
        Latency = new Series("due to done", this);
        Late = new Series("due to sent", this);
    }

    public string Name { get; }
    public TimeProvider Clock { get; }

    /// <summary>From when a request was due until it was answered.</summary>
    public Series Latency { get; }

    /// <summary>From when a request was due until it was sent: how late the generator was. It is in <see cref="Latency"/> too.</summary>
    public Series Late { get; }

    /// <summary>Latencies that the scenario takes itself, by name.</summary>
    public IReadOnlyList<Series> Own => [.. _own.Values.OrderBy(series => series.Name, StringComparer.Ordinal)];

    public IReadOnlyList<Round> Rounds => _rounds;
    public IEnumerable<string> Notes => _notes;
    public long Failed => Volatile.Read(ref _failed);
    public long Attempts => Volatile.Read(ref _attempts);
    public string? FirstFailure => _firstFailure;
    public double PerSecond => Statistics.Median(_rounds.Select(round => round.PerSecond));
    public double Micros => Statistics.Median(_rounds.Select(round => round.Micros));
    public double CpuMicros => Statistics.Median(_rounds.Select(round => round.CpuMicros));
    public double Allocated => Statistics.Median(_rounds.Select(round => round.Allocated));
    public double Collections => Statistics.Median(_rounds.Select(round => (double)round.Collections));
    public double Paused => Statistics.Median(_rounds.Select(round => round.Paused));

    /// <summary>A series of the scenario's own.</summary>
    public Series Of(string name) => _own.GetOrAdd(name, key => new Series(key, this));

    public void Note(FormattableString text) => _notes.Enqueue(FormattableString.Invariant(text));

    public void Attempted() => Interlocked.Increment(ref _attempts);

    /// <summary>A request that was not answered as it should be; warming up is no excuse.</summary>
    public void Fail(string why)
    {
        Interlocked.Increment(ref _failed);
        Interlocked.CompareExchange(ref _firstFailure, why, null);
    }

    /// <summary>Where in the measured time, its rounds laid end to end, a timestamp lies.</summary>
    public TimeSpan SinceBegin(long timestamp) => TimeSpan.FromSeconds(_measured) + Clock.GetElapsedTime(_begun, timestamp);

    public void Begin() => _begun = Clock.GetTimestamp();

    public void End(Round round)
    {
        lock (_gate)
        {
            _rounds.Add(round);
            _measured += round.Seconds;
        }
    }
}

namespace PatientGrains.LoadTests.Running;

/// <summary>Latencies of one kind: all together, and by when they were due.</summary>
internal sealed class Series(string name, Recorder of)
{
    /// <summary>So many points has a plot of a run of a minute; shorter runs have fewer.</summary>
    public static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(500);

    private readonly List<Histogram> _slices = [];

    public string Name => name;
    public Histogram All { get; } = new();

    /// <summary>A histogram for each <see cref="Slice"/>, empty where nothing was due.</summary>
    public IReadOnlyList<Histogram> Slices
    {
        get
        {
            lock (_slices)
                return [.. _slices];
        }
    }

    /// <summary>In milliseconds.</summary>
    public double P(double share) => All.At(share) / 1000.0;

    public double MaxMillis => All.Max / 1000.0;

    /// <param name="due">Timestamp from which it counts.</param>
    /// <param name="done">Timestamp at which it ended.</param>
    public void Add(long due, long done)
    {
        long micros = (long)of.Clock.GetElapsedTime(due, done).TotalMicroseconds;
        All.Add(micros);
        SliceOf(of.SinceBegin(due)).Add(micros);
    }

    public override string ToString() => FormattableString.Invariant(
        $"p50 {P(0.5):N2} ms, p99 {P(0.99):N2} ms, p99.9 {P(0.999):N2} ms, max {MaxMillis:N2} ms");

    private Histogram SliceOf(TimeSpan at)
    {
        int slice = Math.Max(0, (int)(at / Slice));
        lock (_slices)
        {
            while (_slices.Count <= slice)
                _slices.Add(new Histogram());
            return _slices[slice];
        }
    }
}

namespace PatientGrains.Gateway.Admission;

/// <summary>
/// How many units may be under way: grows by an eighth while those who are let in are done within the target, shrinks by an eighth while they
/// are not, and stands while there is room anyway. By Little's law what is under way is throughput times latency, so this keeps the latency,
/// whatever the throughput is. Guarded by whoever owns it.
/// </summary>
internal sealed class Pace
{
    /// <summary>Several group commits long, so that one slow sync is no reason; ten windows are a second.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    /// <summary>A mean of fewer says nothing.</summary>
    public const int LeastSamples = 8;

    private readonly int _least;
    private readonly int _most;
    private readonly TimeSpan _target;
    private readonly TimeProvider _clock;
    private long _windowBegan;
    private TimeSpan _sum;
    private int _samples;
    private bool _wasFull;

    /// <param name="least">Never fewer.</param>
    /// <param name="most">Never more; the same as <paramref name="least"/> for a limit that stands.</param>
    /// <param name="target">Mean time from being let in to being done, of requests of one unit.</param>
    /// <param name="clock">Measures windows.</param>
    public Pace(int least, int most, TimeSpan target, TimeProvider clock)
    {
        (_least, _most, _target, _clock) = (least, most, target, clock);
        (Limit, _windowBegan) = (least, clock.GetTimestamp());
    }

    public int Limit { get; private set; }

    /// <summary>Somebody had to wait: only then does the limit matter, and only then does what is measured tell about it.</summary>
    public void Full() => _wasFull = true;

    /// <summary>A request is done.</summary>
    /// <param name="units">Large ones take long for other reasons and are not measured.</param>
    /// <param name="took">Since it was let in.</param>
    public void Done(int units, TimeSpan took)
    {
        if (_least == _most || units > 1)
            return;
        _sum += took;
        _samples++;
        long now = _clock.GetTimestamp();
        if (_samples < LeastSamples || _clock.GetElapsedTime(_windowBegan, now) < Window)
            return;
        int step = Math.Max(1, Limit / 8);
        if (_wasFull)
            Limit = _sum / _samples <= _target ? Math.Min(_most, Limit + step) : Math.Max(_least, Limit - step);
        (_windowBegan, _sum, _samples, _wasFull) = (now, TimeSpan.Zero, 0, false);
    }
}

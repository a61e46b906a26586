namespace PatientGrains.Gateway.Admission;

/// <summary>
/// How many units may be under way: grows by an eighth while those who are let in are done within the target, shrinks by as much as they
/// exceed it, at most to half, and stands while there is room anyway. By Little's law what is under way is throughput times latency, so
/// this keeps the latency, whatever the throughput is. Guarded by whoever owns it.
/// </summary>
internal sealed class Pace
{
    /// <summary>Several group commits long, so that one slow sync is no reason; ten windows are a second.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Times the target while one source is alone: it delays nobody but itself, and larger groups cost the store and the cores less.
    /// </summary>
    public const int Alone = 4;

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
    private bool _wasShared;

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

    /// <summary>Another source was let in than before.</summary>
    public void Shared() => _wasShared = true;

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
        if (_wasFull)
            Limit = Math.Clamp(Next((_wasShared ? _target : _target * Alone) / (_sum / _samples)), _least, _most);
        (_windowBegan, _sum, _samples, _wasFull, _wasShared) = (now, TimeSpan.Zero, 0, false, false);
    }

    /// <param name="slack">The target as a multiple of what was measured.</param>
    private int Next(double slack) => slack >= 1 ? Limit + Math.Max(1, Limit / 8) : (int)(Limit * Math.Max(0.5, slack));
}

namespace PatientGrains.Gateway.Admission;

/// <summary>
/// How many units may be under way: grows by an eighth while those who are let in are done within the target, shrinks by as much as they
/// exceed it, at most to half, and stands while there is room anyway. By Little's law what is under way is throughput times latency, so
/// this keeps the latency, whatever the throughput is. There are two such limits, each with what it has learnt: one while sources share the
/// way in, one while a source is alone. So the first request of a second source ends what the first one was allowed alone, at once. Guarded
/// by whoever owns it.
/// </summary>
internal sealed class Pace
{
    /// <summary>Several group commits long, so that one slow sync is no reason; ten windows are a second.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// So long after another source was let in a source is not alone: a laboratory that sends a value every few seconds finds short queues.
    /// </summary>
    public static readonly TimeSpan SharedFor = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Times the target, and times the least, while one source is alone: it delays nobody but itself, larger groups cost the store and the
    /// cores less, and what gathered in a pause is soon done.
    /// </summary>
    public const int Alone = 4;

    /// <summary>A mean of fewer says nothing.</summary>
    public const int LeastSamples = 8;

    private readonly int _least;
    private readonly int _most;
    private readonly TimeSpan _target;
    private readonly TimeProvider _clock;
    private int _limitAlone;
    private int _limitShared;
    private bool _isShared;
    private long _sharedAt;
    private long _turned;
    private long _windowBegan;
    private TimeSpan _sum;
    private int _samples;
    private bool _wasFull;

    /// <param name="least">Never fewer while sources share the way in.</param>
    /// <param name="most">Never more; the same as <paramref name="least"/> for a limit that stands.</param>
    /// <param name="target">Mean time from being let in to being done, of requests of one unit.</param>
    /// <param name="clock">Measures windows.</param>
    public Pace(int least, int most, TimeSpan target, TimeProvider clock)
    {
        (_least, _most, _target, _clock) = (least, most, target, clock);
        (_limitAlone, _limitShared) = (LeastAlone, least);
        _windowBegan = _turned = clock.GetTimestamp();
    }

    private int LeastAlone => Math.Min(_least * Alone, _most);

    public int Limit => _isShared ? _limitShared : _limitAlone;

    /// <summary>Somebody had to wait: only then does the limit matter, and only then does what is measured tell about it.</summary>
    public void Full() => _wasFull = true;

    /// <summary>Another source was let in than before.</summary>
    public void Shared()
    {
        _sharedAt = _clock.GetTimestamp();
        if (!_isShared)
            Turn(isShared: true, _sharedAt);
    }

    /// <summary>A request is done.</summary>
    /// <param name="units">Large ones take long for other reasons and are not measured.</param>
    /// <param name="since">When it was let in.</param>
    public void Done(int units, long since)
    {
        // One that was let in under the other limit waited behind what that one allowed.
        if (_least == _most || units > 1 || since < _turned)
            return;
        long now = _clock.GetTimestamp();
        _sum += _clock.GetElapsedTime(since, now);
        _samples++;
        if (_samples < LeastSamples || _clock.GetElapsedTime(_windowBegan, now) < Window)
            return;
        if (_wasFull)
            Learn(_sum / _samples);
        if (_isShared && _clock.GetElapsedTime(_sharedAt, now) >= SharedFor)
            Turn(isShared: false, now);
        else
            BeginWindow(now);
    }

    private void Learn(TimeSpan mean)
    {
        if (_isShared)
            _limitShared = Math.Clamp(Next(_target / mean), _least, _most);
        else
            _limitAlone = Math.Clamp(Next(_target * Alone / mean), LeastAlone, _most);
    }

    /// <param name="slack">The target as a multiple of what was measured.</param>
    private int Next(double slack) => slack >= 1 ? Limit + Math.Max(1, Limit / 8) : (int)(Limit * Math.Max(0.5, slack));

    private void Turn(bool isShared, long now)
    {
        (_isShared, _turned) = (isShared, now);
        BeginWindow(now);
    }

    private void BeginWindow(long now) => (_windowBegan, _sum, _samples, _wasFull) = (now, TimeSpan.Zero, 0, false);
}

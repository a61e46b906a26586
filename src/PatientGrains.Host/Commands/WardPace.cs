using PatientGrains.Host.Composition;

namespace PatientGrains.Host.Commands;

/// <summary>
/// Lets the ward's time run no further than its messages have come: where the machine is slow or stands still for a while, so does the
/// ward. Otherwise what was measured a second ago would arrive hours old, and the rules would not look at it any more.
/// </summary>
internal sealed class WardPace
{
    /// <summary>How old a message of the ward may become until it is acknowledged; an eighth of a second of the demo.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(15);

    private readonly FastClock _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _open = [];
    private DateTimeOffset _next;

    /// <param name="clock">The ward's.</param>
    /// <param name="start">When its first message is sent.</param>
    public WardPace(FastClock clock, DateTimeOffset start)
    {
        _clock = clock;
        Note(() => _next = start);
    }

    /// <summary>Ends when it is time to send a message. After the last one time stops.</summary>
    public async Task Send(string messageId, DateTimeOffset at, CancellationToken cancel)
    {
        Note(() => _next = at);
        await _clock.Until(at, cancel);
        Note(() => _open.Add(messageId, at));
    }

    public void Answered(string messageId) => Note(() => _open.Remove(messageId));

    private void Note(Action change)
    {
        lock (_gate)
        {
            change();
            _clock.StopAt(_open.Values.Append(_next).Min() + Oldest);
        }
    }
}

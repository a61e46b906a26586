namespace PatientGrains.Log;

/// <summary>
/// An event of this append that gets the next line of a feed. The store numbers the lines of each feed 1, 2, 3... over all logs, in the
/// transaction that makes the append durable: an append that is refused or fails leaves no gap, and who has seen a number has seen, or can
/// read, all before it.
/// </summary>
/// <param name="Feed">1 to 255; to the store a number, what it means is its users' business.</param>
/// <param name="Log">A log of the same append.</param>
/// <param name="Seq">Number of the event in it, in the commit of the same append. Ascending per feed and log.</param>
public readonly record struct FeedAppend(byte Feed, LogId Log, long Seq);

/// <summary>A line of a feed.</summary>
/// <param name="Number">Its number in the feed.</param>
/// <param name="Log">Null when the log was erased: the line keeps its number and says no more whose it was.</param>
/// <param name="Seq">Number of the event; 0 when the log was erased.</param>
public readonly record struct StoredFeedLine(long Number, LogId? Log, long Seq);

/// <summary>Some lines of a feed in order, without a gap between them nor before the first.</summary>
/// <param name="Head">The feed's last number when it was read, 0 for an empty feed; never below the last line's.</param>
public sealed record StoredFeedPage(IReadOnlyList<StoredFeedLine> Lines, long Head);

/// <summary>When a log wants to be woken; null: not at all. It takes the place of what was said before. Kept in microseconds, rounded
/// up.</summary>
public readonly record struct DueChange(LogId Log, DateTimeOffset? At);

/// <summary>A log that is due.</summary>
public readonly record struct DueLog(DateTimeOffset At, LogId Log);

/// <summary>Times as a store keeps them: microseconds since 1970, UTC.</summary>
internal static class Micros
{
    private static readonly long Last = Down(DateTimeOffset.MaxValue);

    /// <summary>Rounded up, so that nobody is woken before the time.</summary>
    public static long Up(DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return Math.Min(Last, (ticks / TimeSpan.TicksPerMicrosecond) + (ticks % TimeSpan.TicksPerMicrosecond > 0 ? 1 : 0));
    }

    /// <inheritdoc cref="Up(DateTimeOffset)"/>
    public static DateTimeOffset? Up(DateTimeOffset? time) => time is { } at ? Time(Up(at)) : null;

    /// <summary>Rounded down.</summary>
    public static long Down(DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return (ticks / TimeSpan.TicksPerMicrosecond) - (ticks % TimeSpan.TicksPerMicrosecond < 0 ? 1 : 0);
    }

    public static DateTimeOffset Time(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}

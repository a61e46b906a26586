using PatientGrains.Core.Screening;
using PatientGrains.Fhir.Scan;

namespace PatientGrains.Fhir.Findings;

/// <summary>When something held.</summary>
/// <param name="At">The moment, or the end of the period; UTC.</param>
/// <param name="From">Start of the period, else null.</param>
/// <param name="Why">The doubt that makes the time useless, else null.</param>
internal readonly record struct HeldAt(DateTimeOffset At, DateTimeOffset? From, Doubt? Why)
{
    /// <summary>Clocks of devices run ahead; what is later than this is an error of its writer.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(1);

    /// <param name="name">Name of the member: <c>effectiveDateTime</c>, <c>effectiveInstant</c>, <c>effectivePeriod</c>; any other
    /// kind says no single time.</param>
    /// <param name="value">Its value, empty when there is none.</param>
    /// <param name="now">When it was received.</param>
    public static HeldAt Of(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        DateTimeOffset? from = null;
        DateTimeOffset? at;
        if (name.EndsWith("Period"u8))
        {
            (from, at) = Period(value);
            // Per-1 compares by precision: an end on the day of the start may come out earlier.
            if (at < from)
                at = from;
        }
        else
        {
            at = name.EndsWith("DateTime"u8) || name.EndsWith("Instant"u8) ? Moment(JsonBytes.Text(value)) : null;
        }
        return new(at ?? default, from, at is null ? Doubt.NoTime : IsAhead(at.Value, now) ? Doubt.FutureTime : null);
    }

    public static bool IsAhead(DateTimeOffset at, DateTimeOffset now) => at - now > Ahead;

    /// <summary>
    /// Null when it is no date, or one less exact than a day. A day without a time counts as its first moment, UTC: what it holds never
    /// passes for fresher than it is.
    /// </summary>
    public static DateTimeOffset? Moment(ReadOnlySpan<byte> text) =>
        DateText.TryParse(text, out var precision, out _, out long from, out _) && precision >= DatePrecision.Day
            ? new DateTimeOffset(from, TimeSpan.Zero)
            : null;

    public static (DateTimeOffset? Start, DateTimeOffset? End) Period(ReadOnlySpan<byte> period)
    {
        DateTimeOffset? start = null;
        DateTimeOffset? end = null;
        var members = new JsonMembers(period);
        while (members.Next())
        {
            if (members.Is("start"u8))
                start = Moment(JsonBytes.Text(members.Value));
            else if (members.Is("end"u8))
                end = Moment(JsonBytes.Text(members.Value));
        }
        return (start, end);
    }
}

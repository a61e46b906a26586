using System.Globalization;

namespace PatientGrains.Grpc.Wire;

/// <summary>The header grpc-timeout: at most eight digits and a unit (PROTOCOL-HTTP2.md, Timeout).</summary>
internal static class Timeouts
{
    public static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9)
            return false;
        if (!uint.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
            return false;
        long ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour * value,
            'M' => TimeSpan.TicksPerMinute * value,
            'S' => TimeSpan.TicksPerSecond * value,
            'm' => TimeSpan.TicksPerMillisecond * value,
            'u' => TimeSpan.TicksPerMicrosecond * value,
            // A tick is 100 ns; rounding up never ends a call early.
            'n' => (value + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick,
            _ => -1,
        };
        timeout = TimeSpan.FromTicks(Math.Max(ticks, 0));
        return ticks >= 0;
    }

    /// <summary>
    /// In the finest unit that eight digits hold, rounded down; what has passed is one nanosecond, as 0 is not understood everywhere.
    /// </summary>
    public static string Format(TimeSpan timeout)
    {
        const long Limit = 100_000_000;
        if (timeout.Ticks <= 0)
            return "1n";
        long micros = timeout.Ticks / TimeSpan.TicksPerMicrosecond;
        (long value, char unit) = micros switch
        {
            0 => (timeout.Ticks * TimeSpan.NanosecondsPerTick, 'n'),
            < Limit => (micros, 'u'),
            < Limit * 1_000 => (micros / 1_000, 'm'),
            < Limit * 1_000_000 => (micros / 1_000_000, 'S'),
            _ => ((long)timeout.TotalMinutes, 'M'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Min(value, Limit - 1)}{unit}");
    }
}

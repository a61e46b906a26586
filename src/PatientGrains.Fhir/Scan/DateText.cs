namespace PatientGrains.Fhir.Scan;

/// <summary>How far a date text goes.</summary>
internal enum DatePrecision : byte
{
    Year,
    Month,
    Day,
    /// <summary>Hours and minutes: allowed in search values only (R4 3.1.1.4.7).</summary>
    Minute,
    Second,
}

/// <summary>
/// A date, dateTime or instant read by hand: regular expressions cost more than the whole rest of the check. The grammar is the one of the
/// regexes in R4's definitions of the types,
/// with days that exist in the calendar.
/// </summary>
internal static class DateText
{
    private const long EndOfTime = 3155378976000000000; // first tick after 9999-12-31T23:59:59.9999999

    /// <summary>False when the text is no date of any precision. A text without zone is taken as UTC.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DatePrecision precision, out bool hasZone, out long fromTicks,
        out long untilTicks)
    {
        precision = DatePrecision.Year;
        hasZone = false;
        fromTicks = untilTicks = 0;
        if (text.Length < 4 || !Digits(text, 0, 4, out int year) || year == 0)
            return false;
        if (text.Length == 4)
            return Days(year, 1, 1, year == 9999 ? EndOfTime : new DateTime(year + 1, 1, 1).Ticks, out fromTicks, out untilTicks);
        precision = DatePrecision.Month;
        if (text.Length < 7 || text[4] != '-' || !Digits(text, 5, 2, out int month) || month is 0 or > 12)
            return false;
        int days = DateTime.DaysInMonth(year, month);
        if (text.Length == 7)
            return Days(year, month, 1, new DateTime(year, month, days).Ticks + TimeSpan.TicksPerDay, out fromTicks, out untilTicks);
        precision = DatePrecision.Day;
        if (text.Length < 10 || text[7] != '-' || !Digits(text, 8, 2, out int day) || day == 0 || day > days)
            return false;
        if (text.Length == 10)
            return Days(year, month, day, new DateTime(year, month, day).Ticks + TimeSpan.TicksPerDay, out fromTicks, out untilTicks);
        return text[10] == 'T'
            && Time(text[11..], new DateTime(year, month, day).Ticks, out precision, out hasZone, out fromTicks, out untilTicks);
    }

    /// <summary>R4's type time: <c>hh:mm:ss</c> with an optional fraction and no zone.</summary>
    public static bool IsTime(ReadOnlySpan<byte> text) =>
        Time(text, 0, out var precision, out bool hasZone, out _, out _) && precision == DatePrecision.Second && !hasZone;

    private static bool Days(int year, int month, int day, long until, out long fromTicks, out long untilTicks)
    {
        fromTicks = new DateTime(year, month, day).Ticks;
        untilTicks = until;
        return true;
    }

    private static bool Time(ReadOnlySpan<byte> text, long day, out DatePrecision precision, out bool hasZone, out long fromTicks,
        out long untilTicks)
    {
        precision = DatePrecision.Minute;
        hasZone = false;
        fromTicks = untilTicks = 0;
        if (text.Length < 5 || !Digits(text, 0, 2, out int hour) || hour > 23 || text[2] != ':' || !Digits(text, 3, 2, out int minute)
            || minute > 59)
            return false;
        long ticks = day + (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
        long width = TimeSpan.TicksPerMinute;
        int at = 5;
        if (text.Length >= 8 && text[5] == ':')
        {
            precision = DatePrecision.Second;
            width = TimeSpan.TicksPerSecond;
            // 60 is a leap second: it covers the first second of the next minute, since ticks know none.
            if (!Digits(text, 6, 2, out int second) || second > 60)
                return false;
            ticks += second * TimeSpan.TicksPerSecond;
            at = 8;
            if (at < text.Length && text[at] == '.' && !Fraction(text, ref at, ref ticks, out width))
                return false;
        }
        if (!Zone(text[at..], out hasZone, out long offset))
            return false;
        fromTicks = Math.Clamp(ticks - offset, 0, EndOfTime - 1);
        untilTicks = Math.Clamp(ticks - offset + width, 1, EndOfTime);
        return true;
    }

    /// <summary>Digits beyond the seventh are below a tick and change nothing.</summary>
    private static bool Fraction(ReadOnlySpan<byte> text, ref int at, ref long ticks, out long width)
    {
        int first = ++at;
        width = TimeSpan.TicksPerSecond;
        while (at < text.Length && char.IsAsciiDigit((char)text[at]))
        {
            if (width > 1)
            {
                width /= 10;
                ticks += (text[at] - '0') * width;
            }
            at++;
        }
        return at > first;
    }

    private static bool Zone(ReadOnlySpan<byte> text, out bool hasZone, out long offset)
    {
        offset = 0;
        hasZone = !text.IsEmpty;
        if (text.IsEmpty || (text.Length == 1 && text[0] == 'Z'))
            return true;
        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':' || !Digits(text, 1, 2, out int hours)
            || !Digits(text, 4, 2, out int minutes))
            return false;
        if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0))
            return false;
        offset = ((hours * 60) + minutes) * TimeSpan.TicksPerMinute * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, int at, int count, out int value)
    {
        value = 0;
        for (int i = at; i < at + count; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit > 9)
                return false;
            value = (value * 10) + (int)digit;
        }
        return true;
    }
}

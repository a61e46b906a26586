using System.Text.Json;

namespace PatientGrains.Synthetic.Json;

/// <summary>
/// Local times are US Eastern Standard Time all year (UTC-5), so that offsets other than Z are exercised and no time zone data base is
/// needed. Written by hand: formatting by pattern was the largest single cost of a resource.
/// </summary>
internal static class Times
{
    public static readonly TimeSpan Offset = TimeSpan.FromHours(-5);

    public static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> property, DateTime local)
    {
        Span<byte> text = stackalloc byte[25];
        WriteDay(text, local.Year, local.Month, local.Day);
        text[10] = (byte)'T';
        Two(text[11..], local.Hour);
        text[13] = (byte)':';
        Two(text[14..], local.Minute);
        text[16] = (byte)':';
        Two(text[17..], local.Second);
        "-05:00"u8.CopyTo(text[19..]);
        json.WriteString(property, text);
    }

    public static void WriteDay(this Utf8JsonWriter json, ReadOnlySpan<byte> property, DateOnly day)
    {
        Span<byte> text = stackalloc byte[10];
        WriteDay(text, day.Year, day.Month, day.Day);
        json.WriteString(property, text);
    }

    private static void WriteDay(Span<byte> text, int year, int month, int day)
    {
        Two(text, year / 100);
        Two(text[2..], year % 100);
        text[4] = (byte)'-';
        Two(text[5..], month);
        text[7] = (byte)'-';
        Two(text[8..], day);
    }

    private static void Two(Span<byte> text, int number)
    {
        text[0] = (byte)('0' + number / 10);
        text[1] = (byte)('0' + number % 10);
    }
}

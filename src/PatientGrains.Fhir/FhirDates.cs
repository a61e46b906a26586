using System.Text;
using PatientGrains.Fhir.Scan;

namespace PatientGrains.Fhir;

/// <summary>FHIR dates as what they cover: half-open intervals of UTC ticks (100 ns since 0001-01-01), by their precision (R4
/// 3.1.1.4.7).</summary>
public static class FhirDates
{
    /// <summary>
    /// Reads a date, dateTime or instant: <c>YYYY</c>, <c>YYYY-MM</c>, <c>YYYY-MM-DD</c> or a day with time, seconds optional (search
    /// values may leave them out), fraction and zone.
    /// What has no zone is taken as UTC. A fraction covers its last digit; digits beyond 100 ns are dropped. False when the text is none
    /// of these or no such day exists.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out long fromTicks, out long untilTicks) =>
        DateText.TryParse(utf8, out _, out _, out fromTicks, out untilTicks);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out long, out long)"/>
    public static bool TryParse(string text, out long fromTicks, out long untilTicks) =>
        TryParse(Encoding.UTF8.GetBytes(text), out fromTicks, out untilTicks);
}

using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>When a record has to be woken.</summary>
internal static class Due
{
    /// <summary>The next moment at which <see cref="WakeUp"/> would do something; null for none.</summary>
    public static DateTimeOffset? At(PatientRecord record)
    {
        DateTimeOffset? due = null;
        foreach (var alert in record.Episodes.Open)
            due = Earlier(Earlier(due, alert.EscalatesAt), alert.SnoozedUntil);
        return due;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => other < one || one is null ? other : one;
}

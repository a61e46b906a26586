namespace PatientGrains.Core.Screening;

/// <summary>
/// How long an alert may ask before it asks louder. The times are ours, derived from what the severities promise; no publication gives
/// them, and a hospital's own escalation policy goes before them.
/// </summary>
internal static class Escalation
{
    /// <summary>Three steps reach a ward's nurse, its doctor and the outreach team; a fourth would reach nobody else.</summary>
    public const int MaxSteps = 3;

    /// <summary>
    /// Critical: life is in danger, the time of a resuscitation call. Urgent: somebody must come now, a quarter of an hour. Warning: a look
    /// within the hour, so that it is late after one. Notice: the next round sees it; it never escalates.
    /// </summary>
    public static TimeSpan? DelayOf(Severity severity) => severity switch
    {
        Severity.Critical => TimeSpan.FromMinutes(5),
        Severity.Urgent => TimeSpan.FromMinutes(15),
        Severity.Warning => TimeSpan.FromHours(1),
        _ => null,
    };

    /// <summary>When an alert that asks from now on escalates; null when it does not.</summary>
    public static DateTimeOffset? First(Severity severity, DateTimeOffset now) => now + DelayOf(severity);

    /// <summary>When it escalates again: from now, not from when it was due, so that a late engine does not burst.</summary>
    public static DateTimeOffset? After(int step, Severity severity, DateTimeOffset now) =>
        step < MaxSteps ? First(severity, now) : null;
}

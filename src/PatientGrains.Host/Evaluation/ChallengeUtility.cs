namespace PatientGrains.Host.Evaluation;

/// <summary>
/// The Challenge's utility of hourly predictions (Reyna MA et al., Crit Care Med 2020;48:210-217, figure 2): an alarm is worth most 6 hours
/// before the onset, something from 12 hours before to 3 hours after it, and costs a little elsewhere; silence costs more and more from 6
/// hours before the onset on. An hour more than 3 hours after the onset counts nothing.
/// </summary>
internal static class ChallengeUtility
{
    public const int Early = -12;
    public const int Best = -6;
    public const int Late = 3;

    private const double FalseAlarm = -0.05;
    private const double Missed = -2;

    /// <param name="hoursFromOnset">Negative before it; null in a stay without sepsis.</param>
    public static double Of(int? hoursFromOnset, bool isAlarm) => (hoursFromOnset, isAlarm) switch
    {
        (null, true) => FalseAlarm,
        (null, false) => 0,
        ( > Late, _) => 0,
        ( <= Best, true) => Math.Max((hoursFromOnset.Value - Early) / (double)(Best - Early), FalseAlarm),
        ( <= Best, false) => 0,
        (_, true) => (Late - hoursFromOnset.Value) / (double)(Late - Best),
        (_, false) => Missed * (hoursFromOnset.Value - Best) / (Late - Best),
    };

    /// <summary>The best that any predictor reaches in an hour.</summary>
    public static double Optimal(int? hoursFromOnset) => Math.Max(Of(hoursFromOnset, true), Of(hoursFromOnset, false));

    /// <summary>1 for the best predictor, 0 for one that never says a word; sums over all hours of all stays.</summary>
    /// <returns>Null when the two are the same: no stay is septic.</returns>
    public static double? Normalised(double observed, double optimal, double inaction) =>
        optimal > inaction ? (observed - inaction) / (optimal - inaction) : null;
}

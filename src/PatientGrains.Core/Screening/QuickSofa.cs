namespace PatientGrains.Core.Screening;

/// <summary>
/// Quick SOFA: two or more of three bedside criteria (Seymour 2016, box 4 of Singer 2016). The paper's response is to look for organ
/// dysfunction, to begin or escalate therapy and to consider critical care: a look within the hour. It asks for a suspected infection; so
/// does the clinician who looks, for the rule does not.
/// </summary>
internal static class QuickSofa
{
    public static ScreeningRule Rule { get; } = new(
        "qsofa", 1, "Quick SOFA",
        "Seymour CW et al., JAMA 2016;315:762-74, doi:10.1001/jama.2016.0288; Singer M et al., JAMA 2016;315:801-10, "
            + "doi:10.1001/jama.2016.0287",
        [Variable.RespiratoryRate, Variable.SystolicPressure, Variable.GlasgowComaScale, Variable.Consciousness],
        // Two sets of hourly observations that no longer meet it.
        Recovery: TimeSpan.FromHours(2),
        MinimumAge: 18,
        Assess);

    public static Assessment Assess(Chart chart, DateTimeOffset at)
    {
        var card = new Scorecard(chart, at);
        if (card.Ask(Variable.RespiratoryRate) is { Value: >= 22 } breathing)
            card.Meet("respiratory rate >= 22/min", Variable.RespiratoryRate, breathing, 1);
        AssessMentation(card);
        if (card.Ask(Variable.SystolicPressure) is { Value: <= 100 } pressure)
            card.Meet("systolic pressure <= 100 mmHg", Variable.SystolicPressure, pressure, 1);
        return card.Assess(card.Points >= 2 ? Severity.Warning : null, card.Points);
    }

    /// <summary>Altered is a coma scale below 15, or anything but alert; of the two the newer counts, and of one time the scale.</summary>
    private static void AssessMentation(Scorecard card)
    {
        var scale = card.Read(Variable.GlasgowComaScale);
        var level = card.Read(Variable.Consciousness);
        if (scale is null && level is null)
            card.Miss(Variable.GlasgowComaScale);
        else if (scale is { } coma && !(level?.At > coma.At))
        {
            if (coma.Value < 15)
                card.Meet("Glasgow coma scale < 15", Variable.GlasgowComaScale, coma, 1);
        }
        else if (level is { Value: > 0 } dulled)
            card.Meet("not alert (ACVPU)", Variable.Consciousness, dulled, 1);
    }
}

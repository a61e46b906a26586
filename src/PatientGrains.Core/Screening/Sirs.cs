namespace PatientGrains.Core.Screening;

/// <summary>
/// Systemic inflammatory response syndrome: two or more of four criteria (Bone 1992; kept by Levy 2003 as the signs that bring sepsis to
/// mind). Nearly half of all patients on general wards meet it at some time (Churpek, Am J Respir Crit Care Med 2015;192:958), most of
/// them without an infection: alone it is only a notice.
/// </summary>
internal static class Sirs
{
    public static ScreeningRule Rule { get; } = new(
        "sirs", 1, "Systemic inflammatory response syndrome",
        "Bone RC et al., Chest 1992;101:1644-55, doi:10.1378/chest.101.6.1644; Levy MM et al., Crit Care Med 2003;31:1250-6, "
            + "doi:10.1097/01.CCM.0000050454.01978.3B",
        [
            Variable.BodyTemperature, Variable.HeartRate, Variable.RespiratoryRate, Variable.ArterialCarbonDioxide, Variable.Leukocytes,
            Variable.BandNeutrophils,
        ],
        // A fever comes and goes within hours and its numbers swing over the limits: longer than the time between two rounds.
        Recovery: TimeSpan.FromHours(6),
        // Children have their own limits (Goldstein, Pediatr Crit Care Med 2005;6:2).
        MinimumAge: 18,
        Assess);

    public static Assessment Assess(Chart chart, DateTimeOffset at)
    {
        var card = new Scorecard(chart, at);
        switch (card.Ask(Variable.BodyTemperature))
        {
            case { Value: > 38 } hot:
                card.Meet("temperature > 38 °C", Variable.BodyTemperature, hot);
                break;
            case { Value: < 36 } cold:
                card.Meet("temperature < 36 °C", Variable.BodyTemperature, cold);
                break;
        }
        if (card.Ask(Variable.HeartRate) is { Value: > 90 } pulse)
            card.Meet("heart rate > 90/min", Variable.HeartRate, pulse);
        AssessBreathing(card);
        AssessLeukocytes(card);
        return card.Assess(card.Count >= 2 ? Severity.Notice : null, card.Count);
    }

    private static void AssessBreathing(Scorecard card)
    {
        var rate = card.Read(Variable.RespiratoryRate);
        if (rate is { Value: > 20 } fast)
            card.Meet("respiratory rate > 20/min", Variable.RespiratoryRate, fast);
        else if (card.Read(Variable.ArterialCarbonDioxide) is { Value: < 32 } carbonDioxide)
            card.Meet("PaCO2 < 32 mmHg", Variable.ArterialCarbonDioxide, carbonDioxide);
        else if (rate is null)
            card.Miss(Variable.RespiratoryRate);
    }

    private static void AssessLeukocytes(Scorecard card)
    {
        var leukocytes = card.Read(Variable.Leukocytes);
        if (leukocytes is { Value: > 12 } many)
            card.Meet("leukocytes > 12 x 10^9/L", Variable.Leukocytes, many);
        else if (leukocytes is { Value: < 4 } few)
            card.Meet("leukocytes < 4 x 10^9/L", Variable.Leukocytes, few);
        else if (card.Read(Variable.BandNeutrophils) is { Value: > 10 } bands)
            card.Meet("band neutrophils > 10 %", Variable.BandNeutrophils, bands);
        else if (leukocytes is null)
            card.Miss(Variable.Leukocytes);
    }
}

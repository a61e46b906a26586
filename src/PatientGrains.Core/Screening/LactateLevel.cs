namespace PatientGrains.Core.Screening;

/// <summary>
/// Lactate as a sign of hypoperfusion. Above 2 mmol/L it is part of septic shock (Singer 2016), and the Surviving Sepsis Campaign takes it
/// again within 2 to 4 hours; from 4 mmol/L on, resuscitation begins at once (hour-1 bundle, Levy 2018; Evans 2021 keeps it as the sign of
/// hypoperfusion). Seizures, metformin and catecholamines raise it too: that is for who looks.
/// </summary>
internal static class LactateLevel
{
    public static ScreeningRule Rule { get; } = new(
        "lactate", 1, "Elevated lactate",
        "Singer M et al., JAMA 2016;315:801-10, doi:10.1001/jama.2016.0287; Evans L et al., Surviving Sepsis Campaign 2021, "
            + "Crit Care Med 2021;49:e1063-e1143, doi:10.1097/CCM.0000000000005337; Levy MM et al., Crit Care Med 2018;46:997-1000, "
            + "doi:10.1097/CCM.0000000000003119",
        [Variable.Lactate],
        // The shortest time after which the bundle takes it again.
        Recovery: TimeSpan.FromHours(2),
        MinimumAge: 18,
        Assess);

    public static Assessment Assess(Chart chart, DateTimeOffset at)
    {
        var card = new Scorecard(chart, at);
        Severity? severity = null;
        switch (card.Ask(Variable.Lactate))
        {
            case { Value: >= 4 } high:
                card.Meet("lactate >= 4 mmol/L", Variable.Lactate, high);
                severity = Severity.Urgent;
                break;
            case { Value: > 2 } raised:
                card.Meet("lactate > 2 mmol/L", Variable.Lactate, raised);
                severity = Severity.Warning;
                break;
        }
        return card.Assess(severity);
    }
}

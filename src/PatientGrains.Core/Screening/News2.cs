namespace PatientGrains.Core.Screening;

/// <summary>
/// National Early Warning Score 2 (Royal College of Physicians, 2017). For those of 16 years and more, not in pregnancy (its normal
/// physiology scores points; obstetric charts are for that) and with care in spinal cord injury. Nothing here knows of a pregnancy: the
/// unit that cares for it overrides the alert. Aggregates of 1 to 4 are the ward's routine and alert nobody.
/// </summary>
/// <remarks>
/// The chart knows whole numbers, and temperatures to a tenth; other values are rounded to that, halves away from zero.
/// </remarks>
internal static class News2
{
    public static ScreeningRule Rule { get; } = new(
        "news2", 1, "National Early Warning Score 2",
        "Royal College of Physicians. National Early Warning Score (NEWS) 2. Updated report of a working party. London: RCP, 2017. "
            + "ISBN 978-1-86016-682-2",
        [
            Variable.RespiratoryRate, Variable.OxygenSaturation, Variable.HypercapnicTarget, Variable.SupplementalOxygen,
            Variable.OxygenFlow, Variable.InspiredOxygenFraction, Variable.SystolicPressure, Variable.HeartRate, Variable.Consciousness,
            Variable.GlasgowComaScale, Variable.BodyTemperature,
        ],
        // From 5 on observations are hourly at least: two sets below before the episode is over.
        Recovery: TimeSpan.FromHours(2),
        MinimumAge: 16,
        Assess);

    public static Assessment Assess(Chart chart, DateTimeOffset at)
    {
        var card = new Scorecard(chart, at);
        if (card.Ask(Variable.RespiratoryRate) is { } breathing)
            Score(card, Variable.RespiratoryRate, breathing, News2Chart.RespiratoryRate);
        AssessOxygen(card);
        if (card.Ask(Variable.SystolicPressure) is { } pressure)
            Score(card, Variable.SystolicPressure, pressure, News2Chart.SystolicPressure);
        if (card.Ask(Variable.HeartRate) is { } pulse)
            Score(card, Variable.HeartRate, pulse, News2Chart.Pulse);
        AssessConsciousness(card);
        if (card.Ask(Variable.BodyTemperature) is { } temperature)
            Score(card, Variable.BodyTemperature, temperature, News2Chart.Temperature);
        return card.Assess(SeverityOf(card.Points, card.MostPoints), card.Points);
    }

    /// <summary>
    /// Thresholds and triggers (chart 2) with their responses (chart 4): 7 and more, emergency assessment by a team with critical care
    /// competencies; 5 or 6, urgent assessment by a clinician; 3 in one parameter, urgent review on the ward. Each of the last two asks for
    /// hourly observations, so they are one severity.
    /// </summary>
    private static Severity? SeverityOf(int aggregate, int mostInOne) =>
        aggregate >= 7 ? Severity.Urgent : aggregate >= 5 || mostInOne >= 3 ? Severity.Warning : null;

    private static void Score(Scorecard card, Variable variable, Reading reading, News2Chart.Row row)
    {
        var cell = row.CellOf(reading.Value);
        if (cell.Points > 0)
            card.Meet(cell.Text, variable, reading, cell.Points);
    }

    /// <summary>
    /// Scale 2 only when a target of 88 to 92 % is prescribed; its upper cells count only on oxygen, and without a word about oxygen the
    /// patient breathes air.
    /// </summary>
    private static void AssessOxygen(Scorecard card)
    {
        var (oxygenVariable, oxygen) = OxygenOf(card);
        var target = card.Read(Variable.HypercapnicTarget) is { Value: 1 } prescribed ? prescribed : (Reading?)null;
        if (card.Ask(Variable.OxygenSaturation) is { } saturation)
        {
            var row = target is null ? News2Chart.Scale1 : oxygen is null ? News2Chart.Scale2OnAir : News2Chart.Scale2OnOxygen;
            int before = card.Points;
            Score(card, Variable.OxygenSaturation, saturation, row);
            if (target is { } why && card.Points > before)
                card.Meet("SpO2 scale 2 prescribed", Variable.HypercapnicTarget, why, 0);
        }
        if (oxygen is { } given)
            card.Meet("on oxygen", oxygenVariable, given, 2);
    }

    /// <summary>
    /// Oxygen is said outright, by a flow, or by a fraction above air's; the newest of them counts, and of one time the first named.
    /// </summary>
    private static (Variable Variable, Reading? Reading) OxygenOf(Scorecard card)
    {
        var newest = (Variable: Variable.SupplementalOxygen, Reading: card.Read(Variable.SupplementalOxygen));
        foreach (var variable in (ReadOnlySpan<Variable>)[Variable.OxygenFlow, Variable.InspiredOxygenFraction])
        {
            if (card.Read(variable) is { } reading && !(reading.At <= newest.Reading?.At))
                newest = (variable, reading);
        }
        if (newest.Reading is not { } said)
        {
            card.Miss(Variable.SupplementalOxygen);
            return newest;
        }
        decimal onAir = newest.Variable == Variable.InspiredOxygenFraction ? 0.21m : 0;
        return said.Value > onAir ? newest : (newest.Variable, null);
    }

    /// <summary>
    /// The chart asks for ACVPU. A coma scale stands for it where it can only mean one thing: 15 is alert, and 13 or less is not (medians
    /// for A, V, P, U were 15, 13, 8, 6: McNarry, Anaesthesia 2004;59:34). 14 may be a confusion that is not new, which scores nothing.
    /// </summary>
    private static void AssessConsciousness(Scorecard card)
    {
        var level = card.Read(Variable.Consciousness);
        var scale = card.Read(Variable.GlasgowComaScale);
        if (level is { } acvpu && !(scale?.At > acvpu.At))
        {
            if (acvpu.Value > 0)
                card.Meet("consciousness: C, V, P or U", Variable.Consciousness, acvpu, 3);
        }
        else if (scale is { Value: <= 13 } coma)
            card.Meet("Glasgow coma scale <= 13 (V, P or U)", Variable.GlasgowComaScale, coma, 3);
        else if (scale is not { Value: 15 })
            card.Miss(Variable.Consciousness);
    }
}

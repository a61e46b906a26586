using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Laboratory results that endanger life unless somebody acts. A rule per analyte and direction: a patient has one open episode of a rule,
/// and an episode of potassium must not hide one of glucose, nor a high glucose the low one that its treatment brings about.
/// </summary>
/// <remarks>
/// Limits are the means for adults of Kost's survey of 92 US medical centres, beyond which (not at which) it asks for urgent notification
/// of a clinician: hence Urgent. Where the process is a slow one (too many cells, too few leukocytes, minerals other than potassium, sodium
/// and calcium) a look within the hour is enough; that is chosen here. The survey has no INR: 5 and 8 are where the British guideline
/// withholds warfarin and gives vitamin K.
/// </remarks>
internal static class CriticalValues
{
    private const string Kost1990 = "Kost GJ, JAMA 1990;263:704-7, doi:10.1001/jama.263.5.704";
    private const string KostTable = "Kost GJ, Table of critical limits, MLO Clinical Laboratory Reference 2023-2024; after " + Kost1990;
    private const string Keeling2011 = "Keeling D et al., Br J Haematol 2011;154:311-24, doi:10.1111/j.1365-2141.2011.08753.x";

    /// <summary>Each of these is measured again soon anyway; after one good value a rebound may come within the hour.</summary>
    private static readonly TimeSpan Confirmed = TimeSpan.FromHours(1);

    /// <summary>
    /// Insulin and salbutamol shift potassium only for 4 to 6 hours (UK Kidney Association, treatment of acute hyperkalaemia, 2020: measure
    /// at 1, 2, 4, 6 and 24 hours).
    /// </summary>
    private static readonly TimeSpan Shifted = TimeSpan.FromHours(6);

    public static ImmutableArray<ScreeningRule> Rules { get; } =
    [
        Low(Variable.Potassium, "potassium", 2.8m, Severity.Urgent, Shifted, Kost1990),
        High(Variable.Potassium, "potassium", 6.2m, Severity.Urgent, Shifted, Kost1990),
        Low(Variable.Sodium, "sodium", 120, Severity.Urgent, Confirmed, Kost1990),
        High(Variable.Sodium, "sodium", 158, Severity.Urgent, Confirmed, Kost1990),
        Low(Variable.Glucose, "glucose", 2.6m, Severity.Urgent, Confirmed, Kost1990),
        High(Variable.Glucose, "glucose", 26.9m, Severity.Urgent, Confirmed, Kost1990),
        Low(Variable.Calcium, "calcium", 1.65m, Severity.Urgent, Confirmed, Kost1990),
        High(Variable.Calcium, "calcium", 3.22m, Severity.Urgent, Confirmed, Kost1990),
        Low(Variable.IonizedCalcium, "ionized-calcium", 0.82m, Severity.Urgent, Confirmed, KostTable),
        High(Variable.IonizedCalcium, "ionized-calcium", 1.55m, Severity.Urgent, Confirmed, KostTable),
        Low(Variable.Magnesium, "magnesium", 0.41m, Severity.Warning, Confirmed, KostTable),
        High(Variable.Magnesium, "magnesium", 2.02m, Severity.Warning, Confirmed, KostTable),
        Low(Variable.Phosphate, "phosphate", 0.39m, Severity.Warning, Confirmed, KostTable),
        High(Variable.Phosphate, "phosphate", 2.87m, Severity.Warning, Confirmed, KostTable),
        // The table's line is carbon dioxide content.
        Low(Variable.Bicarbonate, "bicarbonate", 11, Severity.Urgent, Confirmed, KostTable),
        High(Variable.Bicarbonate, "bicarbonate", 40, Severity.Warning, Confirmed, KostTable),
        Low(Variable.ArterialPh, "ph", 7.21m, Severity.Urgent, Confirmed, Kost1990),
        High(Variable.ArterialPh, "ph", 7.59m, Severity.Urgent, Confirmed, Kost1990),
        Low(Variable.ArterialCarbonDioxide, "pco2", 19, Severity.Urgent, Confirmed, Kost1990),
        High(Variable.ArterialCarbonDioxide, "pco2", 67, Severity.Urgent, Confirmed, Kost1990),
        Low(Variable.ArterialOxygen, "po2", 43, Severity.Urgent, Confirmed, Kost1990),
        Low(Variable.Hemoglobin, "hemoglobin", 6.6m, Severity.Urgent, Confirmed, Kost1990),
        High(Variable.Hemoglobin, "hemoglobin", 19.9m, Severity.Warning, Confirmed, Kost1990),
        Low(Variable.Platelets, "platelets", 37, Severity.Urgent, Confirmed, Kost1990),
        High(Variable.Platelets, "platelets", 910, Severity.Warning, Confirmed, Kost1990),
        Low(Variable.Leukocytes, "leukocytes", 2.0m, Severity.Warning, Confirmed, Kost1990),
        High(Variable.Leukocytes, "leukocytes", 37.0m, Severity.Warning, Confirmed, Kost1990),
        Rule(Variable.Inr, "inr", "high", Confirmed, Keeling2011, new(8, Severity.Urgent), new(5, Severity.Warning)),
    ];

    private static ScreeningRule Low(
        Variable variable, string name, decimal limit, Severity severity, TimeSpan recovery, string publication) =>
        Rule(variable, name, "low", recovery, publication, new Limit(limit, severity));

    private static ScreeningRule High(
        Variable variable, string name, decimal limit, Severity severity, TimeSpan recovery, string publication) =>
        Rule(variable, name, "high", recovery, publication, new Limit(limit, severity));

    /// <param name="limits">From the gravest on.</param>
    private static ScreeningRule Rule(
        Variable variable, string name, string direction, TimeSpan recovery, string publication, params Limit[] limits)
    {
        bool isLow = direction == "low";
        string spoken = name.Replace('-', ' ');
        Limit[] named =
        [
            .. limits.Select(limit => limit with { Name = $"{spoken} {(isLow ? '<' : '>')} {limit.Value} {Variables.Of(variable).Unit}" }),
        ];
        return new(
            $"critical-{name}-{direction}", 1, $"Critical {spoken}, {direction}", publication, [variable], recovery,
            // Children have their own survey (Kost, Pediatrics 1991;88:597).
            MinimumAge: 18,
            (chart, at) => Assess(chart, at, variable, isLow, named));
    }

    private static Assessment Assess(Chart chart, DateTimeOffset at, Variable variable, bool isLow, Limit[] limits)
    {
        var card = new Scorecard(chart, at);
        if (card.Ask(variable) is not { } reading)
            return card.Assess(null);
        var met = Array.Find(limits, limit => isLow ? reading.Value < limit.Value : reading.Value > limit.Value);
        if (met is null)
            return card.Assess(null);
        card.Meet(met.Name, variable, reading);
        return card.Assess(met.Severity);
    }

    private sealed record Limit(decimal Value, Severity Severity, string Name = "");
}

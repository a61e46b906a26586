using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Host.Evaluation;

/// <summary>
/// The Challenge's columns and what screening makes of them. Units as the values show them: lactate is mmol/L and magnesium mg/dL, whatever
/// the Challenge's own table says. Total calcium is mixed with ionised calcium in mmol/L, which falls out of the plausible range and is set
/// aside.
/// </summary>
internal static class SepsisColumns
{
    public const string Header =
        "HR|O2Sat|Temp|SBP|MAP|DBP|Resp|EtCO2|BaseExcess|HCO3|FiO2|pH|PaCO2|SaO2|AST|BUN|Alkalinephos|Calcium|Chloride|Creatinine|"
        + "Bilirubin_direct|Glucose|Lactate|Magnesium|Phosphate|Potassium|Bilirubin_total|TroponinI|Hct|Hgb|PTT|WBC|Fibrinogen|Platelets|"
        + "Age|Gender|Unit1|Unit2|HospAdmTime|ICULOS|SepsisLabel";

    private static readonly string[] Names = Header.Split('|');

    public static readonly int Count = Names.Length;
    public static readonly int Age = Array.IndexOf(Names, "Age");
    public static readonly int IcuHour = Array.IndexOf(Names, "ICULOS");
    public static readonly int Label = Array.IndexOf(Names, "SepsisLabel");

    private enum Unit
    {
        Canonical,
        MilligramPerDecilitre,
    }

    private static readonly ImmutableArray<(int Column, Variable Variable, Unit Unit)> Measured =
    [
        Of("HR", Variable.HeartRate), Of("O2Sat", Variable.OxygenSaturation), Of("Temp", Variable.BodyTemperature),
        Of("SBP", Variable.SystolicPressure), Of("MAP", Variable.MeanArterialPressure), Of("DBP", Variable.DiastolicPressure),
        Of("Resp", Variable.RespiratoryRate), Of("HCO3", Variable.Bicarbonate), Of("FiO2", Variable.InspiredOxygenFraction),
        Of("pH", Variable.ArterialPh), Of("PaCO2", Variable.ArterialCarbonDioxide),
        Of("Calcium", Variable.Calcium, Unit.MilligramPerDecilitre), Of("Creatinine", Variable.Creatinine),
        Of("Glucose", Variable.Glucose, Unit.MilligramPerDecilitre), Of("Lactate", Variable.Lactate),
        Of("Magnesium", Variable.Magnesium, Unit.MilligramPerDecilitre), Of("Phosphate", Variable.Phosphate, Unit.MilligramPerDecilitre),
        Of("Potassium", Variable.Potassium), Of("Bilirubin_total", Variable.Bilirubin), Of("Hgb", Variable.Hemoglobin),
        Of("WBC", Variable.Leukocytes), Of("Platelets", Variable.Platelets),
    ];

    private static readonly int ArterialSaturation = Array.IndexOf(Names, "SaO2");

    /// <summary>What an hour's values come to; a value that no living body shows is set aside, as the gateway does.</summary>
    public static ImmutableArray<Finding> FindingsOf(ReadOnlySpan<decimal?> values, DateTimeOffset at)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        bool isSaturationKnown = false;
        foreach (var (column, variable, unit) in Measured)
        {
            if (values[column] is not { } value)
                continue;
            findings.Add(FindingOf(variable, unit, value, at));
            isSaturationKnown |= variable == Variable.OxygenSaturation;
        }
        if (!isSaturationKnown && values[ArterialSaturation] is { } arterial)
            findings.Add(FindingOf(Variable.OxygenSaturation, Unit.Canonical, arterial, at));
        return findings.ToImmutable();
    }

    private static Finding FindingOf(Variable variable, Unit unit, decimal value, DateTimeOffset at)
    {
        var definition = Variables.Of(variable);
        bool isAbsurd = value is < -1_000_000 or > 1_000_000;
        decimal canonical = isAbsurd || unit == Unit.Canonical ? value : value * 10 / definition.MolarMassGPerMol!.Value;
        return isAbsurd || canonical < definition.Low || canonical > definition.High
            ? new Doubted { Variable = variable, Doubt = Doubt.Implausible }
            : new Measured { Variable = variable, Value = canonical, At = at };
    }

    private static (int, Variable, Unit) Of(string column, Variable variable, Unit unit = Unit.Canonical) =>
        (Array.IndexOf(Names, column), variable, unit);
}

using System.Collections.Frozen;

namespace PatientGrains.Core.Screening;

/// <summary>What is known of each variable: canonical unit, plausible range, how long a value stands, and the codes that mean it.</summary>
public static class Variables
{
    private static readonly FrozenDictionary<Variable, VariableDefinition> ByVariable =
        All().ToFrozenDictionary(definition => definition.Variable);

    private static readonly FrozenDictionary<string, Variable> ByLoinc =
        All().SelectMany(definition => definition.Loinc.Select(code => (code, definition.Variable)))
            .ToFrozenDictionary(pair => pair.code, pair => pair.Variable);

    public static IEnumerable<VariableDefinition> Definitions => ByVariable.Values.OrderBy(definition => definition.Variable);

    public static VariableDefinition Of(Variable variable) => ByVariable[variable];

    /// <summary>The variable that a LOINC code means, or null.</summary>
    public static Variable? OfLoinc(string code) => ByLoinc.TryGetValue(code, out var variable) ? variable : null;

    private static IEnumerable<VariableDefinition> All()
    {
        var hours = (double h) => TimeSpan.FromHours(h);
        yield return new(Variable.HeartRate, "/min", 10, 350, hours(8), null, ["8867-4", "8889-8", "76282-3", "8893-0"]);
        yield return new(Variable.RespiratoryRate, "/min", 0, 120, hours(8), null, ["9279-1", "19840-8", "76270-8", "76171-8"]);
        yield return new(Variable.BodyTemperature, "Cel", 20, 45, hours(8), null,
            ["8310-5", "8331-1", "8332-9", "8328-7", "8329-5", "8333-7", "8334-5", "76011-6", "60834-9", "60836-4"]);
        yield return new(Variable.SystolicPressure, "mm[Hg]", 20, 320, hours(8), null, ["8480-6", "76215-3", "76534-7", "8459-0"]);
        yield return new(Variable.DiastolicPressure, "mm[Hg]", 5, 220, hours(8), null, ["8462-4", "76213-8", "76535-4", "8453-3"]);
        yield return new(Variable.MeanArterialPressure, "mm[Hg]", 10, 250, hours(8), null, ["8478-0", "76214-6", "76536-2"]);
        yield return new(Variable.OxygenSaturation, "%", 20, 100, hours(8), null, ["59408-5", "2708-6", "20564-1"]);
        yield return new(Variable.SupplementalOxygen, "1", 0, 1, hours(8), null, []);
        yield return new(Variable.InspiredOxygenFraction, "1", 0.2m, 1, hours(8), null, ["3150-6", "19994-3", "71835-3"]);
        yield return new(Variable.OxygenFlow, "L/min", 0, 100, hours(8), null, ["3151-8"]);
        yield return new(Variable.HypercapnicTarget, "1", 0, 1, hours(24 * 7), null, []);
        yield return new(Variable.Consciousness, "1", 0, 4, hours(8), null, ["67775-7", "80288-4", "11454-6"]);
        yield return new(Variable.GlasgowComaScale, "1", 3, 15, hours(8), null, ["9269-2"]);
        yield return new(Variable.MechanicalVentilation, "1", 0, 1, hours(24), null, []);
        yield return new(Variable.UrineOutput, "mL", 0, 20_000, hours(24), null, ["9192-6", "3167-4", "9187-6"]);
        yield return new(Variable.BodyWeight, "kg", 0.3m, 650, hours(24 * 30), null, ["29463-7", "3141-9", "8341-0"]);
        yield return new(Variable.Leukocytes, "10*9/L", 0, 1000, hours(24), null, ["6690-2", "26464-8", "804-5"]);
        yield return new(Variable.BandNeutrophils, "%", 0, 100, hours(24), null, ["764-1", "35332-6", "26508-2"]);
        yield return new(Variable.Platelets, "10*9/L", 0, 3000, hours(24), null, ["777-3", "26515-7", "778-1"]);
        yield return new(Variable.Bilirubin, "mg/dL", 0, 80, hours(24), 584.66m, ["1975-2", "14631-6", "42719-5"]);
        yield return new(Variable.Creatinine, "mg/dL", 0.05m, 40, hours(24), 113.12m, ["2160-0", "38483-4", "14682-9", "77140-2"]);
        yield return new(Variable.Lactate, "mmol/L", 0, 40, hours(8), 90.08m, ["2524-7", "32693-4", "2518-9", "2519-7", "14118-4", "59032-3", "30242-2"]);
        yield return new(Variable.ArterialOxygen, "mm[Hg]", 10, 700, hours(24), null, ["2703-7", "19255-9"]);
        yield return new(Variable.ArterialCarbonDioxide, "mm[Hg]", 5, 200, hours(24), null, ["2019-8", "32771-8"]);
        yield return new(Variable.ArterialPh, "[pH]", 6.3m, 8, hours(24), null, ["2744-1"]);
        yield return new(Variable.Bicarbonate, "mmol/L", 1, 80, hours(24), null, ["1963-8", "1959-6", "1960-4"]);
        yield return new(Variable.Potassium, "mmol/L", 0.5m, 15, hours(24), 39.098m, ["2823-3", "6298-4", "2821-7"]);
        yield return new(Variable.Sodium, "mmol/L", 70, 220, hours(24), 22.990m, ["2951-2", "2947-0"]);
        yield return new(Variable.Glucose, "mmol/L", 0.1m, 150, hours(8), 180.16m, ["2345-7", "2339-0", "14749-6", "15074-8", "41653-7", "2340-8"]);
        yield return new(Variable.Calcium, "mmol/L", 0.5m, 7, hours(24), 40.078m, ["17861-6", "2000-8"]);
        yield return new(Variable.IonizedCalcium, "mmol/L", 0.2m, 4, hours(24), 40.078m, ["1995-0", "17863-2", "1994-3"]);
        yield return new(Variable.Magnesium, "mmol/L", 0.05m, 10, hours(24), 24.305m, ["19123-9", "2601-3"]);
        yield return new(Variable.Phosphate, "mmol/L", 0.05m, 15, hours(24), 30.974m, ["2777-1", "14879-1"]);
        yield return new(Variable.Hemoglobin, "g/dL", 0.5m, 28, hours(24), null, ["718-7", "20509-6", "59260-0"]);
        yield return new(Variable.Inr, "1", 0.3m, 30, hours(24), null, ["6301-6", "34714-6"]);
    }
}

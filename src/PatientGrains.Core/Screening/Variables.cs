using System.Collections.Frozen;

namespace PatientGrains.Core.Screening;

/// <summary>What is known of each variable: canonical unit, plausible range, how long a value stands, and the codes that mean it.</summary>
/// <remarks>
/// A code is here only when it means the patient's own present state. Left out on purpose: blood of unsaid vessel or of a vein where the
/// artery is meant (11556-8, 11557-6, 11558-4, 20564-1), saturation calculated from a pressure (2713-6), readings after standing up or
/// exercise, rates that a ventilator sets (19840-8, 33438-3), urine, cerebrospinal and other fluids (2821-7 is potassium in body fluid),
/// capillary potassium (squeezed fingers haemolyse), direct bilirubin, calcium adjusted for pH or albumin, absolute counts of bands,
/// morphology (11125-2, 11156-7), and haemoglobin in moles, which some mean per tetramer and some per monomer.
/// <para>Ranges are wide, for they only set aside what a living body does not show: a typing error, or another unit than said. Where no
/// publication is named they are chosen, below and above anything that charts of intensive care hold.</para>
/// </remarks>
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

    private static IEnumerable<VariableDefinition> All() =>
        [.. VitalSigns(), .. Support(), .. BloodCounts(), .. Chemistry(), .. BloodGases()];

    /// <summary>
    /// Observed together, so they stand equally long: 6 hours, the longest that the Royal College of Physicians lets pass before a patient
    /// with any point of NEWS2 is observed again (NEWS2, 2017, chart 4: a total of 1 to 4 means at least every 4 to 6 hours).
    /// </summary>
    private static IEnumerable<VariableDefinition> VitalSigns()
    {
        var observed = TimeSpan.FromHours(6);
        yield return new(Variable.HeartRate, "/min", 10, 350, observed, null,
            ["8867-4", "8889-8", "8891-4", "8893-0", "68999-2", "69000-8", "76282-3"]);
        // None is a finding, not an error: apnoea.
        yield return new(Variable.RespiratoryRate, "/min", 0, 120, observed, null, ["9279-1", "76171-8", "76270-8"]);
        // Survived: 13.7 Cel (Gilbert, Lancet 2000;355:375) and 46.5 Cel (Slovis, Ann Emerg Med 1982;11:269).
        yield return new(Variable.BodyTemperature, "Cel", 13, 47, observed, null,
        [
            "8310-5", "8328-7", "8329-5", "8331-1", "8332-9", "8333-7", "8334-5", "60834-9", "60836-4", "60838-0", "75539-7", "76010-8",
            "76011-6",
        ]);
        yield return new(Variable.SystolicPressure, "mm[Hg]", 20, 320, observed, null,
            ["8480-6", "8459-0", "8461-6", "76215-3", "76534-7"]);
        yield return new(Variable.DiastolicPressure, "mm[Hg]", 5, 220, observed, null,
            ["8462-4", "8453-3", "8455-8", "76213-8", "76535-4"]);
        yield return new(Variable.MeanArterialPressure, "mm[Hg]", 10, 250, observed, null, ["8478-0", "76214-6", "76536-2"]);
        yield return new(Variable.OxygenSaturation, "%", 20, 100, observed, null, ["2708-6", "59408-5"]);
        yield return new(Variable.Consciousness, "1", 0, 4, observed, null, ["11454-6", "67775-7", "80288-4"]);
        yield return new(Variable.GlasgowComaScale, "1", 3, 15, observed, null, ["9269-2"]);
    }

    /// <summary>What is done for the patient. Oxygen stands as long as the saturation that is read with it.</summary>
    private static IEnumerable<VariableDefinition> Support()
    {
        var observed = TimeSpan.FromHours(6);
        var day = TimeSpan.FromDays(1);
        yield return new(Variable.SupplementalOxygen, "1", 0, 1, observed, null, []);
        // Room air is 0.21, and 0.20 after rounding.
        yield return new(Variable.InspiredOxygenFraction, "1", 0.2m, 1, observed, null, ["3150-0", "19994-3", "71835-3"]);
        yield return new(Variable.OxygenFlow, "L/min", 0, 100, observed, null, ["3151-8"]);
        // A prescription: it stands for the stay unless it is renewed, and a week bounds how long a forgotten one does.
        yield return new(Variable.HypercapnicTarget, "1", 0, 1, TimeSpan.FromDays(7), null, []);
        yield return new(Variable.MechanicalVentilation, "1", 0, 1, day, null, []);
        // A balance is drawn up daily (SOFA counts mL a day).
        yield return new(Variable.UrineOutput, "mL", 0, 20_000, day, null, ["3167-4", "9187-6", "9192-6"]);
        // Doses and urine output per kilogram use the weight of the stay.
        yield return new(Variable.BodyWeight, "kg", 0.3m, 650, TimeSpan.FromDays(30), null, ["3141-9", "8341-0", "29463-7"]);
    }

    /// <summary>Drawn daily in hospital, and SOFA asks for the worst value of a day: they stand for 24 hours.</summary>
    private static IEnumerable<VariableDefinition> BloodCounts()
    {
        var day = TimeSpan.FromDays(1);
        yield return new(Variable.Leukocytes, "10*9/L", 0, 1000, day, null, ["804-5", "6690-2", "26464-8", "33256-9"]);
        yield return new(Variable.BandNeutrophils, "%", 0, 100, day, null, ["764-1", "26508-2", "35332-6"]);
        yield return new(Variable.Platelets, "10*9/L", 0, 5000, day, null, ["777-3", "778-1", "26515-7"]);
        // Of those with 1.1 to 2.0 g/dL after surgery none lived (Carson, Transfusion 2002;42:812). 12 to 18 g/dL written as g/L is below.
        yield return new(Variable.Hemoglobin, "g/dL", 2, 28, day, null, ["718-7", "20509-6", "30313-1", "30350-3", "55782-7"]);
        yield return new(Variable.Inr, "1", 0.5m, 30, day, null, ["6301-6", "34714-6", "38875-1", "46418-0"]);
    }

    /// <summary>
    /// Drawn daily as well; lactate and glucose change within hours and stand for 6: the Surviving Sepsis Campaign wanted an elevated
    /// lactate again within 6 hours (2012, 2016) and now within 2 to 4, and glucose is taken every 4 to 6 hours from who does not eat (ADA
    /// Standards of Care, diabetes care in the hospital).
    /// </summary>
    private static IEnumerable<VariableDefinition> Chemistry()
    {
        var day = TimeSpan.FromDays(1);
        var hours6 = TimeSpan.FromHours(6);
        yield return new(Variable.Bilirubin, "mg/dL", 0, 80, day, 584.66m, ["1975-2", "14631-6", "42719-5"]);
        // More was survived, but micromoles per litre written as mg/dL (45 to 110 in health) is above.
        yield return new(Variable.Creatinine, "mg/dL", 0.05m, 40, day, 113.12m, ["2160-0", "14682-9", "38483-4", "59826-8", "77140-2"]);
        yield return new(Variable.Lactate, "mmol/L", 0, 40, hours6, 90.08m,
            ["2518-9", "2519-7", "2524-7", "14118-4", "30242-2", "32693-4", "59032-3"]);
        // Total carbon dioxide (2028-9, 20565-8) is what many analysers report as bicarbonate; it is about 1 mmol/L more.
        yield return new(Variable.Bicarbonate, "mmol/L", 1, 80, day, null, ["1959-6", "1960-4", "1963-8", "2028-9", "14627-4", "20565-8"]);
        // Nobody reports potassium or sodium by mass: 7.4 mg/dL is 7.4 mmol/L with the wrong unit, not the 1.9 that it converts to.
        yield return new(Variable.Potassium, "mmol/L", 0.8m, 15, day, null, ["2823-3", "6298-4", "32713-0"]);
        yield return new(Variable.Sodium, "mmol/L", 70, 220, day, null, ["2947-0", "2951-2", "32717-1"]);
        // 5.5 mmol/L written as mg/dL is below, 100 mg/dL written as mmol/L above.
        yield return new(Variable.Glucose, "mmol/L", 0.6m, 80, hours6, 180.16m,
            ["1558-6", "2339-0", "2340-8", "2345-7", "14743-9", "14749-6", "15074-8", "41653-7"]);
        // 2.4 mmol/L written as mg/dL is below, 9.5 mg/dL written as mmol/L above; so for ionised calcium, 1.2 and 4.8.
        yield return new(Variable.Calcium, "mmol/L", 0.75m, 7, day, 40.078m, ["2000-8", "17861-6", "49765-1"]);
        yield return new(Variable.IonizedCalcium, "mmol/L", 0.4m, 4, day, 40.078m, ["1994-3", "1995-0", "17863-2"]);
        yield return new(Variable.Magnesium, "mmol/L", 0.05m, 10, day, 24.305m, ["2601-3", "19123-9"]);
        // Laboratories report mg/dL of phosphorus, not of phosphate.
        yield return new(Variable.Phosphate, "mmol/L", 0.05m, 15, day, 30.974m, ["2777-1", "14879-1"]);
    }

    /// <summary>
    /// Arterial only. They follow breathing within minutes, so they stand as long as vital signs do. Breathing air at 8,400 m on Everest,
    /// climbers had 19 mmHg of oxygen and 10 of carbon dioxide (Grocott, N Engl J Med 2009;360:140).
    /// </summary>
    private static IEnumerable<VariableDefinition> BloodGases()
    {
        var observed = TimeSpan.FromHours(6);
        yield return new(Variable.ArterialOxygen, "mm[Hg]", 10, 700, observed, null, ["2703-7", "19255-9"]);
        yield return new(Variable.ArterialCarbonDioxide, "mm[Hg]", 5, 250, observed, null, ["2019-8", "32771-8"]);
        yield return new(Variable.ArterialPh, "[pH]", 6.3m, 8, observed, null, ["2744-1", "33254-4"]);
    }
}

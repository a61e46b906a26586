namespace PatientGrains.Core.Screening;

/// <summary>What screening watches. Stored by name.</summary>
public enum Variable
{
    HeartRate = 1,
    RespiratoryRate = 2,
    BodyTemperature = 3,
    SystolicPressure = 4,
    DiastolicPressure = 5,
    MeanArterialPressure = 6,
    /// <summary>By pulse oximetry, or arterial.</summary>
    OxygenSaturation = 7,
    /// <summary>1 on any supplemental oxygen, 0 on room air.</summary>
    SupplementalOxygen = 8,
    InspiredOxygenFraction = 9,
    OxygenFlow = 10,
    /// <summary>1 when the prescribed target saturation is 88 to 92 % (NEWS2's SpO2 scale 2).</summary>
    HypercapnicTarget = 11,
    /// <summary>ACVPU: 0 alert, 1 new confusion, 2 voice, 3 pain, 4 unresponsive.</summary>
    Consciousness = 12,
    GlasgowComaScale = 13,
    /// <summary>1 while mechanically ventilated.</summary>
    MechanicalVentilation = 14,
    UrineOutput = 15,
    BodyWeight = 16,
    Leukocytes = 17,
    BandNeutrophils = 18,
    Platelets = 19,
    Bilirubin = 20,
    Creatinine = 21,
    Lactate = 22,
    ArterialOxygen = 23,
    ArterialCarbonDioxide = 24,
    ArterialPh = 25,
    Bicarbonate = 26,
    Potassium = 27,
    Sodium = 28,
    Glucose = 29,
    Calcium = 30,
    IonizedCalcium = 31,
    Magnesium = 32,
    Phosphate = 33,
    Hemoglobin = 34,
    Inr = 35,
}

/// <summary>What is known of one variable.</summary>
/// <param name="Variable">Which.</param>
/// <param name="Unit">Its canonical unit, UCUM; <c>1</c> for coded ones and fractions.</param>
/// <param name="Low">
/// The smallest value that a living body shows, canonical; what is below is set aside as <see cref="Doubt.Implausible"/>.
/// </param>
/// <param name="High">The largest.</param>
/// <param name="FreshFor">How long a value stands for the present when no newer one came.</param>
/// <param name="MolarMassGPerMol">For conversions between mass and amount of substance; null where they mean nothing.</param>
/// <param name="Loinc">The LOINC codes that mean it.</param>
public sealed record VariableDefinition(
    Variable Variable, string Unit, decimal Low, decimal High, TimeSpan FreshFor, decimal? MolarMassGPerMol, IReadOnlyList<string> Loinc);

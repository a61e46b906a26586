using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Life;

/// <summary>
/// Values that hang together: height, weight and body mass index by arithmetic, pressure by hypertension, glucose by HbA1c. Deviations
/// that no source is named for are chosen to be plausible.
/// </summary>
internal sealed class Physiology(Rng rng, Person person, Traits traits)
{
    public double AgeInYears(DateTime at) => (DateOnly.FromDateTime(at).DayNumber - person.BirthDate.DayNumber) / 365.25;

    public decimal HeightCm(DateTime at) => PortableMath.Round(Growth.HeightCm(person.Female, AgeInYears(at), traits.HeightZ), 1);

    public decimal WeightKg(DateTime at, decimal heightCm)
    {
        var metres = (double)heightCm / 100;
        return PortableMath.Round(Growth.MassIndex(traits, AgeInYears(at)) * metres * metres * rng.Normal(1, 0.015, 0.95, 1.05), 1);
    }

    /// <summary>From the values as they are written, so that anybody who divides finds the same number.</summary>
    public static decimal MassIndex(decimal weightKg, decimal heightCm) => PortableMath.Round(weightKg * 10_000 / (heightCm * heightCm), 1);

    /// <summary>
    /// Adults average 122/71 mmHg (Wright et al., NHANES 2001-2008, National Health Statistics Reports 35, 2011). Children: a straight
    /// line from 85/50 at one year to 112/65 at seventeen, near the medians of the AAP's 2017 guideline.
    /// </summary>
    public (int Systolic, int Diastolic) Pressure(DateTime at)
    {
        var age = AgeInYears(at);
        double systolic, diastolic;
        if (age < 18)
        {
            systolic = 83.3 + 1.69 * age + rng.Normal(0, 7, -15, 15);
            diastolic = 49 + 0.94 * age + rng.Normal(0, 6, -12, 12);
        }
        else
        {
            var hypertensive = traits.Find(Diagnosis.Hypertension) is { } known && known.Onset <= DateOnly.FromDateTime(at);
            systolic = hypertensive ? rng.Normal(137, 13, 108, 198) : rng.Normal(115, 8, 88, 129);
            diastolic = 0.35 * systolic + rng.Normal(hypertensive ? 31 : 30, 6, 15, 48);
        }
        var low = Math.Min((int)diastolic, (int)systolic - 18);
        return ((int)systolic, low);
    }

    public decimal HeartRate(DateTime at, double feverCel)
    {
        var age = AgeInYears(at);
        // Resting rates fall from about 130 a minute in infancy to the adult's 72 (Fleming et al., Lancet 2011;377:1011-1018, rounded);
        // 10 a degree of fever.
        var resting = age < 1 ? 130 : age < 4 ? 112 : age < 10 ? 92 : age < 16 ? 80 : 72;
        return PortableMath.Round(rng.Normal(resting + 10 * feverCel, 8, 48, 190), 0);
    }

    public decimal RespiratoryRate(DateTime at, double feverCel)
    {
        var age = AgeInYears(at);
        var resting = age < 1 ? 38 : age < 4 ? 28 : age < 10 ? 21 : age < 16 ? 18 : 15.5;
        return PortableMath.Round(rng.Normal(resting + 2 * feverCel, 1.6, 10, 60), 0);
    }

    /// <summary>36.8 Cel orally, deviation 0.4 (Mackowiak, Wasserman, Levine, JAMA 1992;268:1578-1580).</summary>
    public decimal Temperature(double feverCel) => PortableMath.Round(rng.Normal(36.8 + feverCel, 0.3, 35.8, 40.5), 1);

    public decimal OxygenSaturation() =>
        PortableMath.Round(traits.Has(Diagnosis.Copd) ? rng.Normal(94, 1.5, 88, 98) : rng.Normal(98, 0.9, 95, 100), 0);

    /// <summary>
    /// Cut at 5.7 and 6.5 % as the American Diabetes Association defines prediabetes and diabetes (Standards of Care, Diagnosis and
    /// Classification).
    /// </summary>
    public decimal GlycatedHemoglobin(DateTime at)
    {
        if (traits.Find(Diagnosis.Diabetes) is { } diabetes && diabetes.Onset <= DateOnly.FromDateTime(at))
            return PortableMath.Round(rng.Normal(7.4, 1.0, 6.5, 13.5), 1);
        return PortableMath.Round(traits.Prediabetic ? rng.Normal(5.95, 0.18, 5.7, 6.4) : rng.Normal(5.3, 0.2, 4.6, 5.6), 1);
    }

    /// <summary>
    /// Estimated average glucose, 28.7 x HbA1c - 46.7 mg/dL (Nathan et al., ADAG, Diabetes Care 2008;31:1473-1478), less the meals.
    /// </summary>
    public decimal Glucose(decimal glycatedHemoglobin)
    {
        var average = 28.7 * (double)glycatedHemoglobin - 46.7;
        return PortableMath.Round(rng.Normal(average * 0.86, 6, 62, 420), 0);
    }

    public decimal Creatinine()
    {
        var diseased = traits.Has(Diagnosis.KidneyDisease);
        var mean = (person.Female ? 0.78 : 0.98) * (diseased ? 1.7 : 1);
        return PortableMath.Round(rng.Normal(mean, 0.11, 0.3, 4), 2);
    }

    /// <summary>CKD-EPI 2021, without race (Inker et al., N Engl J Med 2021;385:1737-1749), in mL/min/1.73 m2.</summary>
    public static decimal FiltrationRate(decimal creatinineMgPerDl, bool female, int age)
    {
        var ratio = (double)creatinineMgPerDl / (female ? 0.7 : 0.9);
        var low = PortableMath.Pow(Math.Min(ratio, 1), female ? -0.241 : -0.302);
        var high = PortableMath.Pow(Math.Max(ratio, 1), -1.200);
        return PortableMath.Round(142 * low * high * PortableMath.Pow(0.9938, age) * (female ? 1.012 : 1), 0);
    }

    public decimal Healthy(Analyte analyte) => PortableMath.Round(
        rng.Normal(analyte.Mean, analyte.Deviation, analyte.Mean - 2.5 * analyte.Deviation, analyte.Mean + 2.5 * analyte.Deviation),
        analyte.Scale.Decimals);

    public decimal Around(Analyte analyte, double mean, double deviation, double least, double most) =>
        PortableMath.Round(rng.Normal(mean, deviation, least, most), analyte.Scale.Decimals);
}

using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Life;

namespace PatientGrains.Synthetic.Ward;

/// <summary>
/// One body in a bed, hour by hour. What sepsis moves and whither follows the criteria it is diagnosed by: SIRS (Bone et al., Chest
/// 1992;101:1644-1655) and SOFA as Sepsis-3 uses it (Singer et al., JAMA 2016;315:801-810). By how much is chosen to be plausible: at
/// full severity lactate, pressure, platelets and creatinine are each past their SOFA thresholds on average, and before the onset they
/// are not yet.
/// </summary>
internal sealed class Bedside
{
    private readonly Rng _rng;
    private readonly int? _onsetHour;
    private readonly double _worst;
    private readonly bool _cold;
    private readonly int _painHour;
    private readonly double _heartRate, _systolic, _respiration, _saturation, _creatinine, _leukocytes, _platelets, _lactate, _bilirubin;
    private double _drift;

    public Bedside(Rng rng, bool female, int? onsetHour, int hours)
    {
        _rng = rng;
        _onsetHour = onsetHour;
        _worst = 0.7 + 0.3 * rng.Unit();
        // One septic patient in seven runs cold and leukopenic instead of hot.
        _cold = rng.Chance(1.0 / 7);
        // One other patient in ten has a few hours of pain: fast heart and breath, nothing else. A good alarm stays silent.
        _painHour = onsetHour is null && rng.Chance(0.1) ? rng.Below(hours) : -100;
        _heartRate = rng.Normal(80, 9, 58, 105);
        _systolic = rng.Normal(124, 12, 102, 160);
        _respiration = rng.Normal(16.5, 1.5, 12, 21);
        _saturation = rng.Normal(97, 1, 94, 99);
        _creatinine = rng.Normal(female ? 0.8 : 1.0, 0.15, 0.5, 1.6);
        _leukocytes = rng.Normal(8, 1.6, 4.5, 12);
        _platelets = rng.Normal(240, 45, 155, 380);
        _lactate = rng.Normal(1.2, 0.25, 0.6, 1.9);
        _bilirubin = rng.Normal(0.7, 0.2, 0.2, 1.2);
    }

    /// <summary>
    /// 0 well, 1 septic shock: rises from eight hours before the onset to four hours after, and is half way up about the onset.
    /// </summary>
    public double Severity(double hour)
    {
        if (_onsetHour is not { } onset)
            return 0;
        var x = Math.Clamp((hour - (onset - 8)) / 12, 0, 1);
        return _worst * x * x * (3 - 2 * x);
    }

    /// <summary>Moves the slow wander of the hour; call once an hour, before reading values.</summary>
    public void Pass() => _drift = 0.8 * _drift + 0.6 * _rng.Normal();

    public (int Systolic, int Diastolic) Pressure(double hour)
    {
        var systolic = _systolic + 4 * _drift + Noise(4) - 42 * Severity(hour) + Pain(hour) * 15;
        var clamped = Math.Clamp(systolic, 62, 215);
        return ((int)clamped, (int)(clamped * (0.60 - 0.05 * Severity(hour))));
    }

    public decimal Value(Vital vital, double hour)
    {
        var s = Severity(hour);
        var value = vital switch
        {
            _ when vital == Vital.HeartRate => Math.Clamp(_heartRate + 3 * _drift + Noise(3) + 38 * s + Pain(hour) * 26, 42, 185),
            _ when vital == Vital.RespiratoryRate => Math.Clamp(_respiration + Noise(1.2) + 11 * s + Pain(hour) * 6, 8, 48),
            _ when vital == Vital.Temperature => 36.8 + Noise(0.2) + (_cold ? -1.4 : 2.0) * s,
            _ => Math.Clamp(_saturation + Noise(0.7) - 7 * s, 78, 100),
        };
        return PortableMath.Round(value, vital.Scale.Decimals);
    }

    public decimal Value(Analyte analyte, double hour)
    {
        var s = Severity(hour);
        // Organs follow the circulation by hours: creatinine, bilirubin and platelets see the severity of six hours ago.
        var late = Severity(hour - 6);
        var value = analyte switch
        {
            _ when analyte == Analyte.Lactate => _lactate + Noise(0.12) + 3.8 * s,
            _ when analyte == Analyte.Leukocytes => _leukocytes + Noise(0.5) + (_cold ? -4.5 : 9) * s,
            _ when analyte == Analyte.Platelets => (_platelets + Noise(10)) * (1 - 0.5 * late),
            _ when analyte == Analyte.Creatinine => (_creatinine + Noise(0.04)) * (1 + 1.2 * late),
            _ when analyte == Analyte.Bilirubin => _bilirubin + Noise(0.06) + 1.8 * late,
            _ when analyte == Analyte.Potassium => 4.1 + Noise(0.25) + 0.6 * late,
            _ => 139 + Noise(2),
        };
        return PortableMath.Round(Math.Max(value, 0.1), analyte.Scale.Decimals);
    }

    /// <summary>At its height when it begins, four hours later gone.</summary>
    private double Pain(double hour) => hour >= _painHour && hour < _painHour + 4 ? 1 - (hour - _painHour) / 4 : 0;

    private double Noise(double deviation) => Math.Clamp(_rng.Normal(), -3, 3) * deviation;
}

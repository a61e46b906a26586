using PatientGrains.Synthetic.Chance;

namespace PatientGrains.Synthetic.Life;

/// <summary>
/// Heights in cm and body mass indices by age. Adults: mean heights 175.3 cm (men) and 161.3 cm (women) of NHANES 2015-2018 (Fryar et
/// al., Vital Health Stat 3(46), 2021). Adult body mass index: log-normal, median 28.6, chosen so that 41.9 % are at 30 or more (Stierman
/// et al., NHANES 2017-March 2020, National Health Statistics Reports 158, 2021). Children: rounded medians of the CDC 2000 growth
/// charts; deviations are chosen.
/// </summary>
internal static class Growth
{
    public const double ObesityShare = 0.419;

    private static readonly double[] BoyHeights =
        [50, 76, 87, 95, 102, 109, 115.5, 122, 128, 133.5, 138.5, 143.5, 149, 156, 164, 170, 173.5, 175, 175.3];

    private static readonly double[] GirlHeights =
        [49.5, 74, 85.5, 94, 101, 108, 115, 121.5, 127.5, 133, 138, 144, 151, 157, 160, 161, 161.2, 161.3, 161.3];

    private static readonly double[] ChildMassIndices =
        [13.5, 17.0, 16.4, 16.0, 15.6, 15.4, 15.4, 15.6, 15.9, 16.3, 16.8, 17.4, 18.0, 18.7, 19.4, 20.0, 20.6, 21.2, 21.8];

    public static double AdultMassIndex(double z) => Math.Clamp(28.6 * PortableMath.Exp(0.235 * z), 16.5, 58);

    /// <summary>About 4.2 % of the mean is one deviation, for adults as for children.</summary>
    public static double HeightCm(bool female, double years, double z) => At(female ? GirlHeights : BoyHeights, years) * (1 + 0.042 * z);

    public static double MassIndex(Traits traits, double years)
    {
        if (years >= 25)
            return traits.AdultMassIndex;
        var child = Math.Max(11.5, At(ChildMassIndices, years) * (1 + 0.11 * traits.MassZ));
        if (years < 18)
            return child;
        var grown = (years - 18) / 7;
        return child + (traits.AdultMassIndex - child) * grown;
    }

    private static double At(double[] byYear, double years)
    {
        if (years >= byYear.Length - 1)
            return byYear[^1];
        var whole = (int)years;
        return byYear[whole] + (byYear[whole + 1] - byYear[whole]) * (years - whole);
    }
}

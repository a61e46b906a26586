namespace PatientGrains.Fhir.Ucum;

/// <summary>
/// A special unit's scale: with <c>x</c> the number in front of the unit and <c>k</c> its prefix, the quantity is
/// <c>f(k x)</c> times <see cref="Proper"/> (UCUM section 3.2 paragraphs 21 and 22). Temperatures are affine and exact; the rest, levels
/// and potencies, go by doubles.
/// </summary>
internal sealed record SpecialScale(string Function, Rational Proper, Rational Stretch)
{
    /// <summary>Of a product with a special unit, which is well-formed and means nothing.</summary>
    public static readonly SpecialScale Unusable = new("", Rational.One, Rational.One);

    public SpecialScale Stretched(Rational by) => this with { Stretch = Stretch * by };

    public bool IsUsable => Function.Length > 0;

    /// <summary>What is added to <c>k x</c> before it counts in <see cref="Proper"/>, for an affine scale; else null.</summary>
    public Rational? Offset => Function switch
    {
        "Cel" => Rational.Of(273.15m),
        "degF" => Rational.Of(459.67m),
        // 273.15 K in units of 5/4 K.
        "degRe" => Rational.Of(218.52m),
        _ => null,
    };

    /// <summary>The quantity in base units, of a scale that is not affine.</summary>
    public double ToBase(double value)
    {
        double x = value * Stretch.ToDouble();
        return Proper.ToDouble() * (Function switch
        {
            "ln" => Math.Exp(x),
            "lg" => Math.Pow(10, x),
            "lgTimes2" => Math.Pow(10, x / 2),
            "ld" => Math.Pow(2, x),
            "pH" => Math.Pow(10, -x),
            "sqrt" => x * x,
            "tanTimes100" => Math.Atan(x / 100),
            // Its proper unit is the degree.
            "100tan" => double.RadiansToDegrees(Math.Atan(x / 100)),
            "hpX" => Math.Pow(10, -x),
            "hpC" => Math.Pow(100, -x),
            "hpM" => Math.Pow(1000, -x),
            "hpQ" => Math.Pow(50000, -x),
            _ => double.NaN,
        });
    }

    /// <summary>The inverse of <see cref="ToBase"/>; not a number where there is none.</summary>
    public double OfBase(double quantity)
    {
        double m = quantity / Proper.ToDouble();
        return (Function switch
        {
            "ln" => Math.Log(m),
            "lg" => Math.Log10(m),
            "lgTimes2" => 2 * Math.Log10(m),
            "ld" => Math.Log2(m),
            "pH" => -Math.Log10(m),
            "sqrt" => Math.Sqrt(m),
            "tanTimes100" => 100 * Math.Tan(m),
            "100tan" => 100 * Math.Tan(double.DegreesToRadians(m)),
            "hpX" => -Math.Log10(m),
            "hpC" => -Math.Log10(m) / 2,
            "hpM" => -Math.Log10(m) / 3,
            "hpQ" => -Math.Log(m) / Math.Log(50000),
            _ => double.NaN,
        }) / Stretch.ToDouble();
    }
}

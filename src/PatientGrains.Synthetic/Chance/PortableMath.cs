namespace PatientGrains.Synthetic.Chance;

/// <summary>
/// exp, log and pow from exactly rounded operations only. Math.Exp and its kin call the platform's C library, and their last bit
/// differs between Linux, Windows and macOS; here the same seed must give the same bytes. Relative error below 1e-14.
/// </summary>
internal static class PortableMath
{
    private const double Ln2 = 0.693147180559945309;

    public static double Exp(double x)
    {
        var exponent = Math.Round(x / Ln2);
        var r = x - exponent * Ln2;
        var sum = 1.0;
        for (var k = 16; k >= 1; k--)
            sum = 1 + sum * r / k;
        return Math.ScaleB(sum, (int)exponent);
    }

    /// <summary>Natural logarithm of a positive normal number.</summary>
    public static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (m > 1.4142135623730951)
        {
            m /= 2;
            exponent++;
        }
        var s = (m - 1) / (m + 1);
        var square = s * s;
        var sum = 0.0;
        for (var k = 23; k >= 1; k -= 2)
            sum = sum * square + 1.0 / k;
        return 2 * s * sum + exponent * Ln2;
    }

    public static double Pow(double x, double power) => Exp(power * Log(x));

    /// <summary>A measured value as it is written: rounded half away from zero to so many decimals, trailing zeros kept.</summary>
    public static decimal Round(double value, int decimals)
    {
        var scale = decimals switch
        {
            0 => 1.0,
            1 => 10.0,
            2 => 100.0,
            3 => 1000.0,
            _ => throw new ArgumentOutOfRangeException(nameof(decimals)),
        };
        var scaled = (long)Math.Round(value * scale, MidpointRounding.AwayFromZero);
        var magnitude = Math.Abs(scaled);
        return new decimal((int)magnitude, (int)(magnitude >> 32), 0, scaled < 0, (byte)decimals);
    }

    /// <summary>Decimal to decimals places, padded with zeros, so that the precision of the instrument shows.</summary>
    public static decimal Round(decimal value, int decimals) =>
        Math.Round(value, decimals, MidpointRounding.AwayFromZero) + new decimal(0, 0, 0, false, (byte)decimals);
}

using System.Globalization;
using System.Numerics;

namespace PatientGrains.Fhir.Ucum;

/// <summary>An exact number: decimal factors of units divide into what no decimal can say (5/9 K). Always in lowest terms.</summary>
internal readonly struct Rational : IEquatable<Rational>
{
    public static readonly Rational One = new(BigInteger.One, BigInteger.One);
    public static readonly Rational Zero = new(BigInteger.Zero, BigInteger.One);

    private Rational(BigInteger numerator, BigInteger denominator)
    {
        var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        if (denominator.Sign < 0)
            divisor = -divisor;
        Numerator = numerator / divisor;
        Denominator = denominator / divisor;
    }

    public BigInteger Numerator { get; }

    /// <summary>Greater than zero.</summary>
    public BigInteger Denominator { get; }

    /// <summary>How much room it takes: what grows past reason is no unit.</summary>
    public long Bits => Numerator.GetBitLength() + Denominator.GetBitLength();

    public static Rational Of(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var mantissa = ((BigInteger)(uint)bits[2] << 64) | ((BigInteger)(uint)bits[1] << 32) | (uint)bits[0];
        return new(bits[3] < 0 ? -mantissa : mantissa, BigInteger.Pow(10, (bits[3] >> 16) & 0xFF));
    }

    /// <summary>Digits with an optional fraction and an optional exponent: <c>6.02e23</c>.</summary>
    public static Rational Parse(ReadOnlySpan<char> text)
    {
        int exponent = 0;
        int e = text.IndexOfAny('e', 'E');
        if (e >= 0)
        {
            exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }
        int point = text.IndexOf('.');
        string digits = point < 0 ? text.ToString() : string.Concat(text[..point], text[(point + 1)..]);
        exponent -= point < 0 ? 0 : text.Length - point - 1;
        var mantissa = BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return exponent >= 0 ? new(mantissa * BigInteger.Pow(10, exponent), 1) : new(mantissa, BigInteger.Pow(10, -exponent));
    }

    public static Rational operator +(Rational a, Rational b) =>
        new((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    public static Rational operator -(Rational a, Rational b) =>
        new((a.Numerator * b.Denominator) - (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    public static Rational operator *(Rational a, Rational b) => new(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

    /// <exception cref="DivideByZeroException"><paramref name="b"/> is zero.</exception>
    public static Rational operator /(Rational a, Rational b) => b.Numerator.IsZero
        ? throw new DivideByZeroException()
        : new(a.Numerator * b.Denominator, a.Denominator * b.Numerator);

    public Rational Power(int exponent) => exponent >= 0
        ? new(BigInteger.Pow(Numerator, exponent), BigInteger.Pow(Denominator, exponent))
        : new(BigInteger.Pow(Denominator, -exponent), BigInteger.Pow(Numerator, -exponent));

    /// <summary>The nearest decimal (28 places, half to even), or null when it is too great for one.</summary>
    public decimal? ToDecimal()
    {
        var most = (BigInteger)decimal.MaxValue;
        for (int scale = 28; scale >= 0; scale--)
        {
            var scaled = Round(BigInteger.Abs(Numerator) * BigInteger.Pow(10, scale));
            if (scaled > most)
                continue;
            while (scale > 0 && scaled % 10 == 0)
            {
                scaled /= 10;
                scale--;
            }
            return new decimal((int)(uint)(scaled & uint.MaxValue), (int)(uint)((scaled >> 32) & uint.MaxValue), (int)(uint)(scaled >> 64),
                Numerator.Sign < 0, (byte)scale);
        }
        return null;
    }

    public double ToDouble() => Math.Exp(BigInteger.Log(BigInteger.Abs(Numerator)) - BigInteger.Log(Denominator)) is var size && Bits > 1800
        ? size * Numerator.Sign
        : (double)Numerator / (double)Denominator;

    public bool Equals(Rational other) => Numerator == other.Numerator && Denominator == other.Denominator;

    public override bool Equals(object? obj) => obj is Rational other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Numerator, Denominator);

    private BigInteger Round(BigInteger dividend)
    {
        var whole = BigInteger.DivRem(dividend, Denominator, out var rest);
        int half = (rest * 2).CompareTo(Denominator);
        return half > 0 || (half == 0 && !whole.IsEven) ? whole + 1 : whole;
    }
}

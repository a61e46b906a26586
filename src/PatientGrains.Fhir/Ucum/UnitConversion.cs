namespace PatientGrains.Fhir.Ucum;

/// <summary>How values in one unit become values in another: <c>y = a x + b</c>, exact, or by a special scale in doubles.</summary>
internal sealed class UnitConversion
{
    private readonly Rational _slope;
    private readonly Rational _offset;
    private readonly Func<double, double>? _curve;

    /// <summary>The slope as a fraction of small decimals, where it is one: most conversions, and much faster.</summary>
    private readonly decimal _numerator;
    private readonly decimal _denominator;

    private UnitConversion(Rational slope, Rational offset)
    {
        _slope = slope;
        _offset = offset;
        IsIdentity = slope.Equals(Rational.One) && offset.Equals(Rational.Zero);
        // Small enough that a value of 28 places neither overflows nor loses a digit that counts; with an offset the last step would round.
        if (slope.Bits > 60 || !offset.Equals(Rational.Zero))
            return;
        _numerator = (decimal)slope.Numerator;
        _denominator = (decimal)slope.Denominator;
    }

    private UnitConversion(Func<double, double> curve) => _curve = curve;

    public bool IsIdentity { get; }

    /// <summary>Whether only a factor lies between the units, and which; null when not.</summary>
    public Rational? Factor => _curve is null && _offset.Equals(Rational.Zero) ? _slope : null;

    /// <summary>Null when the units are not comparable.</summary>
    public static UnitConversion? Between(UcumUnit from, UcumUnit to)
    {
        if (from.Special is { IsUsable: false } || to.Special is { IsUsable: false } || !from.IsComparableTo(to))
            return null;
        if (to.Special is null && to.Factor.Equals(Rational.Zero))
            return null;
        if (IsAffine(from) && IsAffine(to))
        {
            var (a, b) = Line(from);
            var (c, d) = Line(to);
            return new(a / c, (b - d) / c);
        }
        return new(x => OfBase(to, ToBase(from, x)));
    }

    /// <summary>A conversion by a factor that units do not tell, such as a molar mass.</summary>
    public static UnitConversion By(Rational factor) => new(factor, Rational.Zero);

    /// <summary>The value in the other unit, or null when no decimal can say it.</summary>
    public decimal? Apply(decimal value)
    {
        if (IsIdentity)
            return value;
        if (_curve is not null)
        {
            double curved = _curve((double)value);
            return double.IsFinite(curved) && Math.Abs(curved) < 1e28 ? (decimal)curved : null;
        }
        if (_denominator != 0 && Math.Abs(value) < 1_000_000_000)
            return value * _numerator / _denominator;
        return ((Rational.Of(value) * _slope) + _offset).ToDecimal();
    }

    public bool IsSameAs(UnitConversion other) => ReferenceEquals(this, other)
        || (_curve is null && other._curve is null && _slope.Equals(other._slope) && _offset.Equals(other._offset));

    /// <summary>The exact value, where the conversion is exact.</summary>
    internal Rational Exactly(Rational value) => (value * _slope) + _offset;

    private static bool IsAffine(UcumUnit unit) => unit.Special is null || unit.Special.Offset is not null;

    /// <summary>Slope and offset into base units.</summary>
    private static (Rational Slope, Rational Offset) Line(UcumUnit unit) => unit.Special is { } special
        ? (special.Stretch * special.Proper, special.Offset!.Value * special.Proper)
        : (unit.Factor, Rational.Zero);

    private static double ToBase(UcumUnit unit, double value) =>
        IsAffine(unit) && Line(unit) is var (slope, offset) ? (value * slope.ToDouble()) + offset.ToDouble() : unit.Special!.ToBase(value);

    private static double OfBase(UcumUnit unit, double value) =>
        IsAffine(unit) && Line(unit) is var (slope, offset) ? (value - offset.ToDouble()) / slope.ToDouble() : unit.Special!.OfBase(value);
}

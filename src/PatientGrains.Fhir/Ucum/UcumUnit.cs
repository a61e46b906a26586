using System.Collections.Immutable;

namespace PatientGrains.Fhir.Ucum;

/// <summary>
/// What a unit expression means: a factor times powers of the base units (UCUM section 3.2). Two units are comparable when their powers
/// are the same (section 3.3); UCUM counts the mole as a mere number, so <see cref="Measures"/> tells apart what it does not.
/// </summary>
internal sealed record UcumUnit
{
    public static readonly UcumUnit One = new();

    /// <summary>What counts things in UCUM, and means something of its own in a laboratory: an equivalent is not always a mole.</summary>
    private static readonly string[] Counts = ["mol", "eq", "osm"];

    public Rational Factor { get; init; } = Rational.One;

    /// <summary>Exponents of base units, of arbitrary units (which are comparable with themselves only, section 3.2 paragraph 24), and
    /// of the three counts; never zero.</summary>
    public ImmutableSortedDictionary<string, int> Powers { get; init; } =
        ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>For a unit on a scale that is no ratio scale (section 3.2 paragraph 21): values convert by it, and so does nothing
    /// that it is part of.</summary>
    public SpecialScale? Special { get; init; }

    /// <summary>The unit by itself, with a power of its own.</summary>
    public static UcumUnit Base(string code) => One with { Powers = One.Powers.SetItem(code, 1) };

    /// <summary>Marks a count: <see cref="Measures"/> sees it, <see cref="IsComparableTo"/> does not.</summary>
    public UcumUnit Counting(string code) => Counts.Contains(code) ? this with { Powers = Powers.SetItem(code, 1) } : this;

    /// <summary>Null when the product is beyond reason.</summary>
    public UcumUnit? Times(UcumUnit other) => Combine(other, 1);

    /// <summary>Null when the quotient is beyond reason, or the divisor zero.</summary>
    public UcumUnit? Over(UcumUnit other) => other.Factor.Equals(Rational.Zero) ? null : Combine(other, -1);

    public UcumUnit? Power(int exponent) => exponent == 1 ? this : Bounded(this with
    {
        Factor = Factor.Power(exponent),
        Powers = exponent == 0
            ? One.Powers
            : Powers.ToImmutableSortedDictionary(x => x.Key, x => x.Value * exponent, StringComparer.Ordinal),
        Special = Special is null ? null : SpecialScale.Unusable,
    });

    public int PowerOf(string code) => Powers.GetValueOrDefault(code);

    /// <summary>Whether values of one can be said in the other, as UCUM sees it.</summary>
    public bool IsComparableTo(UcumUnit other) =>
        Powers.Where(x => !Counts.Contains(x.Key)).SequenceEqual(other.Powers.Where(x => !Counts.Contains(x.Key)));

    /// <summary>Comparable, and counting the same: mmol/L is not meq/L, and neither is a number per litre.</summary>
    public bool Measures(UcumUnit other) => Powers.SequenceEqual(other.Powers);

    private UcumUnit? Combine(UcumUnit other, int sign)
    {
        var powers = Powers;
        foreach (var (code, exponent) in other.Powers)
        {
            int sum = powers.GetValueOrDefault(code) + (sign * exponent);
            powers = sum == 0 ? powers.Remove(code) : powers.SetItem(code, sum);
        }
        return Bounded(new UcumUnit
        {
            Factor = sign > 0 ? Factor * other.Factor : Factor / other.Factor,
            Powers = powers,
            Special = (Special, other.Special) switch
            {
                (null, null) => null,
                // A number in front stretches the scale (section 3.2 paragraph 22); nothing else can be said with a special unit.
                ({ } special, null) when sign > 0 && other.Powers.IsEmpty => special.Stretched(other.Factor),
                (null, { } special) when sign > 0 && Powers.IsEmpty => special.Stretched(Factor),
                _ => SpecialScale.Unusable,
            },
        });
    }

    /// <summary>Only hostile expressions need more than 4,096 bits.</summary>
    private static UcumUnit? Bounded(UcumUnit unit) => unit.Factor.Bits <= 4096 ? unit : null;
}

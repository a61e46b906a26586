using PatientGrains.Core.Screening;
using PatientGrains.Fhir.Ucum;

namespace PatientGrains.Fhir.Findings;

/// <summary>What a dosage says of route and rate (R4 MedicationAdministration.dosage, Dosage).</summary>
internal readonly ref struct Dose
{
    /// <summary>More than any infusion runs; what is beyond was written in another unit than said.</summary>
    private const decimal MostMcgPerKgMin = 200;

    private static readonly UcumUnit McgPerKgMin = UnitParser.Parse("ug/kg/min")!;

    public Dose(ReadOnlySpan<byte> dosage)
    {
        var members = new JsonMembers(dosage);
        while (members.Next())
        {
            if (members.Is("route"u8))
                IsLocal = DrugCodes.IsLocal(members.Value);
            else if (members.Is("rateQuantity"u8))
                RateMcgPerKgMin = Rate(new QuantityText(members.Value));
            else if (members.Is("rateRatio"u8))
                RateMcgPerKgMin = Rate(members.Value);
        }
    }

    /// <summary>It acts where it is put, and is no systemic treatment.</summary>
    public bool IsLocal { get; }

    /// <summary>Null when it is not said per weight and time, which needs the patient's weight or the bag's strength.</summary>
    public decimal? RateMcgPerKgMin { get; }

    private static decimal? Rate(QuantityText said) => said.HasComparator ? null : Rate(ReadValue.Parse(said.Value), said.ParseUnit());

    private static decimal? Rate(ReadOnlySpan<byte> ratio)
    {
        QuantityText numerator = default, denominator = default;
        var members = new JsonMembers(ratio);
        while (members.Next())
        {
            if (members.Is("numerator"u8))
                numerator = new QuantityText(members.Value);
            else if (members.Is("denominator"u8))
                denominator = new QuantityText(members.Value);
        }
        if (numerator.HasComparator || denominator.HasComparator || ReadValue.Parse(denominator.Value) is not { } per || per == 0)
            return null;
        var unit = denominator.ParseUnit() is { } below ? numerator.ParseUnit()?.Over(below) : null;
        return Rate(ReadValue.Parse(numerator.Value), unit?.Over(new UcumUnit { Factor = Rational.Of(per) }));
    }

    private static decimal? Rate(decimal? value, UcumUnit? unit) =>
        value is { } number && unit is not null && unit.Measures(McgPerKgMin)
            && UnitConversion.Between(unit, McgPerKgMin)?.Apply(number) is >= 0 and <= MostMcgPerKgMin and var rate
            ? decimal.Round(rate, 6)
            : null;
}

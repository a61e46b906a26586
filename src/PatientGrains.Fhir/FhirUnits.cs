using PatientGrains.Fhir.Ucum;

namespace PatientGrains.Fhir;

/// <summary>
/// Units of measure by their UCUM codes (version 2.2, case sensitive), as FHIR quantities carry them with the system
/// <see cref="System"/>.
/// </summary>
public static class FhirUnits
{
    public const string System = "http://unitsofmeasure.org";

    /// <summary>Whether a code is well-formed UCUM made of units that it knows.</summary>
    public static bool IsValid(ReadOnlySpan<char> code) => UnitParser.Parse(code) is not null;

    /// <summary>
    /// Says a value in another unit. Exact where UCUM is (ratio scales and temperatures; rounded to 28 places), by doubles on logarithmic
    /// scales. False when a code is no UCUM, the units are not comparable, or no decimal can hold the result.
    /// </summary>
    /// <param name="value">The number in front of <paramref name="from"/>.</param>
    /// <param name="from">Its unit.</param>
    /// <param name="to">The unit wanted.</param>
    /// <param name="converted">The number in front of <paramref name="to"/>.</param>
    public static bool TryConvert(decimal value, ReadOnlySpan<char> from, ReadOnlySpan<char> to, out decimal converted)
    {
        converted = 0;
        if (UnitParser.Parse(from) is not { } source || UnitParser.Parse(to) is not { } target
            || UnitConversion.Between(source, target)?.Apply(value) is not { } result)
            return false;
        converted = result;
        return true;
    }
}

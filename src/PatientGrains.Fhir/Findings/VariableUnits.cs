using System.Collections.Concurrent;
using PatientGrains.Core.Screening;
using PatientGrains.Fhir.Ucum;

namespace PatientGrains.Fhir.Findings;

/// <summary>
/// How values in a unit become values in a variable's canonical unit. Stricter than UCUM, to which a mole is a number: mmol/L is no cell
/// count, and an equivalent is a mole only by the ion's charge. Between mass and amount of substance it goes by the variable's molar mass.
/// </summary>
internal static class VariableUnits
{
    /// <summary>Spellings that are remembered of one variable; real senders have a handful.</summary>
    private const int MaxRemembered = 256;

    private static readonly ConcurrentDictionary<string, UnitConversion?>.AlternateLookup<ReadOnlySpan<char>>[] Remembered =
        [.. Enumerable.Range(0, (int)Enum.GetValues<Variable>().Max() + 1)
            .Select(_ => new ConcurrentDictionary<string, UnitConversion?>(StringComparer.Ordinal))
            .Select(known => known.GetAlternateLookup<ReadOnlySpan<char>>())];

    /// <summary>Null when the code is no UCUM, or measures something else.</summary>
    public static UnitConversion? Find(Variable variable, ReadOnlySpan<char> code)
    {
        var known = Remembered[(int)variable];
        if (known.TryGetValue(code, out var conversion))
            return conversion;
        conversion = Make(Variables.Of(variable), code);
        if (known.Dictionary.Count < MaxRemembered)
            known.TryAdd(code, conversion);
        return conversion;
    }

    /// <summary>A number that needs no unit: scores and ratios that are never said in percent, and the pH.</summary>
    public static bool IsBare(Variable variable) => variable switch
    {
        Variable.InspiredOxygenFraction => false,
        Variable.ArterialPh => true,
        _ => Variables.Of(variable).Unit == "1",
    };

    private static UnitConversion? Make(VariableDefinition definition, ReadOnlySpan<char> code)
    {
        // What everybody writes, and UCUM reads as a picohenry.
        if (definition.Variable == Variable.ArterialPh && code.SequenceEqual("pH"))
            return UnitConversion.By(Rational.One);
        if (UnitParser.Parse(code) is not { } unit)
            return null;
        if (IsBare(definition.Variable) && unit.Powers.IsEmpty && unit.Special is null)
            return unit.Factor.Equals(Rational.One) ? UnitConversion.By(Rational.One) : null;
        if (definition.Unit == "1" && IsBare(definition.Variable))
            return null;
        var canonical = UnitParser.Parse(definition.Unit)!;
        foreach (var meant in Meanings(definition, unit, canonical))
        {
            if (meant is not null && meant.Measures(canonical))
                return UnitConversion.Between(meant, canonical);
        }
        return null;
    }

    /// <summary>The unit itself, and what it is for this substance.</summary>
    private static IEnumerable<UcumUnit?> Meanings(VariableDefinition definition, UcumUnit unit, UcumUnit canonical)
    {
        yield return unit;
        var mole = UnitParser.Parse("mol")!;
        if (unit.PowerOf("eq") == 1 && ChargeOf(definition.Variable) is { } charge)
        {
            unit = unit.Over(UnitParser.Parse("eq")!)!.Times(mole)!.Over(new UcumUnit { Factor = Rational.Of(charge) })!;
            yield return unit;
        }
        if (definition.MolarMassGPerMol is not { } molarMass)
            yield break;
        var mass = UnitParser.Parse("g")!.Times(new UcumUnit { Factor = Rational.Of(molarMass) })!;
        if (canonical.PowerOf("mol") == 0)
            yield return unit.Over(mole)?.Times(mass);
        else
            yield return unit.Over(mass)?.Times(mole);
    }

    /// <summary>Elementary charges of an ion, for equivalents; null where no single charge is meant (phosphate at blood's pH).</summary>
    private static decimal? ChargeOf(Variable variable) => variable switch
    {
        Variable.Potassium or Variable.Sodium or Variable.Bicarbonate or Variable.Lactate => 1,
        Variable.Calcium or Variable.IonizedCalcium or Variable.Magnesium => 2,
        _ => null,
    };
}

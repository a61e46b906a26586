using System.Globalization;
using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>A value[x] made canonical for a variable, or the doubt that forbids its use.</summary>
/// <param name="Value">In the variable's canonical unit.</param>
/// <param name="Why">Null when the value can be used.</param>
internal readonly record struct ReadValue(decimal Value, Doubt? Why)
{
    /// <summary>Places after the point of what was converted: finer than any device, and short enough to store.</summary>
    private const int Places = 6;

    /// <param name="variable">What it is a value of.</param>
    /// <param name="name">Name of the member, such as <c>valueQuantity</c>; empty when there is none.</param>
    /// <param name="value">Its JSON.</param>
    public static ReadValue Of(Variable variable, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("valueQuantity"u8))
            return OfQuantity(variable, new QuantityText(value));
        if (name.SequenceEqual("valueInteger"u8))
            return OfQuantity(variable, new QuantityText(default) { Value = value });
        if (name.SequenceEqual("valueCodeableConcept"u8))
            return CodedValues.Of(variable, value) is { } coded ? Good(coded) : Doubtful(Doubt.UnknownCode);
        if (name.SequenceEqual("valueBoolean"u8) && CodedValues.IsYesOrNo(variable))
            return Good(value.SequenceEqual("true"u8) ? 1 : 0);
        if (name.SequenceEqual("valueString"u8))
            return Doubtful(CodedValues.IsCoded(variable) ? Doubt.UnknownCode : Doubt.NoUnit);
        // A range, ratio, series or time says no value of these variables.
        return Doubtful(name.SequenceEqual("valueRange"u8) ? Doubt.Bounded : Doubt.NoValue);
    }

    /// <summary>Null for numbers beyond a decimal's range, which no body shows.</summary>
    internal static decimal? Parse(ReadOnlySpan<byte> number) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value) ? value : null;

    private static ReadValue OfQuantity(Variable variable, QuantityText said)
    {
        if (said.Value.IsEmpty)
            return Doubtful(Doubt.NoValue);
        // The number of a coded answer depends on whose scale it is.
        if (CodedValues.IsCoded(variable))
            return Doubtful(Doubt.UnknownCode);
        if (said.HasComparator)
            return Doubtful(Doubt.Bounded);
        decimal? canonical = Parse(said.Value);
        if (said.HasUnit)
        {
            if (said.ConversionFor(variable) is not { } conversion)
                return Doubtful(Doubt.WrongUnit);
            if (!conversion.IsIdentity && canonical is { } number)
                canonical = conversion.Apply(number) is { } exact ? decimal.Round(exact, Places) : null;
        }
        else if (!VariableUnits.IsBare(variable))
        {
            return Doubtful(Doubt.NoUnit);
        }
        var definition = Variables.Of(variable);
        bool isPlausible = canonical >= definition.Low && canonical <= definition.High
            && (variable != Variable.GlasgowComaScale || decimal.IsInteger(canonical.Value));
        return isPlausible ? Good(canonical!.Value) : Doubtful(Doubt.Implausible);
    }

    private static ReadValue Good(decimal value) => new(value, null);

    private static ReadValue Doubtful(Doubt why) => new(0, why);
}

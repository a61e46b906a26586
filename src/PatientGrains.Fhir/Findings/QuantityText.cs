using System.Text;
using PatientGrains.Core.Screening;
using PatientGrains.Fhir.Ucum;

namespace PatientGrains.Fhir.Findings;

/// <summary>The members of a Quantity as they are written.</summary>
internal ref struct QuantityText
{
    private const int MaxUnit = 200;

    private readonly ReadOnlySpan<byte> _system;

    public QuantityText(ReadOnlySpan<byte> quantity)
    {
        var members = new JsonMembers(quantity);
        while (members.Next())
        {
            if (members.Is("value"u8))
                Value = members.Value;
            else if (members.Is("comparator"u8))
                Comparator = JsonBytes.Text(members.Value);
            else if (members.Is("unit"u8))
                Unit = JsonBytes.Text(members.Value);
            else if (members.Is("system"u8))
                _system = JsonBytes.Text(members.Value);
            else if (members.Is("code"u8))
                Code = JsonBytes.Text(members.Value);
        }
    }

    public ReadOnlySpan<byte> Value { get; init; }
    public ReadOnlySpan<byte> Comparator { get; }
    public ReadOnlySpan<byte> Unit { get; }
    public ReadOnlySpan<byte> Code { get; }

    public readonly bool HasComparator => !Comparator.IsEmpty;
    public readonly bool HasUnit => !Code.IsEmpty || !Unit.IsEmpty;

    /// <summary>
    /// The unit's UCUM code: the code when its system is UCUM, else the unit's text, which counts when it happens to be UCUM. Empty when
    /// there is neither.
    /// </summary>
    public readonly ReadOnlySpan<byte> UcumCode => _system.SequenceEqual(CodeSystems.Ucum) && !Code.IsEmpty ? Code : Unit;

    /// <summary>
    /// Null when there is no unit that measures the variable, or the text shown to humans is another unit of it than the code: one of the
    /// two is wrong, and nobody can say which.
    /// </summary>
    public readonly UnitConversion? ConversionFor(Variable variable)
    {
        var code = UcumCode;
        if (Find(variable, code) is not { } conversion)
            return null;
        if (Unit.IsEmpty || Unit.SequenceEqual(code))
            return conversion;
        return Find(variable, Unit) is { } shown && !shown.IsSameAs(conversion) ? null : conversion;
    }

    /// <summary>What the unit means, or null when it is no UCUM.</summary>
    public readonly UcumUnit? ParseUnit()
    {
        Span<char> text = stackalloc char[MaxUnit];
        var code = UcumCode;
        return code.Length <= MaxUnit && Encoding.UTF8.TryGetChars(code, text, out int length) ? UnitParser.Parse(text[..length]) : null;
    }

    private static UnitConversion? Find(Variable variable, ReadOnlySpan<byte> code)
    {
        Span<char> text = stackalloc char[MaxUnit];
        return code.Length <= MaxUnit && Encoding.UTF8.TryGetChars(code, text, out int length)
            ? VariableUnits.Find(variable, text[..length])
            : null;
    }
}

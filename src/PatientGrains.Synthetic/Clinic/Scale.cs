using PatientGrains.Synthetic.Chance;

namespace PatientGrains.Synthetic.Clinic;

/// <summary>
/// One way of reporting a quantity: a LOINC code, a UCUM unit, a number of decimals and reference ranges, with the JSON made once.
/// LOINC distinguishes mass from substance concentration, so mg/dL and mmol/L of glucose have different codes; g/dL and g/L share one.
/// </summary>
internal sealed class Scale
{
    public Scale(string loinc, string name, string unit, int decimals, ReferenceRange? female, ReferenceRange? male)
        : this(Concept.Of(Concept.Loinc, loinc, name), unit, decimals, female, male)
    {
    }

    public Scale(Concept code, string unit, int decimals, ReferenceRange? female, ReferenceRange? male)
    {
        Code = code;
        Unit = unit;
        Decimals = decimals;
        Female = female;
        Male = male;
        UnitTail = RawJson.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("unit", unit);
            json.WriteString("system", Concept.Ucum);
            json.WriteString("code", unit);
            json.WriteEndObject();
        })[1..];
        FemaleRange = RangeJson(female);
        MaleRange = RangeJson(male);
    }

    public Concept Code { get; }

    public string Unit { get; }

    public int Decimals { get; }

    public ReferenceRange? Female { get; }

    public ReferenceRange? Male { get; }

    /// <summary>Everything of a Quantity after its value, closing brace included.</summary>
    public byte[] UnitTail { get; }

    /// <summary>The referenceRange array of each sex, or null where the quantity has none.</summary>
    public byte[]? FemaleRange { get; }

    public byte[]? MaleRange { get; }

    private byte[]? RangeJson(ReferenceRange? range) => range is null ? null : RawJson.Of(json =>
    {
        json.WriteStartArray();
        json.WriteStartObject();
        WriteEnd("low", range.Low);
        WriteEnd("high", range.High);
        json.WriteEndObject();
        json.WriteEndArray();

        void WriteEnd(string end, decimal? value)
        {
            if (value is not { } number)
                return;
            json.WriteStartObject(end);
            json.WriteNumber("value", number);
            json.WriteString("unit", Unit);
            json.WriteString("system", Concept.Ucum);
            json.WriteString("code", Unit);
            json.WriteEndObject();
        }
    });
}

/// <summary>Both ends belong to the normal range; a missing end is open.</summary>
internal sealed record ReferenceRange(decimal? Low, decimal? High)
{
    public ReferenceRange Converted(Conversion by, int decimals) => new(
        Low is { } low ? by.Apply(low, decimals) : null,
        High is { } high ? by.Apply(high, decimals) : null);
}

/// <summary>(value - offset) x factor.</summary>
internal sealed record Conversion(decimal Factor, decimal Offset = 0)
{
    public decimal Apply(decimal value, int decimals) => PortableMath.Round((value - Offset) * Factor, decimals);
}

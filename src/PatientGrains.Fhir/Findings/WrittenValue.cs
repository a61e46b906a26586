using System.Text;

namespace PatientGrains.Fhir.Findings;

/// <summary>What stood there, for whoever looks after the quality of data: value and unit, code or text, as they were written.</summary>
internal static class WrittenValue
{
    private const int MaxChars = 100;

    /// <param name="name">Name of the member, such as <c>valueQuantity</c>.</param>
    /// <param name="value">Its JSON.</param>
    /// <returns>At most 100 characters, none of them half of one; null when there is nothing.</returns>
    public static string? Of(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("valueQuantity"u8))
            return OfQuantity(new QuantityText(value));
        if (name.SequenceEqual("valueCodeableConcept"u8))
            return Short(OfConcept(value));
        if (name.SequenceEqual("valueString"u8))
            return Short(JsonBytes.Text(value));
        // Of structures the kind is enough.
        return Short(value.IsEmpty || value[0] is (byte)'{' or (byte)'[' ? name : value);
    }

    private static string? OfQuantity(QuantityText said)
    {
        byte[] written = [.. said.Comparator, .. said.Value, (byte)' ', .. said.Code.IsEmpty ? said.Unit : said.Code];
        return Short(written.AsSpan().Trim((byte)' '));
    }

    /// <summary>The first code, else the text.</summary>
    private static ReadOnlySpan<byte> OfConcept(ReadOnlySpan<byte> concept)
    {
        var codings = new Codings(concept);
        while (codings.Next())
        {
            if (!codings.Code.IsEmpty)
                return codings.Code;
        }
        var members = new JsonMembers(concept);
        while (members.Next())
        {
            if (members.Is("text"u8))
                return JsonBytes.Text(members.Value);
        }
        return default;
    }

    private static string? Short(ReadOnlySpan<byte> written)
    {
        if (written.IsEmpty)
            return null;
        string text = Encoding.UTF8.GetString(written[..Math.Min(written.Length, MaxChars * 4)]);
        if (text.Length <= MaxChars)
            return text;
        return text[..(char.IsHighSurrogate(text[MaxChars - 1]) ? MaxChars - 1 : MaxChars)];
    }
}

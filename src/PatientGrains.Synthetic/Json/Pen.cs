using System.Globalization;
using System.Text.Json;
using System.Text;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Json;

/// <summary>
/// Writes the parts that all resources share, for one patient in one rendering. Everything constant is copied as bytes; only times, ids
/// and numbers are formatted.
/// </summary>
internal sealed class Pen(Utf8JsonWriter json, Rendering rendering, int index)
{
    private readonly byte[] _prefix = Encoding.ASCII.GetBytes(rendering.IdPrefix);

    public Utf8JsonWriter Json { get; } = json;

    public Rendering Rendering { get; } = rendering;

    public int Index { get; } = index;

    /// <summary>Opens a resource. In a transaction the server gives the id, so only literal renderings write one.</summary>
    public void Open(ReadOnlySpan<byte> type, int ordinal)
    {
        Json.WriteStartObject();
        Json.WriteString("resourceType"u8, type);
        if (Rendering.Links == Links.Conditional)
            return;
        Span<byte> text = stackalloc byte[64];
        Json.WriteString("id"u8, text[..WriteId(text, ordinal)]);
    }

    public void Close() => Json.WriteEndObject();

    public void Raw(ReadOnlySpan<byte> property, byte[] value)
    {
        Json.WritePropertyName(property);
        Json.WriteRawValue(value, skipInputValidation: true);
    }

    public void Concept(ReadOnlySpan<byte> property, Concept concept) => Raw(property, concept.Json);

    /// <summary>A reference to another resource of the same patient.</summary>
    public void Reference(ReadOnlySpan<byte> property, ReadOnlySpan<byte> type, int ordinal)
    {
        Json.WritePropertyName(property);
        ReferenceValue(type, ordinal);
    }

    public void ReferenceValue(ReadOnlySpan<byte> type, int ordinal)
    {
        Span<byte> text = stackalloc byte[128];
        Json.WriteStartObject();
        Json.WriteString("reference"u8, text[..WriteLink(text, type, ordinal)]);
        Json.WriteEndObject();
    }

    /// <summary>A reference to a resource of the directory, made ready when the directory was drawn.</summary>
    public void Directory(ReadOnlySpan<byte> property, DirectoryLink link) => Raw(property, link.In(Rendering.Links));

    public void Patient(ReadOnlySpan<byte> property) => Reference(property, "Patient"u8, 0);

    public void Subject() => Patient("subject"u8);

    public void Encounter(int visit)
    {
        if (Rendering.Visits is null || Rendering.Visits.Contains(visit))
            Reference("encounter"u8, "Encounter"u8, visit);
    }

    public void Quantity(ReadOnlySpan<byte> property, decimal value, Scale scale)
    {
        // The unit's JSON is ready and a number never needs escaping; the longest unit leaves half of this unused.
        Span<byte> text = stackalloc byte[256];
        "{\"value\":"u8.CopyTo(text);
        value.TryFormat(text[9..], out var written, default, CultureInfo.InvariantCulture);
        text[9 + written] = (byte)',';
        scale.UnitTail.CopyTo(text[(10 + written)..]);
        Json.WritePropertyName(property);
        Json.WriteRawValue(text[..(10 + written + scale.UnitTail.Length)], skipInputValidation: true);
    }

    /// <summary>urn:uuid:id or Type/id; returns how many bytes.</summary>
    public int WriteLink(Span<byte> text, ReadOnlySpan<byte> type, int ordinal)
    {
        if (Rendering.Links == Links.Conditional)
        {
            "urn:uuid:"u8.CopyTo(text);
            return 9 + WriteId(text[9..], ordinal);
        }
        type.CopyTo(text);
        text[type.Length] = (byte)'/';
        return type.Length + 1 + WriteId(text[(type.Length + 1)..], ordinal);
    }

    public int WriteId(Span<byte> text, int ordinal)
    {
        _prefix.CopyTo(text);
        Rendering.Id(Index, ordinal).TryFormat(text[_prefix.Length..], out var written, _prefix.Length == 0 ? "D" : "N");
        return _prefix.Length + written;
    }
}

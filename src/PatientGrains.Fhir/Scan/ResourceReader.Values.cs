using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Single values: their JSON type, their format, their binding.</summary>
internal sealed partial class ResourceReader
{
    private long _fromTicks;
    private long _untilTicks;

    private bool ReadValue(ref Frame frame, Property property, byte b)
    {
        switch (property.Kind)
        {
            case ValueKind.Object:
                return b == '{' ? ReadObject(property.Type!, frame.Node?.Child(property), property) : Mismatch(b);
            case ValueKind.Resource:
                return b == '{' ? ReadInnerResource(ref frame, property) : Mismatch(b);
            case ValueKind.Boolean:
                return b is (byte)'t' or (byte)'f' ? ReadBoolean(ref frame, property, b) : Mismatch(b);
            case ValueKind.Integer or ValueKind.PositiveInt or ValueKind.UnsignedInt or ValueKind.Decimal:
                return b == '-' || (uint)(b - '0') <= 9 ? ReadNumberValue(ref frame, property) : Mismatch(b);
            case ValueKind.Xhtml:
                return b == '"' ? ReadNarrative() : Mismatch(b);
            case ValueKind.TypeName:
                return Skip() && NoteTypeName(ref frame);
            default:
                return b == '"' ? ReadText(ref frame, property) : Mismatch(b);
        }
    }

    private bool Mismatch(byte b)
    {
        int start = _at;
        bool ok = Skip();
        if (ok)
            Report(b == 'n' ? Rule.Null : Rule.JsonType, start);
        return ok;
    }

    private bool ReadBoolean(ref Frame frame, Property property, byte b)
    {
        int start = _at;
        if (!ReadLiteral(b == 't' ? "true"u8 : "false"u8))
            return false;
        Remember(ref frame, property, start, _at - start);
        if (frame.Node?.Child(property) is { Rules.Length: > 0 } node)
            EmitText(node.Rules, property, _data.AsSpan(start, _at - start));
        return true;
    }

    private bool ReadNumberValue(ref Frame frame, Property property)
    {
        int start = _at;
        if (!ReadNumber(out int length))
            return false;
        var text = _data.AsSpan(start, length);
        if (Formats.CheckNumber(property.Kind, text) is { } broken)
            Report(broken, start);
        Remember(ref frame, property, start, length);
        if (frame.Node?.Child(property) is { Rules.Length: > 0 } node)
            EmitText(node.Rules, property, text);
        return true;
    }

    private bool ReadText(ref Frame frame, Property property)
    {
        int start = _at;
        if (!ReadString(out int offset, out int length, out bool escaped))
            return false;
        var text = escaped ? Unescape(_data.AsSpan(offset, length), ref _scratch) : _data.AsSpan(offset, length);
        if (CheckText(property, text, escaped) is { } broken)
            Report(broken, start);
        Remember(ref frame, property, offset, length);
        switch (property.Kind)
        {
            case ValueKind.String:
                if (property == _referenceProperty)
                    _referenceLinks[frame.Index] = AddLink(offset, length, LinkKind.Reference);
                break;
            case ValueKind.Uri or ValueKind.Url or ValueKind.Canonical or ValueKind.Oid or ValueKind.Uuid:
                NoteUri(property.Kind, text, offset, length);
                break;
        }
        if (frame.Node?.Child(property) is { Rules.Length: > 0 } node)
            EmitText(node.Rules, property, text);
        return true;
    }

    private Rule? CheckText(Property property, ReadOnlySpan<byte> text, bool escaped)
    {
        if (property.Binding is { } binding)
            return text.IsEmpty ? Rule.EmptyString : binding.HasCode(text) ? null : Rule.Binding;
        switch (property.Kind)
        {
            case ValueKind.String or ValueKind.Markdown when !escaped && text.Length is > 0 and < 65536:
                return null;
            case ValueKind.Date or ValueKind.DateTime or ValueKind.Instant:
                return Formats.CheckDate(property.Kind, text, out _fromTicks, out _untilTicks);
            default:
                return Formats.Check(property.Kind, text);
        }
    }

    private void Remember(ref Frame frame, Property property, int offset, int length)
    {
        if (property.Capture >= 0)
            _captures[(frame.Index * TypeDef.MaxCaptures) + property.Capture] = new Capture(offset, length);
    }

    /// <summary>R4 3.1.0.11.2 asks to replace links in uri, url, oid and uuid elements too; canonicals stay as they are.</summary>
    private void NoteUri(ValueKind kind, ReadOnlySpan<byte> text, int offset, int length)
    {
        if (text.IsEmpty)
            return;
        if (text[0] == '#' && kind != ValueKind.Oid && kind != ValueKind.Uuid)
            NoteLocal(offset, length, null);
        else if (kind != ValueKind.Canonical
            && (_limits.AllUriLinks || (text[0] == 'u' && (text.StartsWith("urn:uuid:"u8) || text.StartsWith("urn:oid:"u8)))))
            AddLink(offset, length, LinkKind.Uri);
    }

    private bool ReadInnerResource(ref Frame frame, Property property)
    {
        var place = frame.Type.Role == TypeRole.BundleEntry ? ResourcePlace.Entry
            : property.Element == "contained" ? ResourcePlace.Contained
            : ResourcePlace.Inline;
        if (place == ResourcePlace.Contained && _containedDepth > 0)
        {
            Report(Rule.Dom2, _at);
            return Skip();
        }
        if (!Resource(place, out var scanned))
            return false;
        if (place == ResourcePlace.Entry)
            SetEntryResource(scanned);
        return true;
    }

    private bool ReadNarrative()
    {
        int start = _at;
        if (!ReadString(out int offset, out int length, out _))
            return false;
        _xhtml.Read(_data.AsSpan(offset, length));
        if (_xhtml.Broken is { } broken)
            Report(broken, Math.Min(start + 1 + _xhtml.BrokenAt, _at), detail: _xhtml.Detail);
        foreach (var (at, count) in _xhtml.Links)
            AddLink(offset + at, count, LinkKind.Narrative);
        return true;
    }
}

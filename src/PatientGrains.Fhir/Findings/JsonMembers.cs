using System.Buffers;
using PatientGrains.Fhir.Scan;

namespace PatientGrains.Fhir.Findings;

/// <summary>
/// The members of one JSON object, one after the other, each value as the slice of bytes that it is. For bodies that a scan found valid:
/// what is skipped is not looked at again. On anything else it comes to an end early, and never throws.
/// </summary>
internal ref struct JsonMembers
{
    private readonly ReadOnlySpan<byte> _json;
    private int _at;

    public JsonMembers(ReadOnlySpan<byte> json)
    {
        _json = json;
        _at = json.IsEmpty || json[0] != '{' ? json.Length : 1;
    }

    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Quotes, braces and brackets included.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        _at = JsonBytes.SkipBetween(_json, _at);
        if (_at >= _json.Length || _json[_at] != '"')
            return false;
        int end = JsonBytes.EndOf(_json, _at);
        Name = JsonBytes.Text(_json[_at..end]);
        int start = JsonBytes.SkipBetween(_json, end);
        _at = JsonBytes.EndOf(_json, start);
        Value = _json[start.._at];
        return true;
    }

    public readonly bool Is(ReadOnlySpan<byte> name) => Name.SequenceEqual(name);
}

/// <summary>The items of one JSON array.</summary>
internal ref struct JsonItems
{
    private readonly ReadOnlySpan<byte> _json;
    private int _at;

    public JsonItems(ReadOnlySpan<byte> json)
    {
        _json = json;
        _at = json.IsEmpty || json[0] != '[' ? json.Length : 1;
    }

    public ReadOnlySpan<byte> Current { get; private set; }

    public bool Next()
    {
        _at = JsonBytes.SkipBetween(_json, _at);
        if (_at >= _json.Length || _json[_at] is (byte)']' or (byte)'}')
            return false;
        int end = JsonBytes.EndOf(_json, _at);
        Current = _json[_at..end];
        _at = end;
        return true;
    }
}

/// <summary>Where values end, and what strings say.</summary>
internal static class JsonBytes
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> Between = SearchValues.Create(",: \t\r\n"u8);
    private static readonly SearchValues<byte> ScalarEnd = SearchValues.Create(",]} \t\r\n"u8);

    /// <summary>Over white space, commas and colons.</summary>
    public static int SkipBetween(ReadOnlySpan<byte> json, int at)
    {
        // Between a name and its value there is a byte or two, and behind a line's end any amount of indentation.
        for (int i = 0; i < 3; i++, at++)
        {
            if (at >= json.Length || json[at] > (byte)':' || !Between.Contains(json[at]))
                return at;
        }
        int next = json[at..].IndexOfAnyExcept(Between);
        return next < 0 ? json.Length : at + next;
    }

    /// <summary>The first byte after the value that starts at a place; always after the place, unless that is the end.</summary>
    public static int EndOf(ReadOnlySpan<byte> json, int at)
    {
        if (at >= json.Length)
            return json.Length;
        if (json[at] == '"')
            return EndOfString(json, at);
        if (json[at] is not ((byte)'{' or (byte)'['))
        {
            int end = json[at..].IndexOfAny(ScalarEnd);
            return end < 0 ? json.Length : at + Math.Max(end, 1);
        }
        for (int depth = 0; ;)
        {
            int next = json[at..].IndexOfAny(Structure);
            if (next < 0)
                return json.Length;
            at += next;
            if (json[at] == '"')
            {
                at = EndOfString(json, at);
                continue;
            }
            depth += json[at++] is (byte)'{' or (byte)'[' ? 1 : -1;
            if (depth == 0)
                return at;
        }
    }

    /// <summary>The text of a string value, escapes resolved; empty for what is no string or has escapes that JSON has not.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> value)
    {
        if (value.Length < 2 || value[0] != '"' || value[^1] != '"')
            return default;
        var inner = value[1..^1];
        if (inner.IndexOf((byte)'\\') < 0)
            return inner;
        if (!IsWellEscaped(inner))
            return default;
        byte[] resolved = new byte[inner.Length];
        return resolved.AsSpan(0, JsonText.Unescape(inner, resolved));
    }

    /// <summary>A scan has seen to it; this makes damage harmless in what was not scanned.</summary>
    private static bool IsWellEscaped(ReadOnlySpan<byte> inner)
    {
        for (int at = 0; at < inner.Length; at++)
        {
            if (inner[at] != '\\')
                continue;
            if (++at == inner.Length)
                return false;
            if (inner[at] != 'u')
                continue;
            int unit = JsonText.Hex4(inner[(at + 1)..]);
            bool isPair = (unit & 0xFC00) == 0xD800 && inner[(at + 5)..].StartsWith("\\u"u8)
                && (JsonText.Hex4(inner[(at + 7)..]) & 0xFC00) == 0xDC00;
            if (unit < 0 || ((unit & 0xF800) == 0xD800 && !isPair))
                return false;
            at += isPair ? 10 : 4;
        }
        return true;
    }

    private static int EndOfString(ReadOnlySpan<byte> json, int at)
    {
        for (at++; at < json.Length; at += 2)
        {
            int next = json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
                return json.Length;
            at += next;
            if (json[at] == '"')
                return at + 1;
        }
        return json.Length;
    }
}

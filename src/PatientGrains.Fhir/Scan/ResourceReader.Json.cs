using System.Buffers;

namespace PatientGrains.Fhir.Scan;

/// <summary>JSON's own grammar (RFC 8259).</summary>
internal sealed partial class ResourceReader
{
    private static readonly SearchValues<byte> _stops = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(x => (byte)x), (byte)'"', (byte)'\\']);

    private byte[] _scratch = new byte[256];
    private byte[] _secondScratch = new byte[256];
    private int _depth;

    /// <summary>Skips white space; the byte that follows, or 0 at the end.</summary>
    private byte Next()
    {
        var data = _data;
        int at = _at;
        while (at < _end)
        {
            byte b = data[at];
            if (b > ' ')
            {
                _at = at;
                return b;
            }
            if (b is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                _at = at;
                return 0;
            }
            at++;
        }
        _at = at;
        return 0;
    }

    /// <summary>Reads the string whose opening quote is at <c>_at</c>: where its inside stands.</summary>
    private bool ReadString(out int offset, out int length, out bool escaped)
    {
        offset = _at + 1;
        escaped = false;
        int at = offset;
        while (true)
        {
            int run = _data.AsSpan(at, _end - at).IndexOfAny(_stops);
            if (run < 0)
            {
                length = 0;
                _at = _end;
                return Syntax("a string does not end");
            }
            at += run;
            byte b = _data[at];
            if (b == '"')
            {
                length = at - offset;
                _at = at + 1;
                return true;
            }
            escaped = true;
            if (b != '\\' || !ReadEscape(ref at))
            {
                length = 0;
                _at = at;
                return b == '\\' ? false : Syntax("control characters are escaped in a string");
            }
        }
    }

    private bool ReadEscape(ref int at)
    {
        var rest = _data.AsSpan(at, _end - at);
        if (rest.Length < 2)
            return SyntaxAt(at, "a string does not end");
        if (rest[1] != 'u')
        {
            at += 2;
            return "\"\\/bfnrt"u8.Contains(rest[1]) || SyntaxAt(at, "there is no such escape");
        }
        int first = JsonText.Hex4(rest[2..]);
        if (first < 0)
            return SyntaxAt(at, "\\u takes four hexadecimal digits");
        bool high = (first & 0xFC00) == 0xD800;
        bool paired = high && rest.Length >= 12 && rest[6] == '\\' && rest[7] == 'u' && (JsonText.Hex4(rest[8..]) & 0xFC00) == 0xDC00;
        if ((first & 0xF800) == 0xD800 && !paired)
            return Fatal(Rule.Surrogate, at);
        at += high ? 12 : 6;
        return true;
    }

    /// <summary>Reads the number at <c>_at</c>; false when it is not one.</summary>
    private bool ReadNumber(out int length)
    {
        int start = _at;
        int at = start;
        length = 0;
        if (at < _end && _data[at] == '-')
            at++;
        if (at >= _end || !char.IsAsciiDigit((char)_data[at]))
            return Syntax("a value is expected");
        if (_data[at] == '0')
        {
            at++;
            if (at < _end && char.IsAsciiDigit((char)_data[at]))
                return SyntaxAt(at, "a number has no leading zeros");
        }
        else
            SkipDigits(ref at);
        if (at < _end && _data[at] == '.')
        {
            at++;
            if (!SkipDigits(ref at))
                return SyntaxAt(at, "digits follow a decimal point");
        }
        if (at < _end && (_data[at] | 0x20) == 'e')
        {
            at++;
            if (at < _end && _data[at] is (byte)'+' or (byte)'-')
                at++;
            if (!SkipDigits(ref at))
                return SyntaxAt(at, "digits follow an exponent");
        }
        length = at - start;
        _at = at;
        return true;
    }

    private bool SkipDigits(ref int at)
    {
        int start = at;
        while (at < _end && (uint)(_data[at] - '0') <= 9)
            at++;
        return at > start;
    }

    private bool ReadLiteral(ReadOnlySpan<byte> literal)
    {
        if (!_data.AsSpan(_at, _end - _at).StartsWith(literal))
            return Syntax("a value is expected");
        _at += literal.Length;
        return true;
    }

    /// <summary>Reads any value, for its syntax only.</summary>
    private bool Skip()
    {
        switch (Next())
        {
            case (byte)'"':
                return ReadString(out _, out _, out _);
            case (byte)'{':
                return SkipMembers();
            case (byte)'[':
                return SkipItems();
            case (byte)'t':
                return ReadLiteral("true"u8);
            case (byte)'f':
                return ReadLiteral("false"u8);
            case (byte)'n':
                return ReadLiteral("null"u8);
            default:
                return ReadNumber(out _);
        }
    }

    private bool SkipMembers()
    {
        if (!Enter())
            return false;
        byte b = Next();
        while (b != '}')
        {
            if (b != '"')
                return Syntax("a member name is expected");
            if (!ReadString(out _, out _, out _))
                return false;
            if (Next() != ':')
                return Syntax("a colon follows a member name");
            _at++;
            if (!Skip() || !NextItem((byte)'}', out b))
                return false;
        }
        return Leave();
    }

    private bool SkipItems()
    {
        if (!Enter())
            return false;
        byte b = Next();
        while (b != ']')
        {
            if (!Skip() || !NextItem((byte)']', out b))
                return false;
        }
        return Leave();
    }

    /// <summary>After a member or item: at the next one, or at the close.</summary>
    private bool NextItem(byte close, out byte b)
    {
        b = Next();
        if (b == close)
            return true;
        if (b != ',')
            return Syntax(close == '}' ? "a comma or a brace is expected" : "a comma or a bracket is expected");
        _at++;
        b = Next();
        return b != close || Syntax("nothing follows the last comma");
    }

    private bool Enter()
    {
        if (_depth >= _limits.MaxDepth)
            return Fatal(Rule.Depth, _at);
        _depth++;
        _at++;
        return true;
    }

    private bool Leave()
    {
        _depth--;
        _at++;
        return true;
    }

    /// <summary>The text of a capture, escapes resolved into the buffer when there are any.</summary>
    private ReadOnlySpan<byte> Plain(int offset, int length, ref byte[] buffer)
    {
        var raw = _data.AsSpan(offset, length);
        return raw.IndexOf((byte)'\\') < 0 ? raw : Unescape(raw, ref buffer);
    }

    private static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> raw, ref byte[] buffer)
    {
        if (buffer.Length < raw.Length)
            buffer = new byte[raw.Length * 2];
        return buffer.AsSpan(0, JsonText.Unescape(raw, buffer));
    }
}

using System.Text;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>
/// The narrative's XHTML (R4 2.4.0, txt-1 and txt-2): well-formed XML in the XHTML namespace, the elements and attributes that txt-1 of R4
/// lists, nothing that runs or loads style from outside.
/// A small XML reader of our own, because a narrative is one attack away from a browser and a general one knows entities, DTDs and
/// namespaces that must not be there.
/// </summary>
internal sealed class Xhtml
{
    /// <summary>The list of txt-1, and address and kbd, which stand in the chapters of HTML 4.0 that it cites and only its XPath
    /// forgets.</summary>
    private static readonly NameTable _elements = Table(
        "a abbr acronym address b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i " +
        "img kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var");

    private static readonly NameTable _attributes = Table(
        "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite " +
        "class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev " +
        "rowspan rules scope shape span src start style summary tabindex title type valign value vspace width xml:lang xmlns");

    private readonly List<(int Offset, int Length)> _open = [];
    private readonly List<(int Offset, int Length)> _names = [];
    private byte[] _text = new byte[1024];
    private int _length;
    private int _at;
    private bool _hasContent;

    /// <summary>Links of the narrative as offsets and lengths in the raw bytes, values of href and src.</summary>
    public List<(int Offset, int Length)> Links { get; } = [];
    public Rule? Broken { get; private set; }
    public string? Detail { get; private set; }
    /// <summary>Offset in the raw bytes.</summary>
    public int BrokenAt { get; private set; }

    /// <param name="raw">The inside of the JSON string.</param>
    public void Read(ReadOnlySpan<byte> raw)
    {
        if (_text.Length < raw.Length)
            _text = new byte[raw.Length * 2];
        _length = JsonText.Unescape(raw, _text);
        _at = 0;
        _hasContent = false;
        _open.Clear();
        Links.Clear();
        Broken = null;
        Detail = null;
        int brokenAt = ReadDocument() ? -1 : _at;
        if (brokenAt < 0 && !_hasContent)
            (Broken, brokenAt) = (Rule.Txt2, 0);
        ToRaw(raw, brokenAt);
    }

    public void Release()
    {
        if (_text.Length > ResourceReader.LargestKept)
            _text = new byte[1024];
    }

    /// <summary>Turns offsets in the text into offsets in the JSON string, in one walk: links are in order, and there can be very
    /// many.</summary>
    private void ToRaw(ReadOnlySpan<byte> raw, int brokenAt)
    {
        int text = 0;
        int at = 0;
        for (int i = 0; i < Links.Count; i++)
        {
            Walk(raw, ref at, ref text, Links[i].Offset);
            int from = at;
            Walk(raw, ref at, ref text, Links[i].Offset + Links[i].Length);
            Links[i] = (from, at - from);
        }
        (at, text) = (0, 0);
        Walk(raw, ref at, ref text, brokenAt);
        BrokenAt = at;
    }

    private bool ReadDocument()
    {
        if (_length == 0)
            return Fail("it is empty");
        SkipSpace();
        if (!Text.StartsWith("<div"u8))
            return Fail("it starts with a div");
        do
        {
            if (!ReadTag() || (_open.Count > 0 && !ReadText()))
                return false;
        }
        while (_open.Count > 0);
        SkipSpace();
        return _at == _length || Fail("nothing follows the div");
    }

    private ReadOnlySpan<byte> Text => _text.AsSpan(_at, _length - _at);

    private bool Fail(string detail)
    {
        Broken = Rule.Txt1;
        Detail = detail;
        return false;
    }

    /// <summary>Character data up to the next tag.</summary>
    private bool ReadText()
    {
        while (_at < _length && _text[_at] != '<')
        {
            byte b = _text[_at];
            if (b == '&')
            {
                if (!ReadEntity())
                    return false;
                _hasContent = true;
                continue;
            }
            if (b < ' ' && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
                return Fail("control characters are not XML");
            _hasContent |= b > ' ';
            _at++;
        }
        return _at < _length || Fail("an element does not end");
    }

    /// <summary>XML's five entities and character references: HTML's others are not defined without a DTD (R4 2.4.0.1).</summary>
    private bool ReadEntity()
    {
        int end = Text.IndexOf((byte)';');
        if (end is < 2 or > 10)
            return Fail("an ampersand begins an entity");
        var name = Text[1..end];
        bool known = name.SequenceEqual("lt"u8) || name.SequenceEqual("gt"u8) || name.SequenceEqual("amp"u8)
            || name.SequenceEqual("quot"u8) || name.SequenceEqual("apos"u8);
        if (!known && (name[0] != '#' || !IsCharacter(name[1..])))
            return Fail("there is no such entity in XML");
        _at += end + 1;
        return true;
    }

    private static bool IsCharacter(ReadOnlySpan<byte> digits)
    {
        bool hex = !digits.IsEmpty && digits[0] == 'x';
        uint value = 0;
        if (hex ? !System.Buffers.Text.Utf8Parser.TryParse(digits[1..], out value, out int used, 'X') || used != digits.Length - 1
            : !System.Buffers.Text.Utf8Parser.TryParse(digits, out value, out used) || used != digits.Length)
            return false;
        return Rune.IsValid(value) && value is 9 or 10 or 13 or >= 32 && value is not (0xFFFE or 0xFFFF);
    }

    /// <summary>A start tag, end tag or comment.</summary>
    private bool ReadTag()
    {
        if (Text.StartsWith("<!--"u8))
        {
            int dashes = Text[4..].IndexOf("--"u8);
            if (dashes < 0 || !Text[(4 + dashes)..].StartsWith("-->"u8))
                return Fail("a comment ends with --> and has no -- in it");
            _at += 4 + dashes + 3;
            return true;
        }
        bool closes = Text.StartsWith("</"u8);
        _at += closes ? 2 : 1;
        var name = ReadName();
        if (closes)
        {
            SkipSpace();
            if (_open.Count == 0 || !Span(_open[^1]).SequenceEqual(Span(name)) || _at >= _length || _text[_at] != '>')
                return Fail("an end tag closes the element that is open");
            _at++;
            _open.RemoveAt(_open.Count - 1);
            return true;
        }
        if (_elements.Find(Span(name)) < 0)
            return Fail("the element is not allowed");
        return ReadAttributes(name);
    }

    private bool ReadAttributes((int Offset, int Length) element)
    {
        _names.Clear();
        bool hasNamespace = false;
        while (true)
        {
            int before = _at;
            SkipSpace();
            if (_at >= _length)
                return Fail("a tag does not end");
            if (_text[_at] == '>' || Text.StartsWith("/>"u8))
                break;
            if (_at == before)
                return Fail("white space stands between attributes");
            if (!ReadAttribute(element, ref hasNamespace))
                return false;
        }
        if (_open.Count == 0 && !hasNamespace)
            return Fail("the div is in the namespace of XHTML");
        bool empty = _text[_at] == '/';
        _at += empty ? 2 : 1;
        if (!empty)
            _open.Add(element);
        return true;
    }

    private bool ReadAttribute((int Offset, int Length) element, ref bool hasNamespace)
    {
        var name = ReadName();
        if (_attributes.Find(Span(name)) < 0)
            return Fail("the attribute is not allowed");
        foreach (var other in _names)
        {
            if (Span(other).SequenceEqual(Span(name)))
                return Fail("an attribute stands only once in a tag");
        }
        _names.Add(name);
        SkipSpace();
        if (_at >= _length || _text[_at] != '=')
            return Fail("an attribute has a value");
        _at++;
        SkipSpace();
        if (_at >= _length || _text[_at] is not ((byte)'"' or (byte)'\''))
            return Fail("an attribute's value is in quotes");
        byte quote = _text[_at++];
        int start = _at;
        while (_at < _length && _text[_at] != quote)
        {
            if (_text[_at] == '<')
                return Fail("< is escaped in attributes");
            if (_text[_at] == '&' ? !ReadEntity() : _at++ < 0)
                return false;
        }
        if (_at >= _length)
            return Fail("an attribute's value does not end");
        var value = (start, _at - start);
        _at++;
        return CheckValue(Span(element), Span(name), value, ref hasNamespace);
    }

    private bool CheckValue(ReadOnlySpan<byte> element, ReadOnlySpan<byte> name, (int Offset, int Length) value, ref bool hasNamespace)
    {
        if (name.SequenceEqual("xmlns"u8))
        {
            hasNamespace = Span(value).SequenceEqual("http://www.w3.org/1999/xhtml"u8);
            return hasNamespace || Fail("the namespace is that of XHTML");
        }
        bool isImage = element.SequenceEqual("img"u8);
        if (name.SequenceEqual("href"u8) || name.SequenceEqual("src"u8))
        {
            _hasContent |= isImage;
            Links.Add(value);
            return !XhtmlValues.Runs(Span(value), isImage) || Fail("the link runs a script");
        }
        return !name.SequenceEqual("style"u8) || !XhtmlValues.LoadsStyle(Span(value)) || Fail("a style is contained in the narrative");
    }

    private (int Offset, int Length) ReadName()
    {
        int start = _at;
        while (_at < _length && (char.IsAsciiLetterOrDigit((char)_text[_at])
            || _text[_at] is (byte)':' or (byte)'-' or (byte)'_' or (byte)'.'))
            _at++;
        return (start, _at - start);
    }

    private ReadOnlySpan<byte> Span((int Offset, int Length) at) => _text.AsSpan(at.Offset, at.Length);

    private void SkipSpace()
    {
        while (_at < _length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
            _at++;
    }

    private static void Walk(ReadOnlySpan<byte> raw, ref int at, ref int text, int until)
    {
        Span<byte> one = stackalloc byte[12];
        while (text < until && at < raw.Length)
        {
            int length = raw[at] != '\\' ? 1 : raw[at + 1] != 'u' ? 2 : (JsonText.Hex4(raw[(at + 2)..]) & 0xFC00) == 0xD800 ? 12 : 6;
            text += length == 1 ? 1 : JsonText.Unescape(raw.Slice(at, length), one);
            at += length;
        }
    }

    private static NameTable Table(string names) => new([.. names.Split(' ').Select(Encoding.UTF8.GetBytes)]);
}

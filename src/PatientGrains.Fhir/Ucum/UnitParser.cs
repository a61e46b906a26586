namespace PatientGrains.Fhir.Ucum;

/// <summary>
/// The grammar of UCUM's case sensitive codes (section 2): terms of components joined by <c>.</c> and <c>/</c> from left to right, a
/// leading <c>/</c>, parentheses, whole numbers, exponents, annotations in braces.
/// An annotation may follow any component, also a number or a parenthesis, as other implementations take it.
/// </summary>
internal ref struct UnitParser
{
    /// <summary>Real codes have some 30 characters and two levels.</summary>
    private const int MaxLength = 200;
    private const int MaxDepth = 16;

    private readonly ReadOnlySpan<char> _text;
    private readonly UnitTable _table;
    private int _at;

    private UnitParser(ReadOnlySpan<char> text, UnitTable table)
    {
        _text = text;
        _table = table;
    }

    /// <summary>What the code means, or null when it is no UCUM.</summary>
    public static UcumUnit? Parse(ReadOnlySpan<char> code) => Parse(code, UnitTable.Instance);

    internal static UcumUnit? Parse(ReadOnlySpan<char> code, UnitTable table)
    {
        if (code.IsEmpty || code.Length > MaxLength || code.ContainsAnyExceptInRange('!', '~'))
            return null;
        var parser = new UnitParser(code, table);
        UcumUnit? unit;
        if (parser.Skip('/'))
            unit = parser.Rest(UcumUnit.One, over: true, 0);
        else
            unit = parser.Term(0);
        return parser._at == code.Length ? unit : null;
    }

    private UcumUnit? Term(int depth) => Component(depth) is { } first ? Joined(first, depth) : null;

    private UcumUnit? Rest(UcumUnit left, bool over, int depth)
    {
        if (Component(depth) is not { } right || (over ? left.Over(right) : left.Times(right)) is not { } joined)
            return null;
        return Joined(joined, depth);
    }

    /// <summary>The operators have equal weight: <c>a/b.c</c> is <c>(a/b).c</c>.</summary>
    private UcumUnit? Joined(UcumUnit left, int depth)
    {
        UcumUnit? joined = left;
        while (joined is not null && _at < _text.Length && _text[_at] is '.' or '/')
        {
            bool over = _text[_at++] == '/';
            var right = Component(depth);
            joined = right is null ? null : over ? joined.Over(right) : joined.Times(right);
        }
        return joined;
    }

    private UcumUnit? Component(int depth)
    {
        if (_at == _text.Length || depth > MaxDepth)
            return null;
        char first = _text[_at];
        if (first == '{')
            return Annotation() ? UcumUnit.One : null;
        UcumUnit? unit;
        if (first == '(')
        {
            _at++;
            unit = Term(depth + 1);
            if (!Skip(')'))
                return null;
        }
        else if (char.IsAsciiDigit(first) && !IsPowerOfTen())
        {
            unit = Number();
        }
        else
        {
            unit = Symbol();
        }
        return unit is not null && _at < _text.Length && _text[_at] == '{' && !Annotation() ? null : unit;
    }

    /// <summary><c>10*</c> and <c>10^</c> are symbols, though they begin like numbers.</summary>
    private readonly bool IsPowerOfTen() => _text[_at..].StartsWith("10*", StringComparison.Ordinal)
        || _text[_at..].StartsWith("10^", StringComparison.Ordinal);

    private UcumUnit? Number()
    {
        int start = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            _at++;
        return new UcumUnit { Factor = Rational.Parse(_text[start.._at]) };
    }

    private UcumUnit? Symbol()
    {
        int start = _at;
        if (IsPowerOfTen())
            _at += 3;
        else
            SkipSymbol();
        if (_at == start || _table.Find(_text[start.._at]) is not { } unit)
            return null;
        int from = _at;
        bool isSigned = Skip('+') || Skip('-');
        int digits = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
            _at++;
        // No quantity has a power of three digits, and none needs one.
        if (_at == digits)
            return isSigned ? null : unit;
        return _at - digits > 2
            ? null
            : unit.Power(int.Parse(_text[digits.._at], System.Globalization.CultureInfo.InvariantCulture) * (_text[from] == '-' ? -1 : 1));
    }

    /// <summary>Up to a character that ends a symbol; between brackets nothing does.</summary>
    private void SkipSymbol()
    {
        bool inBrackets = false;
        for (; _at < _text.Length; _at++)
        {
            char c = _text[_at];
            if (inBrackets ? c is '{' or '}' : c is '.' or '/' or '(' or ')' or '{' or '}' or '+' or '-' || char.IsAsciiDigit(c))
                return;
            if (c is '[' or ']')
                inBrackets = c == '[';
        }
    }

    /// <summary>Braces with any ASCII but braces between them; they do not nest.</summary>
    private bool Annotation()
    {
        int end = _text[(_at + 1)..].IndexOfAny('{', '}');
        if (end < 0 || _text[_at + 1 + end] != '}')
            return false;
        _at += end + 2;
        return true;
    }

    private bool Skip(char c)
    {
        if (_at == _text.Length || _text[_at] != c)
            return false;
        _at++;
        return true;
    }
}

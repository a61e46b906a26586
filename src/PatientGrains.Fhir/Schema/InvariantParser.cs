using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PatientGrains.Fhir.Schema;

/// <summary>
/// Recursive descent over the small part of FHIRPath that most constraints of R4 stay in (precedence: comparison, and, or/xor, implies).
/// Null, and the constraint is left out, as soon as anything else appears.
/// </summary>
internal sealed partial class InvariantParser
{
    private readonly TypeDef _type;
    private readonly List<string> _tokens;
    private readonly List<string> _captures;
    private int _at;
    private bool _failed;

    private InvariantParser(string expression, TypeDef type)
    {
        _type = type;
        _tokens = [.. Tokens().Matches(expression).Select(x => x.Value)];
        _captures = [.. type.Captures];
    }

    public static Condition? Parse(string expression, TypeDef type)
    {
        // trace() only names a value for a log; hasValue() of a primitive that is there and carries only extensions is the one difference
        // to exists().
        string plain = Trace().Replace(expression, "").Replace(".hasValue()", ".exists()",
            StringComparison.Ordinal).Replace(type.Name + ".", "", StringComparison.Ordinal);
        var parser = new InvariantParser(plain, type);
        var condition = parser.Implies();
        if (parser._failed || condition is null || parser._at < parser._tokens.Count || parser._captures.Count > TypeDef.MaxCaptures)
            return null;
        type.Captures.AddRange(parser._captures.Skip(type.Captures.Count));
        return condition;
    }

    private string Peek => _at < _tokens.Count ? _tokens[_at] : "";

    private bool Accept(string token)
    {
        if (Peek != token)
            return false;
        _at++;
        return true;
    }

    private Condition? Fail()
    {
        _failed = true;
        return null;
    }

    private Condition? Implies()
    {
        var left = OrXor();
        while (!_failed && Accept("implies"))
        {
            var right = OrXor();
            left = left is null || right is null ? Fail() : new Or(new Not(left), right);
        }
        return left;
    }

    private Condition? OrXor()
    {
        var left = Conjunction();
        while (!_failed && Peek is "or" or "xor")
        {
            bool isXor = _tokens[_at++] == "xor";
            var right = Conjunction();
            left = left is null || right is null ? Fail() : isXor ? new Differ(left, right) : new Or(left, right);
        }
        return left;
    }

    private Condition? Conjunction()
    {
        var left = Equality();
        while (!_failed && Accept("and"))
        {
            var right = Equality();
            left = left is null || right is null ? Fail() : new And(left, right);
        }
        return left;
    }

    /// <summary><c>a.exists() != b.exists()</c>: between two conditions.</summary>
    private Condition? Equality()
    {
        var left = Term();
        while (!_failed && Peek is "=" or "!=")
        {
            bool unequal = _tokens[_at++] == "!=";
            var right = Term();
            left = left is null || right is null ? Fail() : unequal ? new Differ(left, right) : new Not(new Differ(left, right));
        }
        return left;
    }

    private Condition? Term()
    {
        if (_failed || _at >= _tokens.Count)
            return Fail();
        if (!Accept("("))
            return Element();
        int back = _at;
        if (Counts() is { } counts && Accept(")") && Comparison(counts) is { } counted)
            return counted;
        _at = back;
        var inner = Implies();
        if (!Accept(")"))
            return Fail();
        return Accept(".not()") ? (inner is null ? Fail() : new Not(inner)) : inner;
    }

    private Condition? Element()
    {
        int back = _at;
        if (Counts() is { } counts)
            return Comparison(counts) ?? Fail();
        _at = back;
        int slot = _type.SlotOf(Peek);
        if (slot < 0)
            return Fail();
        string element = _tokens[_at++];
        _at++;
        switch (_at <= _tokens.Count ? _tokens[_at - 1] : "")
        {
            case ".exists()":
                return Accept(".not()") ? new Not(new Present(slot)) : new Present(slot);
            case ".empty()":
                return Accept(".not()") ? new Present(slot) : new Not(new Present(slot));
            case "=":
                return Literal() is { } equal ? new IsOneOf(slot, CaptureOf(element), [equal], false) : Fail();
            case "!=":
                return Literal() is { } unequal ? new IsOneOf(slot, CaptureOf(element), [unequal], true) : Fail();
            case "in":
                return Literals() is { } all ? Negated(new IsOneOf(slot, CaptureOf(element), all, false)) : Fail();
            case ".startsWith(":
                return Literal() is { } prefix && Accept(")") ? Negated(new StartsWith(slot, CaptureOf(element), prefix)) : Fail();
            case ".toString().contains('.')":
                return Negated(new HasPoint(slot, CaptureOf(element)));
            case "is":
                return TypeTest(slot, element);
            case ">":
                return Accept("0") ? new AtLeastZero(slot, CaptureOf(element), false) : Fail();
            case ">=":
                return Accept("0") ? new AtLeastZero(slot, CaptureOf(element), true) : NotBefore(slot, element);
            default:
                _at--;
                return Alone(slot, element);
        }
    }

    /// <summary>A boolean element as a condition of its own.</summary>
    private Condition? Alone(int slot, string element)
    {
        bool isBoolean = _type.Properties.Any(x => x.Element == element && x.Kind == ValueKind.Boolean);
        return isBoolean && Peek is "" or ")" or "and" or "or" or "implies"
            ? new IsOneOf(slot, CaptureOf(element), ["true"u8.ToArray()], false) : Fail();
    }

    private Condition? TypeTest(int slot, string element)
    {
        string type = Peek;
        _at++;
        var property = Array.Find(_type.Properties, x => x.Element == element && x.Choice >= 0
            && x.TypeName.Equals(type, StringComparison.OrdinalIgnoreCase));
        return property is null ? Fail() : new IsType(slot, property.Choice, property.Index);
    }

    private Condition? NotBefore(int slot, string element)
    {
        int other = _type.SlotOf(Peek);
        bool dates = other >= 0 && _type.Properties.Where(x => x.Slot == slot || x.Slot == other).All(x =>
            x.Kind is ValueKind.Date or ValueKind.DateTime or ValueKind.Instant);
        return dates ? new NotBefore(slot, CaptureOf(element), other, CaptureOf(_tokens[_at++])) : Fail();
    }

    private Condition Negated(Condition condition) => Accept(".not()") ? new Not(condition) : condition;

    private List<int>? Counts()
    {
        var slots = new List<int>();
        do
        {
            int slot = _type.SlotOf(Peek);
            if (slot < 0 || _at + 1 >= _tokens.Count || _tokens[_at + 1] != ".count()")
                return null;
            slots.Add(slot);
            _at += 2;
        }
        while (Accept("+"));
        return slots;
    }

    private CountOf? Comparison(List<int> slots)
    {
        if (_at + 1 >= _tokens.Count || _tokens[_at] is not (">" or "<" or "=" or ">=" or "<=")
            || !int.TryParse(_tokens[_at + 1], CultureInfo.InvariantCulture, out int number))
            return null;
        _at += 2;
        return new CountOf([.. slots], _tokens[_at - 2], number);
    }

    private byte[]? Literal()
    {
        string token = Peek;
        _at++;
        return token switch
        {
            "%ucum" => "http://unitsofmeasure.org"u8.ToArray(),
            "true" or "false" => Encoding.UTF8.GetBytes(token),
            _ when token.StartsWith('\'') => Encoding.UTF8.GetBytes(token.Trim('\'')),
            _ when token.Length > 0 && token.All(char.IsAsciiDigit) => Encoding.UTF8.GetBytes(token),
            _ => null,
        };
    }

    private byte[][]? Literals()
    {
        var all = new List<byte[]>();
        if (!Accept("("))
            return null;
        do
        {
            if (Literal() is not { } one)
                return null;
            all.Add(one);
        }
        while (Accept("|"));
        return Accept(")") ? [.. all] : null;
    }

    /// <summary>Only elements that are a code, boolean, number, string or uri have a text to compare; anything else would have to be
    /// walked.</summary>
    private int CaptureOf(string element)
    {
        if (_type.Properties.Where(x => x.Element == element).Any(x => !x.IsPrimitive || x.Many))
            _failed = true;
        if (!_captures.Contains(element))
            _captures.Add(element);
        return _captures.IndexOf(element);
    }

    [GeneratedRegex(
        @"'[^']*'|\.toString\(\)\.contains\('\.'\)|\.startsWith\(" +
        @"|\.(exists|empty|not|count)\(\)|%?[A-Za-z]\w*|\d+|>=|<=|!=|\S")]
    private static partial Regex Tokens();

    [GeneratedRegex(@"\.trace\('[^']*'\)")]
    private static partial Regex Trace();
}

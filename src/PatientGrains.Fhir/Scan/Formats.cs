using System.Buffers;
using System.Text;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>The lexical rules of R4's primitive types (R4 2.24.0.1) over the text that stands between the quotes, escapes
/// resolved.</summary>
internal static class Formats
{
    /// <summary>R4: strings SHALL NOT exceed 1 MB (1024*1024 characters) in size.</summary>
    private const int MaxString = 1024 * 1024;

    private static readonly SearchValues<byte> _space = SearchValues.Create(" \t\r\n\f\v"u8);
    private static readonly SearchValues<byte> _id =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8);
    private static readonly SearchValues<byte> _base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);
    /// <summary>R4's regex for uri, url and canonical is <c>\S*</c>; what a URI is beyond that (RFC 3986) its receivers know better, and
    /// R4's own examples stretch it.</summary>
    private static readonly SearchValues<byte> _notInUri = SearchValues.Create([.. Enumerable.Range(0, 33).Select(x => (byte)x)]);
    private static readonly SearchValues<byte> _control =
        SearchValues.Create([0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]);

    /// <summary>The broken rule, or null.</summary>
    public static Rule? Check(ValueKind kind, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return Rule.EmptyString;
        switch (kind)
        {
            case ValueKind.String or ValueKind.Markdown:
                return text.Length > MaxString && Encoding.UTF8.GetCharCount(text) > MaxString ? Rule.StringTooLong
                    : text.ContainsAny(_control) ? Rule.ControlCharacter
                    : null;
            case ValueKind.Code:
                return IsCode(text) ? null : Rule.Code;
            case ValueKind.Id:
                return text.Length <= 64 && !text.ContainsAnyExcept(_id) ? null : Rule.Id;
            case ValueKind.Uri or ValueKind.Url or ValueKind.Canonical:
                return text.ContainsAny(_notInUri) ? Rule.Uri : null;
            case ValueKind.Oid:
                return text.StartsWith("urn:oid:"u8) && IsOid(text[8..]) ? null : Rule.Oid;
            case ValueKind.Uuid:
                return text.StartsWith("urn:uuid:"u8) && IsUuid(text[9..]) ? null : Rule.Uuid;
            case ValueKind.Base64Binary:
                return IsBase64(text) ? null : Rule.Base64;
            case ValueKind.Time:
                return DateText.IsTime(text) ? null : Rule.Time;
            default:
                return null;
        }
    }

    /// <summary>R4's grammar of date, dateTime and instant; the interval it covers comes with it.</summary>
    public static Rule? CheckDate(ValueKind kind, ReadOnlySpan<byte> text, out long fromTicks, out long untilTicks)
    {
        if (text.IsEmpty)
        {
            fromTicks = untilTicks = 0;
            return Rule.EmptyString;
        }
        bool ok = DateText.TryParse(text, out var precision, out bool hasZone, out fromTicks, out untilTicks);
        return kind switch
        {
            ValueKind.Date => ok && precision <= DatePrecision.Day ? null : Rule.Date,
            ValueKind.Instant => ok && precision == DatePrecision.Second && hasZone ? null : Rule.Instant,
            _ => ok && (precision <= DatePrecision.Day || (precision == DatePrecision.Second && hasZone)) ? null : Rule.DateTime,
        };
    }

    /// <summary>A JSON number that was found well-formed: integers have no fraction or exponent, fit 32 bits, and are written without a
    /// minus before zero.</summary>
    public static Rule? CheckNumber(ValueKind kind, ReadOnlySpan<byte> text)
    {
        if (kind == ValueKind.Decimal)
            return null;
        long value = 0;
        bool negative = text[0] == '-';
        foreach (byte b in negative ? text[1..] : text)
        {
            if (b is < (byte)'0' or > (byte)'9')
                return Rule.Integer;
            value = Math.Min((value * 10) + (b - '0'), 1L << 40);
        }
        if ((negative && value == 0) || (negative ? value > 1L << 31 : value > int.MaxValue))
            return Rule.Integer;
        return kind switch
        {
            ValueKind.PositiveInt when negative || value == 0 => Rule.PositiveInt,
            ValueKind.UnsignedInt when negative => Rule.UnsignedInt,
            _ => null,
        };
    }

    /// <summary><c>[^\s]+(\s[^\s]+)*</c>: no white space at the ends and never two in a row.</summary>
    private static bool IsCode(ReadOnlySpan<byte> text)
    {
        int at = text.IndexOfAny(_space);
        if (at < 0)
            return !text.ContainsAny(_control);
        while (at >= 0)
        {
            if (at == 0 || at == text.Length - 1)
                return false;
            text = text[(at + 1)..];
            at = text.IndexOfAny(_space);
        }
        return !text.IsEmpty;
    }

    /// <summary><c>[0-2](\.(0|[1-9][0-9]*))+</c></summary>
    private static bool IsOid(ReadOnlySpan<byte> text)
    {
        if (text.Length < 3 || text[0] is < (byte)'0' or > (byte)'2')
            return false;
        int at = 1;
        while (at < text.Length)
        {
            if (text[at++] != '.' || at >= text.Length || !char.IsAsciiDigit((char)text[at]))
                return false;
            if (text[at] == '0')
            {
                at++;
                continue;
            }
            while (at < text.Length && char.IsAsciiDigit((char)text[at]))
                at++;
        }
        return true;
    }

    private static bool IsUuid(ReadOnlySpan<byte> text)
    {
        if (text.Length != 36)
            return false;
        for (int i = 0; i < 36; i++)
        {
            bool dash = i is 8 or 13 or 18 or 23;
            if (dash ? text[i] != '-' : !char.IsAsciiHexDigitLower((char)text[i]))
                return false;
        }
        return true;
    }

    /// <summary>Groups of four with padding only at the end; white space may stand anywhere between groups, as R4's regex allows and MIME
    /// writes it.</summary>
    private static bool IsBase64(ReadOnlySpan<byte> text)
    {
        int count = 0;
        int padding = 0;
        while (!text.IsEmpty)
        {
            int run = text.IndexOfAnyExcept(_base64);
            run = run < 0 ? text.Length : run;
            if (run > 0 && padding > 0)
                return false;
            count += run;
            if (run == text.Length)
                break;
            if (text[run] == '=')
                padding++;
            else if (!_space.Contains(text[run]))
                return false;
            text = text[(run + 1)..];
        }
        return padding <= 2 && count > 0 && (count + padding) % 4 == 0;
    }
}

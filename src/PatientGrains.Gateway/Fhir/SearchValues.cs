using System.Collections.Immutable;
using System.Text;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// Search values as R4 3.1.1.4 writes them: commas are OR, a backslash takes the meaning from <c>, | $ \</c>, ordered values may have a
/// prefix.
/// </summary>
internal static class SearchValues
{
    /// <summary>Splits at separators that no backslash precedes; the parts keep their escapes.</summary>
    public static IEnumerable<string> Split(string text, char separator)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == separator)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }
        yield return text[start..];
    }

    /// <summary>
    /// Takes the escapes away (R4 3.1.1.4.0.1); a backslash before anything else, or at the end, is no escape that R4 knows: null.
    /// </summary>
    public static string? Unescape(string text)
    {
        if (!text.Contains('\\'))
            return text;
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
                plain.Append(text[i]);
            else if (i + 1 < text.Length && text[i + 1] is ',' or '|' or '$' or '\\')
                plain.Append(text[++i]);
            else
                return null;
        }
        return plain.ToString();
    }

    /// <summary>R4 3.1.1.4.10; null when it is not a token.</summary>
    public static TokenValue? Token(string text)
    {
        string[] parts = [.. Split(text, '|')];
        string? first = Unescape(parts[0]);
        string? second = parts.Length > 1 ? Unescape(parts[1]) : null;
        return parts.Length switch
        {
            1 when !string.IsNullOrEmpty(first) => new TokenValue(null, first),
            2 when first is { Length: > 0 } && second == "" => new TokenValue(first, null),
            2 when first is not null && second is { Length: > 0 } => new TokenValue(first, second),
            _ => null,
        };
    }

    /// <summary>R4 3.1.1.4.7; null when it is not a date with an optional prefix.</summary>
    public static DateValue? Date(string text)
    {
        var comparison = DateComparison.Equal;
        if (text.Length > 2 && char.IsAsciiLetter(text[0]))
        {
            if (Prefix(text[..2]) is not { } prefix)
                return null;
            comparison = prefix;
            text = text[2..];
        }
        // The plus sign of a zone that was not escaped in the query arrives as a space.
        return FhirDates.TryParse(text.Replace(' ', '+'), out long from, out long until) ? new DateValue(comparison, from, until) : null;
    }

    /// <summary>Every part as a value, or null when one of them is none.</summary>
    public static ImmutableArray<T>? All<T>(string text, Func<string, T?> parse)
        where T : class
    {
        var values = ImmutableArray.CreateBuilder<T>();
        foreach (string part in Split(text, ','))
        {
            if (parse(part) is not { } value)
                return null;
            values.Add(value);
        }
        return values.ToImmutable();
    }

    private static DateComparison? Prefix(string two) => two switch
    {
        "eq" => DateComparison.Equal,
        "ne" => DateComparison.NotEqual,
        "gt" => DateComparison.Greater,
        "lt" => DateComparison.Less,
        "ge" => DateComparison.GreaterOrEqual,
        "le" => DateComparison.LessOrEqual,
        "sa" => DateComparison.StartsAfter,
        "eb" => DateComparison.EndsBefore,
        "ap" => DateComparison.Approximately,
        _ => null,
    };
}

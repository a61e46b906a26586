using System.Collections.Immutable;
using System.Text;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>One search parameter of a query string: <c>name:modifier=value,value</c>.</summary>
/// <param name="Name">Decoded.</param>
/// <param name="Modifier">Without its colon, or null.</param>
/// <param name="Values">Decoded, FHIR's escapes (R4 3.1.1.4.4) still in them.</param>
internal sealed record QueryParameter(string Name, string? Modifier, ImmutableArray<string> Values)
{
    /// <summary>The decoded parameter with its alternatives in one order; their order has no meaning.</summary>
    public string Canonical { get; } = $"{Name}{(Modifier is null ? "" : ":" + Modifier)}={string.Join(',', Values.Order(StringComparer.Ordinal))}";

    public static bool TryParse(string part, out QueryParameter parameter)
    {
        parameter = null!;
        int equals = part.IndexOf('=');
        if (equals <= 0 || equals == part.Length - 1)
            return false;
        string name = Decode(part[..equals]);
        string value = Decode(part[(equals + 1)..]);
        if (name.Any(char.IsControl) || value.Any(char.IsControl))
            return false;
        int colon = name.IndexOf(':');
        var values = Split(value, ',').Where(text => text.Length > 0).ToImmutableArray();
        if (values.IsEmpty)
            return false;
        parameter = new(colon < 0 ? name : name[..colon], colon < 0 ? null : name[(colon + 1)..], values);
        return true;
    }

    /// <summary><c>system|code</c>, <c>|code</c>, <c>system|</c> or <c>code</c> (R4 3.1.1.4.10).</summary>
    public static TokenValue ToToken(string value)
    {
        var parts = Split(value, '|');
        string? code = Unescape(parts[^1]);
        return parts.Count == 1
            ? new TokenValue(null, code)
            : new TokenValue(Unescape(parts[0]), code.Length == 0 ? null : code);
    }

    public static bool TryToDate(string value, out DateValue date)
    {
        var comparison = value.Length < 2 ? DateComparison.Equal : value[..2] switch
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
            _ => DateComparison.Equal,
        };
        string text = value.Length > 0 && char.IsAsciiLetter(value[0]) ? value[Math.Min(2, value.Length)..] : value;
        bool good = FhirDates.TryParse(text, out long from, out long until);
        date = new DateValue(comparison, from, until);
        return good;
    }

    /// <summary>Resolves <c>\,</c> <c>\|</c> <c>\$</c> and <c>\\</c> (R4 3.1.1.4.4).</summary>
    public static string Unescape(string value)
    {
        if (!value.Contains('\\'))
            return value;
        var text = new StringBuilder(value.Length);
        for (int i = 0; i < value.Length; i++)
            text.Append(value[i] == '\\' && i + 1 < value.Length ? value[++i] : value[i]);
        return text.ToString();
    }

    /// <summary>As in every query string: percent escapes, and a plus for a space.</summary>
    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static List<string> Split(string value, char separator)
    {
        var parts = new List<string>();
        int from = 0;
        for (int at = 0; at < value.Length; at++)
        {
            if (value[at] == '\\')
            {
                at++;
                continue;
            }
            if (value[at] != separator)
                continue;
            parts.Add(value[from..at]);
            from = at + 1;
        }
        parts.Add(value[from..]);
        return parts;
    }
}

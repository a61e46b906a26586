using System.Collections.Immutable;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>One search parameter of a condition: <c>name:modifier=value,value</c>.</summary>
/// <param name="Name">Decoded.</param>
/// <param name="Modifier">Without its colon, or null.</param>
/// <param name="Value">Decoded, FHIR's escapes (R4 3.1.1.4.0.1) still in it.</param>
internal sealed record QueryParameter(string Name, string? Modifier, string Value)
{
    /// <summary>The decoded parameter with its alternatives in one order; their order has no meaning.</summary>
    public string Canonical { get; } =
        Name + (Modifier is null ? "=" : $":{Modifier}=") + string.Join(',', SearchValues.Split(Value, ',').Order(StringComparer.Ordinal));

    /// <returns>Null when it is no <c>name=value</c>, or has control characters in it.</returns>
    public static QueryParameter? Parse(string part)
    {
        int equals = part.IndexOf('=');
        if (equals <= 0 || equals == part.Length - 1)
            return null;
        string name = Decode(part[..equals]);
        string value = Decode(part[(equals + 1)..]);
        if (name.Any(char.IsControl) || value.Any(char.IsControl))
            return null;
        int colon = name.IndexOf(':');
        return new(colon < 0 ? name : name[..colon], colon < 0 ? null : name[(colon + 1)..], value);
    }

    /// <summary>Every alternative as a value, or null when one of them is none.</summary>
    public ImmutableArray<T>? Values<T>(Func<string, T?> parse)
        where T : class => SearchValues.All(Value, parse);

    /// <summary>As in every query string: percent escapes, and a plus for a space.</summary>
    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}

using Microsoft.Extensions.Primitives;

namespace PatientGrains.Gateway.Fhir;

/// <summary>What the answer to a write carries (R4 3.1.0.1.4).</summary>
internal enum ReturnPreference
{
    Representation,
    Minimal,
    OperationOutcome,
}

/// <summary>
/// The header <c>Prefer</c> (RFC 7240, R4 3.1.0.1.4 and 3.1.1.5.1). A preference that is not known is not an error, that is what the header
/// is for.
/// </summary>
/// <param name="Return">Default representation: the client sees what the server made of what it sent.</param>
/// <param name="IsLenient">Default strict: a search that leaves out a criterion shows more than was asked for.</param>
internal sealed record Preferences(ReturnPreference Return = ReturnPreference.Representation, bool IsLenient = false)
{
    private static readonly char[] Separators = [',', ';'];
    private static readonly Preferences None = new();

    public static Preferences Parse(StringValues header)
    {
        var found = None;
        foreach (string? line in header)
        {
            foreach (string part in (line ?? "").Split(Separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                found = found.With(part.Replace(" ", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal));
        }
        return found;
    }

    private Preferences With(string preference) => preference.ToLowerInvariant() switch
    {
        "return=minimal" => this with { Return = ReturnPreference.Minimal },
        "return=representation" => this with { Return = ReturnPreference.Representation },
        "return=operationoutcome" => this with { Return = ReturnPreference.OperationOutcome },
        "handling=lenient" => this with { IsLenient = true },
        "handling=strict" => this with { IsLenient = false },
        _ => this,
    };
}

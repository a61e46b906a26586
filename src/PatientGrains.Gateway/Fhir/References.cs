using System.Globalization;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>Ids and references as they stand in addresses and search values.</summary>
internal static class References
{
    /// <summary>R4 2.24.0.1: 1 to 64 of <c>A-Z a-z 0-9 - .</c></summary>
    public static bool IsId(string text) => IsId(text.AsSpan());

    /// <inheritdoc cref="IsId(string)"/>
    public static bool IsId(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 64)
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))
                return false;
        }
        return true;
    }

    /// <summary>A version number as this server writes them: 1, 2, 3...</summary>
    public static int? Version(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) && version > 0 ? version : null;

    /// <summary><c>Type/id</c> of R4 types.</summary>
    public static ResourceKey? Key(string text) =>
        ResourceKey.TryParse(text, out var key) && FhirTypes.IsResourceType(key.Type) && IsId(key.Id) ? key : null;

    /// <summary>A reference under our own base as relative, any other as it is (R4 3.1.1.4.9).</summary>
    public static string Relative(string reference, string baseUrl) =>
        reference.StartsWith(baseUrl, StringComparison.Ordinal) && reference.Length > baseUrl.Length && reference[baseUrl.Length] == '/'
            ? reference[(baseUrl.Length + 1)..]
            : reference;
}

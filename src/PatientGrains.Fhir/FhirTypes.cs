using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir;

/// <summary>R4's type of a search parameter.</summary>
public enum SearchParameterType
{
    Token,
    Date,
    Quantity,
    Reference,
    String,
    Uri,
    Number,
    Composite,
    Special,
}

/// <summary>A search parameter of R4 for one resource type.</summary>
/// <param name="Name">The name in the query string.</param>
/// <param name="Type">Its type.</param>
/// <param name="Expression">The FHIRPath expression of R4, as far as it is about this resource type.</param>
/// <param name="Definition">Canonical URL of the SearchParameter.</param>
/// <param name="Extracted">Whether the scan writes terms for all of it; false for composites and the few expressions that the README
/// lists.</param>
public sealed record SearchParameter(string Name, SearchParameterType Type, string Expression, string Definition, bool Extracted);

/// <summary>The resource types of R4 4.0.1: which there are, which can belong to a patient, what they can be searched by.</summary>
public static class FhirTypes
{
    /// <summary>More characters than any type's name has.</summary>
    private const int LongestName = 64;

    private static readonly string[] _names = [.. R4.Instance.Resources.Select(x => x.Name)];

    /// <summary>The 146 concrete resource types in ordinal order.</summary>
    public static IReadOnlyList<string> ResourceTypes => _names;

    public static bool IsResourceType(string name) => Index(name) >= 0;

    /// <summary>The type of that name, as a string that is there already.</summary>
    public static bool TryResourceType(ReadOnlySpan<char> name, [NotNullWhen(true)] out string? type)
    {
        Span<byte> utf8 = stackalloc byte[LongestName];
        int index = name.Length <= LongestName && Ascii.FromUtf16(name, utf8, out int length) == OperationStatus.Done
            ? R4.Instance.ResourceIndex(utf8[..length]) : -1;
        type = index < 0 ? null : _names[index];
        return type is not null;
    }

    public static bool IsResourceType(ReadOnlySpan<byte> utf8) => R4.Instance.ResourceIndex(utf8) >= 0;

    /// <summary>
    /// The elements that can name the patient whose compartment a resource of this type is in, in the order in which they are asked; empty
    /// for types that never belong to a patient.
    /// R4's CompartmentDefinition patient, whom the resource is about before others, plus the PHI that it forgets (Device.patient,
    /// Task.for, GuidanceResponse.subject, Contract.subject,
    /// Binary.securityContext). A Patient belongs to itself: its list is empty and <see cref="CanBelongToPatient"/> is true.
    /// </summary>
    public static IReadOnlyList<string> PatientElements(string type) =>
        R4.Instance.Compartment.TryGetValue(type, out var paths) ? paths : [];

    public static bool CanBelongToPatient(string type) => R4.Instance.Compartment.ContainsKey(type);

    /// <summary>Search parameters of the type, those of Resource and DomainResource included, by name; empty for an unknown type.</summary>
    public static IReadOnlyList<SearchParameter> SearchParameters(string type) =>
        Index(type) is var index and >= 0 ? R4.Instance.Parameters[index] : [];

    /// <summary>Null when the type has no such parameter.</summary>
    public static SearchParameter? SearchParameter(string type, string name) => SearchParameters(type).FirstOrDefault(x => x.Name == name);

    private static int Index(string name) => Array.BinarySearch(_names, name, StringComparer.Ordinal);
}

using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Json;

/// <summary>How references between resources are written.</summary>
internal enum Links
{
    /// <summary>urn:uuid to entries of the same Bundle, conditional references (R4 3.1.0.11) to the directory.</summary>
    Conditional,

    /// <summary>Type/id throughout; the resources are put by id.</summary>
    Literal,

    /// <summary>
    /// Type/id within the record; people and places outside it by their business identifier alone (Reference.identifier).
    /// </summary>
    Identified,
}

/// <summary>One system's way of writing a chart down.</summary>
internal sealed record Rendering(ulong Seed, CareDirectory Directory)
{
    public Links Links { get; init; } = Links.Literal;

    /// <summary>Which id space ordinals map into: sources that know the same person give everything other ids.</summary>
    public ulong Space { get; init; }

    /// <summary>Put before ids that are not UUIDs; empty for UUIDs.</summary>
    public string IdPrefix { get; init; } = "";

    public string RecordNumberSystem { get; init; } = IdentifierSystems.RecordNumber;

    /// <summary>Writes vital signs, or laboratory results, in the other unit where there is one.</summary>
    public bool OtherVitalUnits { get; init; }

    public bool OtherLabUnits { get; init; }

    /// <summary>The visits that this system knows; entries of others are written without their encounter. Null: all.</summary>
    public IReadOnlySet<int>? Visits { get; init; }

    public Guid Id(int index, int ordinal) => Ids.Of(Seed, Space, (ulong)index, ordinal);

    /// <summary>The id as text: a UUID, or the prefix and 32 hexadecimal digits.</summary>
    public string IdText(int index, int ordinal)
    {
        var id = Id(index, ordinal);
        return IdPrefix.Length == 0 ? id.ToString("D") : IdPrefix + id.ToString("N");
    }
}

/// <summary>Under example.org, which RFC 2606 keeps for examples: no real authority issues these.</summary>
internal static class IdentifierSystems
{
    public const string RecordNumber = "https://patientgrains.example.org/synthetic/mrn";
    public const string Organization = "https://patientgrains.example.org/synthetic/organization";
    public const string Location = "https://patientgrains.example.org/synthetic/location";
    public const string Npi = "http://hl7.org/fhir/sid/us-npi";
    public const string SocialSecurity = "http://hl7.org/fhir/sid/us-ssn";
}

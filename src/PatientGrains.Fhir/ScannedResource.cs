using PatientGrains.Core.Search;

namespace PatientGrains.Fhir;

/// <summary>What is stored of a resource.</summary>
/// <param name="Body">UTF-8, as sent but for the id, and for replaced references and links.</param>
/// <param name="Terms">The search terms, references as they are after replacing.</param>
/// <param name="Meta">Where its meta is, or could be, in the body.</param>
public sealed record FinishedResource(ReadOnlyMemory<byte> Body, TermList Terms, MetaRange Meta);

/// <summary>
/// The result of a scan: issues, and what the core needs to know of a resource. Immutable and independent of the scanner, but it refers to the memory that was scanned:
/// that must not change while this lives.
/// </summary>
public sealed class ScannedResource
{
    /// <summary>No issue of severity error or fatal, in the resource or anything inside it.</summary>
    public bool IsValid => throw new NotImplementedException();

    public IReadOnlyList<FhirIssue> Issues => throw new NotImplementedException();

    /// <summary>The resourceType; empty when it is missing or unknown.</summary>
    public string Type => throw new NotImplementedException();

    public string? Id => throw new NotImplementedException();

    /// <summary>The bytes of the resource object: for an entry of a Bundle a slice of the Bundle.</summary>
    public ReadOnlyMemory<byte> Source => throw new NotImplementedException();

    /// <summary>
    /// The first reference to a patient in the elements of <see cref="FhirTypes.PatientElements"/>, as written: <c>Patient/x</c>, <c>urn:uuid:...</c>, <c>Patient?identifier=...</c>, an absolute URL.
    /// Null for a Patient itself, and when no element names one. A <c>urn:</c> reference counts, since only the Bundle knows what it is.
    /// </summary>
    public string? PatientReference => throw new NotImplementedException();

    /// <summary>Index in <see cref="Links"/> of the link that <see cref="PatientReference"/> is, or -1.</summary>
    public int PatientLink => throw new NotImplementedException();

    /// <summary>References, narrative links and urn: uris in the order of the bytes; those of contained resources included, those of a Bundle's entries not.</summary>
    public IReadOnlyList<ScannedLink> Links => throw new NotImplementedException();

    /// <summary>For a Bundle its entries, else null.</summary>
    public ScannedBundle? Bundle => throw new NotImplementedException();

    /// <summary>
    /// Makes the body that is stored, in one copy: sets the id (inserted after resourceType when absent), replaces links, leaves every other byte alone.
    /// </summary>
    /// <param name="id">The R4 id that the stored resource has.</param>
    /// <param name="replace">The text to put for a link, unescaped, or null to leave it as it is.</param>
    /// <exception cref="InvalidOperationException">The resource is not valid.</exception>
    public FinishedResource Finish(string id, Func<ScannedLink, string?>? replace = null) => throw new NotImplementedException();
}

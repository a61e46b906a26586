using PatientGrains.Core.Search;
using PatientGrains.Fhir.Scan;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir;

/// <summary>What is stored of a resource.</summary>
/// <param name="Body">UTF-8, as sent but for the id, and for replaced references and links.</param>
/// <param name="Terms">The search terms, references as they are after replacing; behind the body, in one array with it.</param>
/// <param name="Meta">Where its meta is, or could be, in the body.</param>
public sealed record FinishedResource(ReadOnlyMemory<byte> Body, TermList Terms, MetaRange Meta);

/// <summary>
/// The result of a scan: issues, and what the core needs to know of a resource. Immutable and independent of the scanner, but it refers to
/// the memory that was scanned:
/// that must not change while this lives.
/// </summary>
public sealed class ScannedResource
{
    private string? _id;
    private ScannedLink[]? _links;

    internal ScannedResource(ReadOnlyMemory<byte> source, IReadOnlyList<FhirIssue> issues)
    {
        Source = source;
        Issues = issues;
    }

    /// <summary>No issue of severity error or fatal, in the resource or anything inside it.</summary>
    public bool IsValid { get; internal set; }

    /// <summary>What is wrong, at most <see cref="FhirLimits.MaxIssues"/> of a scan: a resource late in a broken Bundle can be invalid
    /// without an issue of its own.</summary>
    public IReadOnlyList<FhirIssue> Issues { get; internal set; }

    /// <summary>The resourceType; empty when it is missing or unknown.</summary>
    public string Type { get; internal init; } = "";

    /// <summary>The id as sent, or null.</summary>
    public string? Id => IdSpot.Length == 0 ? null : _id ??= JsonText.ToText(RawId);

    /// <summary>The bytes of the resource object, from brace to brace: for an entry of a Bundle a slice of the Bundle.</summary>
    public ReadOnlyMemory<byte> Source { get; }

    /// <summary>
    /// The first reference to a patient in the elements of <see cref="FhirTypes.PatientElements"/>, as written: <c>Patient/x</c>,
    /// <c>urn:uuid:...</c>, <c>Patient?identifier=...</c>, an absolute URL.
    /// Null for a Patient itself, and when no element names one. A <c>urn:</c> counts unless the Bundle that it came in says that it is
    /// something else.
    /// </summary>
    public string? PatientReference => PatientLink < 0 ? null : LinkAt(PatientLink).Text;

    /// <summary>Index in <see cref="Links"/> of the link that <see cref="PatientReference"/> is, or -1.</summary>
    public int PatientLink { get; internal set; } = -1;

    /// <summary>References, narrative links and urn: uris in the order of the bytes; those of contained resources included, those of a
    /// Bundle's entries not.</summary>
    public IReadOnlyList<ScannedLink> Links => _links ??= [.. Enumerable.Range(0, LinkCount).Select(LinkAt)];

    /// <summary>How many <see cref="Links"/> there are.</summary>
    public int LinkCount => LinkSpots.Length;

    /// <summary>One of <see cref="Links"/>, without making the list.</summary>
    public ScannedLink LinkAt(int index) =>
        new(Source, LinkSpots[index].Offset, LinkSpots[index].Length, LinkSpots[index].Kind);

    /// <summary>For a Bundle its entries, else null.</summary>
    public ScannedBundle? Bundle { get; internal init; }

    internal int TypeIndex { get; init; } = -1;
    internal Capture IdSpot { get; init; }
    internal int TypeEnd { get; init; }
    internal Capture MetaSpot { get; init; }
    internal LinkSpot[] LinkSpots { get; init; } = [];
    internal ReferenceTerm[] References { get; init; } = [];
    internal TermList PlainTerms { get; init; }
    internal ReadOnlySpan<byte> RawId => Source.Span.Slice(IdSpot.Offset, IdSpot.Length);

    /// <summary>
    /// Makes the body that is stored, in one copy: sets the id (inserted after resourceType when absent), replaces links, leaves every
    /// other byte alone.
    /// </summary>
    /// <param name="id">The R4 id that the stored resource has.</param>
    /// <param name="replace">The text to put for a link, unescaped, or null to leave it as it is.</param>
    /// <exception cref="InvalidOperationException">The resource is not valid.</exception>
    /// <exception cref="ArgumentException">The id is not an R4 id.</exception>
    public FinishedResource Finish(string id, Func<ScannedLink, string?>? replace = null) =>
        IsValid ? Finisher.Finish(this, id, replace) : throw new InvalidOperationException("Only a valid resource can be finished.");

    internal ScannedResource With(IReadOnlyList<FhirIssue> issues, bool valid)
    {
        Issues = issues;
        IsValid = valid;
        return this;
    }
}

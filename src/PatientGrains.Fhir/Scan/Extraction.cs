using PatientGrains.Core.Search;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>What is collected of one resource while it is read; reused for the next one at the same level.</summary>
internal sealed class Extraction
{
    public TermWriter Terms { get; } = new();
    public List<LinkSpot> Links { get; } = [];
    public List<ReferenceTerm> References { get; } = [];
    public List<PatientSpot> Patients { get; } = [];
    public int RootFrame { get; private set; }
    public int ErrorsBefore { get; private set; }
    public int IssuesBefore { get; private set; }
    /// <summary>Where the value of resourceType ends: an id that was not sent is inserted there.</summary>
    public int TypeEnd { get; set; }
    public Capture Meta { get; set; }
    public Capture VersionId { get; set; }
    public ScannedBundle? Bundle { get; set; }

    public void Begin(int rootFrame, int errors, int issues)
    {
        Terms.Clear();
        Links.Clear();
        References.Clear();
        Patients.Clear();
        RootFrame = rootFrame;
        ErrorsBefore = errors;
        IssuesBefore = issues;
        TypeEnd = 0;
        Meta = default;
        VersionId = default;
        Bundle = null;
    }
}

/// <summary>A link; offsets in the scanned buffer while reading, in the resource when stored.</summary>
internal readonly record struct LinkSpot(int Offset, int Length, LinkKind Kind);

/// <summary>A search term that is a reference: its text is known only when links have been replaced.</summary>
/// <param name="Param">Name of the search parameter.</param>
/// <param name="Link">Index among the resource's links.</param>
/// <param name="Target">Resource type that it must turn out to be, or -1.</param>
/// <param name="Declared">What Reference.type says that it is, or -1.</param>
internal readonly record struct ReferenceTerm(byte[] Param, int Link, short Target, short Declared);

/// <summary>A reference that may name the patient whose resource it is.</summary>
/// <param name="Rank">Order in which its element is asked.</param>
/// <param name="Link">Index among the resource's links.</param>
/// <param name="IsCertain">Its text says Patient; else it is a urn: that only the Bundle can tell.</param>
internal readonly record struct PatientSpot(int Rank, int Link, bool IsCertain);

using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Collecting what the core needs of each resource, and making the result.</summary>
internal sealed partial class ResourceReader
{
    private readonly List<Extraction> _extractions = [];
    private readonly List<(ScannedResource Resource, int First, int Count)> _undecided = [];
    private readonly List<PatientSpot> _undecidedSpots = [];
    private readonly int _patientType = R4.Instance.ResourceIndex("Patient"u8);
    private readonly ulong _metaVersionBits;
    private readonly ulong _metaSecurityBit;
    private int _level;
    private Extraction? _extraction;

    private void StartExtraction()
    {
        _level = -1;
        _extraction = null;
        _bundle = -1;
        _containedDepth = 0;
        _scopes.Clear();
        _locals.Clear();
        _localPaths.Clear();
        _contained.Clear();
        _undecided.Clear();
        _undecidedSpots.Clear();
        _observationCodes.Clear();
        _bindingFailed = false;
    }

    private void BeginExtraction()
    {
        if (++_level == _extractions.Count)
            _extractions.Add(new Extraction());
        _extraction = _extractions[_level];
        _extraction.Begin(_frame + 1, _errors, _issues.Count);
    }

    private ScannedResource EndExtraction(TypeDef type, int start, ResourcePlace place, bool ok)
    {
        var done = _extraction!;
        _extraction = --_level >= 0 ? _extractions[_level] : null;
        bool valid = _errors == done.ErrorsBefore;
        FhirIssue[] issues = _issues.Count == done.IssuesBefore ? [] : [.. _issues.Skip(done.IssuesBefore)];
        var id = ok ? _captures[((_frame + 1) * TypeDef.MaxCaptures) + type.Captures.IndexOf("id")] : default;
        var scanned = new ScannedResource(_memory.Slice(start - _origin, _at - start), issues)
        {
            IsValid = valid,
            Type = type.Name,
            TypeIndex = type.ResourceIndex,
            IdSpot = id.Length > 0 ? new Capture(id.Offset - start, id.Length) : default,
            TypeEnd = done.TypeEnd - start,
            MetaSpot = done.Meta.Length > 0 ? new Capture(done.Meta.Offset - start, done.Meta.Length) : default,
            LinkSpots = Relative(done.Links, start),
            References = done.References.Count == 0 ? [] : [.. done.References],
            PlainTerms = done.Terms.ToTerms(),
            Bundle = done.Bundle,
        };
        ChoosePatient(scanned, done.Patients, place);
        return scanned;
    }

    private static LinkSpot[] Relative(List<LinkSpot> links, int start)
    {
        if (links.Count == 0)
            return [];
        var relative = new LinkSpot[links.Count];
        for (int i = 0; i < relative.Length; i++)
            relative[i] = links[i] with { Offset = links[i].Offset - start };
        return relative;
    }

    private int AddLink(int offset, int length, LinkKind kind)
    {
        if (_extraction is null)
            return -1;
        _extraction.Links.Add(new LinkSpot(offset, length, kind));
        return _extraction.Links.Count - 1;
    }

    private bool NoteTypeName(ref Frame frame)
    {
        if (_extraction is { } extraction && extraction.RootFrame == frame.Index)
            extraction.TypeEnd = _at;
        return true;
    }

    private void EndMeta(ref Frame frame, ulong present, ReadOnlySpan<Capture> captures)
    {
        if (frame.Place?.Element != "meta")
            return;
        if (_containedDepth > 0)
        {
            if ((present & _metaVersionBits) != 0)
                Report(Rule.Dom4, frame.Start);
            if ((present & _metaSecurityBit) != 0)
                Report(Rule.Dom5, frame.Start);
        }
        else if (_extraction is { } extraction && extraction.RootFrame == frame.Index - 1)
        {
            extraction.Meta = new Capture(frame.Start, _at + 1 - frame.Start);
            extraction.VersionId = captures[Roles.First];
        }
    }

    /// <summary>The first in rank, then in the order of the bytes. A urn: is the patient unless the Bundle's entry of that fullUrl is
    /// something else.</summary>
    private void ChoosePatient(ScannedResource scanned, List<PatientSpot> spots, ResourcePlace place)
    {
        if (spots.Count == 0)
            return;
        int best = 0;
        for (int i = 1; i < spots.Count; i++)
        {
            if (spots[i].Rank < spots[best].Rank)
                best = i;
        }
        scanned.PatientLink = spots[best].Link;
        if (place != ResourcePlace.Entry || spots[best].IsCertain)
            return;
        _undecided.Add((scanned, _undecidedSpots.Count, spots.Count));
        _undecidedSpots.AddRange(spots);
    }

    private static ReadOnlySpan<byte> RawLink(ScannedResource scanned, int link) =>
        scanned.Source.Span.Slice(scanned.LinkSpots[link].Offset, scanned.LinkSpots[link].Length);

    private void DecidePatients(BundleState bundle)
    {
        for (int i = bundle.FirstUndecided; i < _undecided.Count; i++)
        {
            var (scanned, first, count) = _undecided[i];
            int rank = int.MaxValue;
            scanned.PatientLink = -1;
            for (int s = first; s < first + count; s++)
            {
                var spot = _undecidedSpots[s];
                if (spot.Rank < rank && (spot.IsCertain || bundle.TypeOf(RawLink(scanned, spot.Link)) is var type
                    && (type < 0 || type == _patientType)))
                {
                    rank = spot.Rank;
                    scanned.PatientLink = spot.Link;
                }
            }
        }
        int from = bundle.FirstUndecided < _undecided.Count ? _undecided[bundle.FirstUndecided].First : _undecidedSpots.Count;
        _undecidedSpots.RemoveRange(from, _undecidedSpots.Count - from);
        _undecided.RemoveRange(bundle.FirstUndecided, _undecided.Count - bundle.FirstUndecided);
    }
}

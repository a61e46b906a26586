using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Bundles: their rules (bdl-*), and their entries as resources of their own.</summary>
internal sealed partial class ResourceReader
{
    private readonly List<BundleState> _bundles = [];
    private readonly Property _bundleIdentifier;
    private bool _identifierHasBoth;
    private int _bundle;

    private void BeginBundle()
    {
        if (++_bundle == _bundles.Count)
            _bundles.Add(new BundleState());
        _bundles[_bundle].Start(_undecided.Count);
    }

    private void EndBundlePart(ref Frame frame, ulong present, ReadOnlySpan<Capture> captures)
    {
        switch (frame.Type.Role)
        {
            case TypeRole.BundleRequest:
                captures[..6].CopyTo(_bundles[_bundle].Current.Request);
                break;
            case TypeRole.BundleEntry:
                EndEntry(ref frame, present, captures[Roles.First]);
                break;
            default:
                EndBundle(ref frame, present, captures[Roles.First]);
                break;
        }
    }

    private void SetEntryResource(ScannedResource? scanned)
    {
        var entry = _bundles[_bundle].Current;
        entry.Resource = scanned;
        // The entry's extraction has ended, but is not reused before the next one begins.
        entry.VersionId = scanned is null ? default : _extractions[_level + 1].VersionId;
    }

    private void EndEntry(ref Frame frame, ulong present, Capture fullUrl)
    {
        var type = frame.Type;
        var entry = _bundles[_bundle].Current;
        entry.FullUrl = fullUrl;
        entry.HasSearch = (present & (1UL << type.SlotOf("search"))) != 0;
        entry.HasRequest = (present & (1UL << type.SlotOf("request"))) != 0;
        entry.HasResponse = (present & (1UL << type.SlotOf("response"))) != 0;
        if (fullUrl.Length == 0)
            return;
        var url = Raw(fullUrl);
        if (url.IndexOf("/_history/"u8) >= 0)
            ReportUnder(Rule.Bdl8, fullUrl.Offset, "fullUrl");
        else if (url.IndexOf((byte)':') <= 0
            || (!url.StartsWith("urn:"u8) && entry.Resource is { IdSpot.Length: > 0 } resource && !EndsInId(url, resource.RawId)))
            ReportUnder(Rule.FullUrl, fullUrl.Offset, "fullUrl");
    }

    private static bool EndsInId(ReadOnlySpan<byte> url, ReadOnlySpan<byte> id) =>
        url.EndsWith(id) && url.Length > id.Length && url[^(id.Length + 1)] == '/';

    private void EndBundle(ref Frame frame, ulong present, Capture typeSpot)
    {
        var bundle = _bundles[_bundle];
        var type = System.Text.Encoding.UTF8.GetString(Raw(typeSpot));
        bool Has(ref Frame of, string element) => (present & (1UL << of.Type.SlotOf(element))) != 0;
        if (type is not ("searchset" or "history") && Has(ref frame, "total"))
            ReportUnder(Rule.Bdl1, frame.Start, "total");
        if (type.Length > 0)
            CheckEntries(bundle, type);
        if (type == "document")
        {
            if (!_identifierHasBoth || !Has(ref frame, "identifier"))
                Report(Rule.Bdl9, frame.Start);
            if (!Has(ref frame, "timestamp"))
                Report(Rule.Bdl10, frame.Start);
        }
        DecidePatients(bundle);
        if (_extraction is { } extraction && extraction.RootFrame == frame.Index)
            extraction.Bundle = Scanned(bundle, type);
        bundle.Release();
        _bundle--;
    }

    private void CheckEntries(BundleState bundle, string type)
    {
        bool requests = type is "batch" or "transaction" or "history";
        bool responses = type is "batch-response" or "transaction-response" or "history";
        for (int i = 0; i < bundle.Count; i++)
        {
            var entry = bundle[i];
            if (entry.HasSearch && type != "searchset")
                ReportUnder(Rule.Bdl2, entry.Offset, "entry", index: i);
            if (entry.HasRequest != requests)
                ReportUnder(Rule.Bdl3, entry.Offset, "entry", index: i);
            if (entry.HasResponse != responses)
                ReportUnder(Rule.Bdl4, entry.Offset, "entry", index: i);
        }
        if (type is "document" or "message"
            && (bundle.Count == 0 || bundle[0].Resource?.Type != (type == "document" ? "Composition" : "MessageHeader")))
            Report(type == "document" ? Rule.Bdl11 : Rule.Bdl12, bundle.Count == 0 ? _at : bundle[0].Offset);
        bundle.Index(_data, i =>
        {
            if (type != "history")
                ReportUnder(Rule.Bdl7, bundle[i].FullUrl.Offset, "entry", index: i);
        });
    }

    private ScannedBundle Scanned(BundleState bundle, string type)
    {
        var entries = new ScannedEntry[bundle.Count];
        Capture At(Capture spot) => spot.Length == 0 ? default : spot with { Offset = spot.Offset - _origin };
        for (int i = 0; i < entries.Length; i++)
        {
            var entry = bundle[i];
            entries[i] = new ScannedEntry
            {
                Index = i,
                Scanned = _memory,
                Resource = entry.Resource,
                FullUrlSpot = At(entry.FullUrl),
                MethodSpot = At(entry.Request[0]),
                UrlSpot = At(entry.Request[1]),
                IfNoneExistSpot = At(entry.Request[2]),
                IfMatchSpot = At(entry.Request[3]),
                IfNoneMatchSpot = At(entry.Request[4]),
                IfModifiedSinceSpot = At(entry.Request[5]),
            };
        }
        return new ScannedBundle(type, entries);
    }
}

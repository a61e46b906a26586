using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>What is remembered of a Bundle until it ends: its type may come after its entries.</summary>
internal sealed class BundleState
{
    private readonly List<Entry> _entries = [];
    private readonly TextIndex _fullUrls = new();

    /// <summary>Versions of one resource in one Bundle that are told apart; more of the same would slip through, and comparing all would
    /// let one Bundle hold a gateway.</summary>
    private const int MaxVersions = 100;

    public int FirstUndecided { get; private set; }

    internal sealed class Entry
    {
        public int Offset { get; set; }
        public Capture FullUrl { get; set; }
        public Capture VersionId { get; set; }
        public bool HasSearch { get; set; }
        public bool HasRequest { get; set; }
        public bool HasResponse { get; set; }
        public ScannedResource? Resource { get; set; }
        /// <summary>The request's method, url, ifNoneExist, ifMatch, ifNoneMatch and ifModifiedSince.</summary>
        public Capture[] Request { get; } = new Capture[6];
    }

    public int Count { get; private set; }

    public Entry this[int index] => _entries[index];

    public Entry Current => _entries[Count - 1];

    public void Start(int undecided)
    {
        Count = 0;
        _fullUrls.Start([], 0);
        FirstUndecided = undecided;
    }

    public void Begin(int offset)
    {
        if (Count == _entries.Count)
            _entries.Add(new Entry());
        var entry = _entries[Count++];
        entry.Offset = offset;
        entry.FullUrl = entry.VersionId = default;
        entry.Resource = null;
        entry.Request.AsSpan().Clear();
    }

    /// <summary>Lets go of the scanned resources, which would otherwise live as long as the scanner.</summary>
    public void Release()
    {
        for (int i = 0; i < Count; i++)
            _entries[i].Resource = null;
    }

    /// <summary>Makes fullUrls findable; tells of every entry whose fullUrl and version another has before it.</summary>
    public void Index(byte[] data, Action<int> repeated)
    {
        _fullUrls.Start(data, Count);
        for (int i = 0; i < Count; i++)
        {
            _fullUrls.Add(_entries[i].FullUrl);
            int versions = 0;
            for (int other = _fullUrls.Before(i); other >= 0 && versions < MaxVersions; other = _fullUrls.Before(other), versions++)
            {
                if (Text(_entries[other].VersionId, data).SequenceEqual(Text(_entries[i].VersionId, data)))
                {
                    repeated(i);
                    break;
                }
            }
        }
    }

    /// <summary>The type of the entry with that fullUrl: an index of a resource type, or -1 when the Bundle does not say.</summary>
    public int TypeOf(ReadOnlySpan<byte> fullUrl) =>
        _fullUrls.Find(fullUrl) is var entry and >= 0 ? _entries[entry].Resource?.TypeIndex ?? -1 : -1;

    private static ReadOnlySpan<byte> Text(Capture capture, byte[] data) => data.AsSpan(capture.Offset, capture.Length);
}

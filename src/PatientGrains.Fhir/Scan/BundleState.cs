using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>What is remembered of a Bundle until it ends: its type may come after its entries.</summary>
internal sealed class BundleState
{
    private readonly List<Entry> _entries = [];
    private int[] _buckets = [];
    private int[] _next = [];

    public int FirstUndecided { get; private set; }

    internal sealed class Entry
    {
        public int Offset { get; set; }
        public Capture FullUrl { get; set; }
        public Capture VersionId { get; set; }
        public int Hash { get; set; }
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
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, Count * 2));
        if (_buckets.Length < size)
            _buckets = new int[size];
        if (_next.Length < Count)
            _next = new int[size];
        _buckets.AsSpan().Fill(-1);
        for (int i = 0; i < Count; i++)
        {
            var url = Text(_entries[i].FullUrl, data);
            if (url.IsEmpty)
                continue;
            int bucket = Bucket(url, out int hash);
            _entries[i].Hash = hash;
            for (int other = _buckets[bucket]; other >= 0; other = _next[other])
            {
                if (_entries[other].Hash == hash && Text(_entries[other].FullUrl, data).SequenceEqual(url) && Text(_entries[other].VersionId, data).SequenceEqual(Text(_entries[i].VersionId, data)))
                {
                    repeated(i);
                    break;
                }
            }
            _next[i] = _buckets[bucket];
            _buckets[bucket] = i;
        }
    }

    /// <summary>The type of the entry with that fullUrl: an index of a resource type, or -1 when the Bundle does not say.</summary>
    public int TypeOf(ReadOnlySpan<byte> fullUrl, byte[] data)
    {
        if (_buckets.Length == 0)
            return -1;
        int bucket = Bucket(fullUrl, out int hash);
        for (int other = _buckets[bucket]; other >= 0; other = _next[other])
        {
            if (_entries[other].Hash == hash && Text(_entries[other].FullUrl, data).SequenceEqual(fullUrl))
                return _entries[other].Resource?.TypeIndex ?? -1;
        }
        return -1;
    }

    private int Bucket(ReadOnlySpan<byte> url, out int hash)
    {
        // Seeded per process: senders choose fullUrls, and a known hash could be made to collide.
        var hasher = default(HashCode);
        hasher.AddBytes(url);
        hash = hasher.ToHashCode();
        return hash & (_buckets.Length - 1);
    }

    private static ReadOnlySpan<byte> Text(Capture capture, byte[] data) => data.AsSpan(capture.Offset, capture.Length);
}

using System.Numerics;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>
/// Finds texts of the scanned buffer by their bytes. Senders choose the texts and can send a million of them, so nothing here is compared
/// pair by pair,
/// and the hash is seeded per process so that it cannot be made to collide.
/// </summary>
internal sealed class TextIndex
{
    private readonly List<(Capture Text, int Hash, int Next)> _items = [];
    private int[] _buckets = [];
    private byte[] _data = [];

    public int Count => _items.Count;

    public void Start(byte[] data, int expected)
    {
        _data = data;
        _items.Clear();
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, expected * 2));
        if (_buckets.Length < size || _buckets.Length > size * 64)
            _buckets = new int[size];
        _buckets.AsSpan().Fill(-1);
    }

    /// <summary>Items are numbered in the order in which they are added; an empty text is numbered and never found.</summary>
    public void Add(Capture text)
    {
        if (text.Length == 0)
        {
            _items.Add((text, 0, -1));
            return;
        }
        int hash = Hash(Text(text));
        ref int bucket = ref _buckets[hash & (_buckets.Length - 1)];
        _items.Add((text, hash, bucket));
        bucket = _items.Count - 1;
    }

    /// <summary>The number of the last item that has this text, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text) =>
        text.IsEmpty || _items.Count == 0 ? -1 : From(_buckets[Hash(text) & (_buckets.Length - 1)], text);

    /// <summary>The one before it that has the same text, or -1.</summary>
    public int Before(int item) => From(_items[item].Next, Text(_items[item].Text));

    private int From(int item, ReadOnlySpan<byte> text)
    {
        while (item >= 0 && !Text(_items[item].Text).SequenceEqual(text))
            item = _items[item].Next;
        return item;
    }

    private ReadOnlySpan<byte> Text(Capture capture) => _data.AsSpan(capture.Offset, capture.Length);

    private static int Hash(ReadOnlySpan<byte> text)
    {
        var hash = default(HashCode);
        hash.AddBytes(text);
        return hash.ToHashCode();
    }
}

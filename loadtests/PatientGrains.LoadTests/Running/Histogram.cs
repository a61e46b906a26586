using System.Numerics;

namespace PatientGrains.LoadTests.Running;

/// <summary>
/// Counts of values in buckets that double in width, each cut into 1,024 slots: three significant digits from 1 to 2^43 (as HdrHistogram,
/// hdrhistogram.org). Whole numbers from 0; latencies are in microseconds. Many may add at once; reading while somebody adds gives some
/// state in between. Buckets that nothing fell into take no memory.
/// </summary>
internal sealed class Histogram
{
    private const int SlotBits = 10;
    private const int Slots = 1 << SlotBits;
    private const int Buckets = 34;

    /// <summary>The first bucket has twice the slots: below it, values are counted exactly.</summary>
    private readonly int[]?[] _counts = new int[Buckets][];
    private long _count;
    private long _sum;
    private long _max;

    public long Count => Volatile.Read(ref _count);
    public long Max => Volatile.Read(ref _max);
    public double Mean => Count == 0 ? 0 : (double)Volatile.Read(ref _sum) / Count;

    /// <summary>Negative values count as 0, those beyond the end as the end.</summary>
    public void Add(long value)
    {
        value = Math.Clamp(value, 0, (1L << (Buckets + SlotBits)) - 1);
        var (bucket, slot) = Place(value);
        Interlocked.Increment(ref Slot(bucket)[slot]);
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _sum, value);
        Raise(value);
    }

    /// <summary>Adds everything that another one counted.</summary>
    public void Merge(Histogram other)
    {
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            if (other._counts[bucket] is not { } theirs)
                continue;
            int[] ours = Slot(bucket);
            for (int slot = 0; slot < theirs.Length; slot++)
                Interlocked.Add(ref ours[slot], theirs[slot]);
        }
        Interlocked.Add(ref _count, other.Count);
        Interlocked.Add(ref _sum, Volatile.Read(ref other._sum));
        Raise(other.Max);
    }

    /// <summary>
    /// The smallest value that at least this share of all values do not exceed, up to the width of its slot; 0 for an empty histogram.
    /// </summary>
    /// <param name="share">0 to 1.</param>
    public long At(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            if (_counts[bucket] is not { } counts)
                continue;
            for (int slot = 0; slot < counts.Length; slot++)
            {
                seen += counts[slot];
                if (seen >= wanted)
                    return Math.Min(HighestOf(bucket, slot), Max);
            }
        }
        return Max;
    }

    private static (int Bucket, int Slot) Place(long value)
    {
        int bucket = Math.Max(0, BitOperations.Log2((ulong)value) - SlotBits);
        int slot = (int)(value >> bucket);
        return (bucket, bucket == 0 ? slot : slot - Slots);
    }

    private static long HighestOf(int bucket, int slot) => bucket == 0 ? slot : ((slot + Slots + 1L) << bucket) - 1;

    private int[] Slot(int bucket)
    {
        if (Volatile.Read(ref _counts[bucket]) is { } there)
            return there;
        var made = new int[bucket == 0 ? 2 * Slots : Slots];
        return Interlocked.CompareExchange(ref _counts[bucket], made, null) ?? made;
    }

    private void Raise(long value)
    {
        for (long max = Max; value > max;)
            max = Interlocked.CompareExchange(ref _max, value, max) is var found && found == max ? value : found;
    }
}

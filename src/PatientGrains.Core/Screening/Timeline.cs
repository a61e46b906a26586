using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// The readings of one variable, oldest first, in blocks. Nobody who holds one sees it change. Values mostly arrive in the order in which
/// they held, and then the longer timeline shares all that the shorter one has; a late value or a correction copies one block, and a
/// reference for each of the others.
/// </summary>
internal sealed class Timeline
{
    /// <summary>A late value copies under 3 KB of readings, and 25 KB of references in a series of 50,000.</summary>
    internal const int BlockSize = 32;

    public static readonly Timeline Empty = new([], default);

    /// <summary>Those before the last, none empty.</summary>
    private readonly Block[] _before;

    /// <summary>Empty only in an empty timeline.</summary>
    private readonly Block _last;

    private Timeline(Block[] before, Block last)
    {
        _before = before;
        _last = last;
    }

    /// <summary>
    /// All of them at once, in any order but that what one statement says of one instant stays in its order: what <see cref="With"/> makes
    /// one by one, without copying a block for each late value.
    /// </summary>
    public static Timeline Of(IReadOnlyList<Reading> readings)
    {
        var blocks = readings.Order(Comparer<Reading>.Create(static (one, other) => Compare(one, other)))
            .Chunk(BlockSize).Select(Block.Of).ToArray();
        return blocks.Length == 0 ? Empty : new Timeline(blocks[..^1], blocks[^1]);
    }

    public Readings All => new(this, default, End);

    private Position End => new(_before.Length, _last.Count);

    /// <summary>Values with <c>from &lt; At &lt;= until</c>.</summary>
    public Readings Between(DateTimeOffset from, DateTimeOffset until) => new(this, FirstAfter(from), FirstAfter(until));

    public Reading? Newest(DateTimeOffset at)
    {
        var next = FirstAfter(at);
        return next.Offset > 0 ? BlockAt(next.Block)[next.Offset - 1] : next.Block > 0 ? BlockAt(next.Block - 1)[^1] : null;
    }

    /// <summary>When <see cref="Newest"/> held: most look no further, and a reading is large to hand around.</summary>
    public DateTimeOffset? NewestAt(DateTimeOffset at)
    {
        if (_last.Count == 0)
            return null;
        var last = _last.All[^1].At;
        return last <= at ? last : Newest(at)?.At;
    }

    public ReadOnlySpan<Reading> BlockAt(int block) => (block == _before.Length ? _last : _before[block]).All;

    /// <summary>
    /// Sorted by time, so that the order of arrival leaves no trace; of one instant preliminary values come first, and then the key
    /// decides. What one statement says of one instant stays in its order.
    /// </summary>
    public Timeline With(in Reading reading)
    {
        if (_last.Count == 0 || Compare(_last.All[^1], reading) <= 0)
        {
            return _last.Count < BlockSize
                ? new Timeline(_before, _last.Plus(reading))
                : new Timeline([.. _before, _last], Block.Of([reading]));
        }
        // Late values are seldom very late.
        int block = _before.Length;
        while (block > 0 && Compare(BlockAt(block - 1)[^1], reading) > 0)
            block--;
        var old = BlockAt(block);
        int at = old.Length;
        while (at > 0 && Compare(old[at - 1], reading) > 0)
            at--;
        Reading[] longer = [.. old[..at], reading, .. old[at..]];
        return longer.Length <= BlockSize
            ? Replaced(block, longer)
            : Replaced(block, Block.Of(longer[..(BlockSize / 2)]), Block.Of(longer[(BlockSize / 2)..]));
    }

    /// <summary>Without what a statement said.</summary>
    public Timeline Without(ResourceKey key)
    {
        var timeline = this;
        for (int block = _before.Length; block >= 0; block--)
        {
            if (Says(BlockAt(block), key))
                timeline = timeline.Replaced(block, Array.FindAll(BlockAt(block).ToArray(), reading => reading.Key != key));
        }
        return timeline;
    }

    /// <summary>Without what a statement said of an instant: this looks only there.</summary>
    public Timeline Without(ResourceKey key, DateTimeOffset at)
    {
        var timeline = this;
        int first = First(at, isAfter: false).Block;
        for (int block = First(at, isAfter: true).Block; block >= first; block--)
        {
            var left = Array.FindAll(BlockAt(block).ToArray(), reading => reading.At != at || reading.Key != key);
            if (left.Length < BlockAt(block).Length)
                timeline = timeline.Replaced(block, left);
        }
        return timeline;
    }

    private static bool Says(ReadOnlySpan<Reading> readings, ResourceKey key)
    {
        foreach (ref readonly var reading in readings)
        {
            if (reading.Key == key)
                return true;
        }
        return false;
    }

    private Timeline Replaced(int block, Reading[] by)
    {
        if (by.Length == 0)
            return Replaced(block);
        if (block == _before.Length)
            return new Timeline(_before, Block.Of(by));
        Block[] before = [.. _before];
        before[block] = Block.Of(by);
        return new Timeline(before, _last);
    }

    private Timeline Replaced(int block, params ReadOnlySpan<Block> by)
    {
        Block[] blocks = [.. _before, _last];
        blocks = [.. blocks[..block], .. by, .. blocks[(block + 1)..]];
        return blocks.Length == 0 ? Empty : new Timeline(blocks[..^1], blocks[^1]);
    }

    private static int Compare(in Reading one, in Reading other)
    {
        int order = one.At.CompareTo(other.At);
        if (order == 0)
            order = other.IsPreliminary.CompareTo(one.IsPreliminary);
        return order != 0 ? order : Chart.Compare(one.Key, other.Key);
    }

    private Position FirstAfter(DateTimeOffset at) => First(at, isAfter: true);

    /// <summary>The first reading after a time, or at it.</summary>
    private Position First(DateTimeOffset at, bool isAfter)
    {
        bool IsBefore(DateTimeOffset time) => time < at || (isAfter && time == at);
        if (_last.Count == 0 || IsBefore(_last.All[^1].At))
            return End;
        int block = 0;
        int high = _before.Length;
        while (block < high)
        {
            int middle = (block + high) / 2;
            if (IsBefore(_before[middle].All[^1].At))
                block = middle + 1;
            else
                high = middle;
        }
        var readings = BlockAt(block);
        int offset = 0;
        while (IsBefore(readings[offset].At))
            offset++;
        return new Position(block, offset);
    }

    /// <summary>Before the reading of an offset in a block.</summary>
    internal readonly record struct Position(int Block, int Offset) : IComparable<Position>
    {
        public int CompareTo(Position other) => (Block, Offset).CompareTo((other.Block, other.Offset));
    }

    /// <summary>The first so many places of a room.</summary>
    private readonly record struct Block(Room Room, int Count)
    {
        public ReadOnlySpan<Reading> All => Count == 0 ? [] : Room.Places.AsSpan(0, Count);

        public static Block Of(Reading[] readings) => new(new Room(readings, readings.Length), readings.Length);

        /// <summary>In the next place of the room; in a roomier one when that is there no more.</summary>
        public Block Plus(in Reading reading)
        {
            if (Count > 0 && Room.Put(Count, reading))
                return new Block(Room, Count + 1);
            var places = new Reading[Math.Min(BlockSize, 2 * Count + 2)];
            All.CopyTo(places);
            places[Count] = reading;
            return new Block(new Room(places, Count + 1), Count + 1);
        }
    }

    /// <summary>Places that several timelines share: what is taken is never written again, and only one can take the next.</summary>
    private sealed class Room(Reading[] places, int taken)
    {
        private int _taken = taken;

        public Reading[] Places { get; } = places;

        /// <summary>
        /// False when there is no such place, or another reading took it. The same one may be there already: a decision looks at the chart
        /// that its events will make, and then they make it.
        /// </summary>
        public bool Put(int place, in Reading reading)
        {
            if (place >= Places.Length)
                return false;
            if (Interlocked.CompareExchange(ref _taken, place + 1, place) != place)
                return Places[place] == reading;
            Places[place] = reading;
            return true;
        }
    }
}

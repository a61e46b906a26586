using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// The readings of one variable, oldest first. Nobody who holds one sees it change. Values mostly arrive in the order in which they held,
/// and then the longer timeline shares the array of the shorter one and copies nothing; a late value or a correction copies once.
/// </summary>
internal sealed class Timeline
{
    public static readonly Timeline Empty = new(new Room([]), 0);

    private readonly Room _room;
    private readonly int _count;

    private Timeline(Room room, int count)
    {
        _room = room;
        _count = count;
    }

    public ReadOnlySpan<Reading> All => _room.Places.AsSpan(0, _count);

    /// <summary>Values with <c>from &lt; At &lt;= until</c>.</summary>
    public ReadOnlySpan<Reading> Between(DateTimeOffset from, DateTimeOffset until)
    {
        int first = FirstAfter(from);
        return All[first..Math.Max(first, FirstAfter(until))];
    }

    public Reading? Newest(DateTimeOffset at)
    {
        int next = FirstAfter(at);
        return next == 0 ? null : All[next - 1];
    }

    /// <summary>
    /// Sorted by time, so that the order of arrival leaves no trace; of one instant preliminary values come first, and then the key
    /// decides. What one statement says of one instant stays in its order.
    /// </summary>
    public Timeline With(in Reading reading)
    {
        int at = FirstAfter(reading.At);
        while (at > 0 && Compare(All[at - 1], reading) > 0)
            at--;
        if (at == _count && _room.Put(_count, reading))
            return new Timeline(_room, _count + 1);
        var places = new Reading[Math.Max(4, _count + _count / 2 + 1)];
        All[..at].CopyTo(places);
        places[at] = reading;
        All[at..].CopyTo(places.AsSpan(at + 1));
        return new Timeline(new Room(places) { Taken = _count + 1 }, _count + 1);
    }

    /// <summary>Without what a statement said of an instant.</summary>
    public Timeline Without(ResourceKey key, DateTimeOffset at)
    {
        var left = new Reading[_count];
        int count = 0;
        foreach (ref readonly var reading in All)
        {
            if (reading.At != at || reading.Key != key)
                left[count++] = reading;
        }
        return count == _count ? this : count == 0 ? Empty : new Timeline(new Room(left) { Taken = count }, count);
    }

    private static int Compare(in Reading one, in Reading other)
    {
        int order = one.At.CompareTo(other.At);
        if (order == 0)
            order = other.IsPreliminary.CompareTo(one.IsPreliminary);
        return order != 0 ? order : Chart.Compare(one.Key, other.Key);
    }

    private int FirstAfter(DateTimeOffset at)
    {
        var all = All;
        if (all.IsEmpty || all[^1].At <= at)
            return all.Length;
        int low = 0;
        int high = all.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (all[middle].At <= at)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>
    /// Places that several timelines share: what is taken is never written again, and only one can take the next. Who would write what is
    /// there already shares it: a decision makes the chart that its events will make once more when they are folded.
    /// </summary>
    private sealed class Room(Reading[] places)
    {
        private int _taken;

        public Reading[] Places { get; } = places;

        public int Taken { init => _taken = value; }

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

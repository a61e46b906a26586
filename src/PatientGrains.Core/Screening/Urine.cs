namespace PatientGrains.Core.Screening;

/// <summary>Urine by collections with a start and an end. A volume without a period is no output per time, and is not used.</summary>
internal static class Urine
{
    /// <summary>
    /// Millilitres that left the body in the time before the end of a collection; null unless collections cover all of it, because a gap
    /// may hide urine. Overlapping collections (of two sources) count both: too much rather than too little, which could alert.
    /// </summary>
    public static decimal? Volume(Chart chart, DateTimeOffset until, TimeSpan over)
    {
        var from = until - over;
        var collections = new List<Reading>();
        foreach (var reading in chart.Between(Variable.UrineOutput, from, until))
        {
            if (reading.From < reading.At)
                collections.Add(reading);
        }
        collections.Sort((one, other) => one.From!.Value.CompareTo(other.From!.Value));

        var covered = from;
        decimal volume = 0;
        foreach (var collection in collections)
        {
            var start = collection.From!.Value;
            if (start > covered)
                return null;
            // Of a collection that began before, the part that falls into the time: urine is taken to flow evenly.
            var counted = collection.At - (start > from ? start : from);
            volume += collection.Value * counted.Ticks / (collection.At - start).Ticks;
            covered = collection.At > covered ? collection.At : covered;
        }
        return covered >= until ? volume : null;
    }

    /// <summary>The newest collection with a period that ended at a time or up to a day before; null for none.</summary>
    public static Reading? Newest(Chart chart, DateTimeOffset at)
    {
        Reading? newest = null;
        foreach (ref readonly var collection in chart.Between(Variable.UrineOutput, at - Variables.Of(Variable.UrineOutput).FreshFor, at))
        {
            if (collection.From < collection.At)
                newest = collection;
        }
        return newest;
    }
}

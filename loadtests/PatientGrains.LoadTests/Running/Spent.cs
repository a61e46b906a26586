namespace PatientGrains.LoadTests.Running;

/// <summary>What the whole process has spent until a moment.</summary>
internal readonly record struct Spent(TimeSpan Processor, long Allocated, int Collections, TimeSpan Paused)
{
    public static Spent UntilNow() =>
        new(Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), GC.CollectionCount(0), GC.GetTotalPauseDuration());

    /// <summary>The round that began then and ends now.</summary>
    public Round Round(long units, double seconds)
    {
        var now = UntilNow();
        return new Round(units, seconds, (now.Processor - Processor).TotalMicroseconds / units, (now.Allocated - Allocated) / (double)units,
            now.Collections - Collections, (now.Paused - Paused).TotalSeconds / seconds);
    }
}

namespace PatientGrains.Log;

/// <summary>The limits of one journal. Tests make them small.</summary>
public sealed record JournalOptions
{
    /// <summary>
    /// Appends on their way at a time. While that many are, later decisions gather in the next commit. Two keep the log busy while it
    /// syncs. Not settled by measurement: on a noisy machine three were sometimes better for one hot patient (2026-11-22).
    /// </summary>
    public int Depth { get; init; } = 2;

    /// <summary>Decisions that wait for durability or for a transaction of another log to be settled; past it, a call is refused as busy
    /// before anything is decided.</summary>
    public int MaxWaiting { get; init; } = 4096;

    /// <summary>Bytes of events that are not sealed yet; past it, a call is refused as busy before anything is decided.</summary>
    public int MaxGatheredBytes { get; init; } = 64 << 20;

    /// <summary>A commit takes no further decision in beyond this, so that one sync stays short. A single larger decision still is one
    /// commit.</summary>
    public int CommitBytes { get; init; } = 1 << 20;

    /// <summary>No snapshot before this many bytes of events: opening replays that much in a millisecond or two.</summary>
    public int SnapshotFrom { get; init; } = 256 << 10;

    /// <summary>Fewer commits than this are replayed as fast as a snapshot of the same bytes is read: each costs about 20 us beyond its
    /// bytes.</summary>
    public int SnapshotCommits { get; init; } = 64;

    /// <summary>How long a prepared commit may hold the log. A coordinator needs a few milliseconds; after this it is taken for
    /// dead.</summary>
    public TimeSpan PrepareTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

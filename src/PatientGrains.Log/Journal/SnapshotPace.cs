namespace PatientGrains.Log;

/// <summary>
/// When the next snapshot is worth its cost. A few large commits are replayed as fast as a snapshot is read, so one that would only repeat
/// them is not made; many small ones are not, and neither is much that was overwritten since.
/// </summary>
internal sealed class SnapshotPace
{
    private long _bytes;
    private int _commits;
    private long _lastBytes;

    /// <summary>A commit was written, or replayed when the log was opened.</summary>
    public void Count(int bytes)
    {
        _bytes += bytes;
        _commits++;
    }

    /// <summary>
    /// Growth: as much written as the last snapshot holds, in many commits, so that each byte is copied into snapshots twice at most on
    /// average. Change: twice the bytes of the state, in any number of commits.
    /// </summary>
    public bool IsDue(JournalOptions options, long stateBytes) =>
        _bytes >= options.SnapshotFrom
        && ((_commits >= options.SnapshotCommits && _bytes >= _lastBytes) || _bytes >= 2 * stateBytes);

    /// <summary>A snapshot of that many bytes was made, or the log was opened from it.</summary>
    public void Taken(long bytes)
    {
        _bytes = 0;
        _commits = 0;
        _lastBytes = bytes;
    }
}

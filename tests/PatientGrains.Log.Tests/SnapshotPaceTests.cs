namespace PatientGrains.Log.Tests;

public class SnapshotPaceTests
{
    private static readonly JournalOptions Options = new();

    [Fact]
    public void One_large_import_makes_no_snapshot()
    {
        var pace = new SnapshotPace();
        pace.Count(4 << 20);
        Assert.False(pace.IsDue(Options, stateBytes: 4 << 20));
    }

    [Fact]
    public void A_patient_that_only_grows_gets_a_snapshot_each_time_it_doubles()
    {
        var pace = new SnapshotPace();
        long state = 0;
        var sizes = new List<long>();
        for (int commit = 0; commit < 5_000; commit++)
        {
            state += 2_000;
            pace.Count(2_100);
            if (!pace.IsDue(Options, state))
                continue;
            sizes.Add(state);
            pace.Taken(state);
        }
        Assert.InRange(sizes.Count, 5, 7);
        Assert.True(sizes.Sum() <= 2.2 * state, "snapshots may at most double what is written");
    }

    [Fact]
    public void Much_that_was_overwritten_is_not_replayed()
    {
        var pace = new SnapshotPace();
        pace.Taken(500_000);
        pace.Count(600_000);
        Assert.False(pace.IsDue(Options, 500_000));
        pace.Count(400_000);
        Assert.True(pace.IsDue(Options, 500_000));
    }
}

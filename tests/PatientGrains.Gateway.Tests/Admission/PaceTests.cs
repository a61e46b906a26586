using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Tests.Feeds;

namespace PatientGrains.Gateway.Tests.Admission;

public class PaceTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void It_grows_while_those_let_in_are_quick_and_others_wait_up_to_its_end()
    {
        var pace = New();
        pace.Shared();
        Assert.Equal(32, pace.Limit);
        Window(pace, 2, isFull: true);
        Assert.Equal(36, pace.Limit);
        for (int i = 0; i < 40; i++)
            Window(pace, 2, isFull: true);
        Assert.Equal(1_024, pace.Limit);
    }

    [Fact]
    public void It_shrinks_while_they_are_slow_and_no_further_than_its_least()
    {
        var pace = New();
        for (int i = 0; i < 40; i++)
            Window(pace, 2, isFull: true);
        Window(pace, 30, isFull: true);
        Assert.Equal(512, pace.Limit);
        Window(pace, 12, isFull: true);
        Assert.Equal(426, pace.Limit);
        for (int i = 0; i < 60; i++)
            Window(pace, 30, isFull: true);
        Assert.Equal(32, pace.Limit);
    }

    /// <summary>Slowness that nobody waits behind is not of its making, and quickness without load proves nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void It_stands_while_there_is_room(int millis)
    {
        var pace = New();
        for (int i = 0; i < 20; i++)
            Window(pace, millis, isFull: false);
        Assert.Equal(32, pace.Limit);
    }

    [Fact]
    public void Large_ones_and_a_handful_of_samples_tell_it_nothing()
    {
        var pace = New();
        pace.Full();
        _clock.Move(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 100; i++)
            pace.Done(units: 5, Ago(1));
        for (int i = 1; i < Pace.LeastSamples; i++)
            pace.Done(units: 1, Ago(1));
        Assert.Equal(128, pace.Limit);
        pace.Done(units: 1, Ago(1));
        Assert.Equal(144, pace.Limit);
    }

    /// <summary>A store that does so many a second, whatever is under way: the limit settles where the latency is the target.</summary>
    [Theory]
    [InlineData(10_000)]
    [InlineData(30_000)]
    public void Under_a_flood_it_settles_where_latency_is_the_target(int perSecond)
    {
        var pace = New();
        var limits = new List<int>();
        for (int i = 0; i < 200; i++)
        {
            Window(pace, 1_000.0 * pace.Limit / perSecond, isFull: true);
            if (i >= 100)
                limits.Add(pace.Limit);
        }
        Assert.All(limits, limit => Assert.InRange(1_000.0 * limit / perSecond, 7.5, 12));
    }

    [Fact]
    public void A_source_that_is_alone_may_take_four_times_as_long_and_has_four_times_the_least()
    {
        var pace = New();
        Assert.Equal(128, pace.Limit);
        for (int i = 0; i < 40; i++)
            Window(pace, 39, isFull: true, isShared: false);
        Assert.Equal(1_024, pace.Limit);
        for (int i = 0; i < 5; i++)
            Window(pace, 80, isFull: true, isShared: false);
        Assert.Equal(128, pace.Limit);
    }

    [Fact]
    public void The_first_request_of_another_source_ends_at_once_what_was_allowed_alone()
    {
        var pace = New();
        for (int i = 0; i < 40; i++)
            Window(pace, 39, isFull: true, isShared: false);
        long before = _clock.GetTimestamp();
        _clock.Move(TimeSpan.FromMilliseconds(1));
        pace.Shared();
        Assert.Equal(32, pace.Limit);
        // What was let in before is late because of the other limit, and tells nothing about this one.
        pace.Full();
        _clock.Move(Pace.Window);
        for (int i = 0; i < 100; i++)
            pace.Done(units: 1, before);
        Assert.Equal(32, pace.Limit);
        Window(pace, 2, isFull: true);
        Assert.Equal(36, pace.Limit);
    }

    [Fact]
    public void A_source_is_alone_when_no_other_came_for_a_while_and_then_has_what_it_had_alone()
    {
        var pace = New();
        for (int i = 0; i < 40; i++)
            Window(pace, 39, isFull: true, isShared: false);
        Window(pace, 20, isFull: true);
        for (var waited = Pace.Window; waited < Pace.SharedFor; waited += Pace.Window)
        {
            Assert.Equal(32, pace.Limit);
            Window(pace, 20, isFull: true, isShared: false);
        }
        Window(pace, 20, isFull: false, isShared: false);
        Assert.Equal(1_024, pace.Limit);
        Window(pace, 2, isFull: true);
        Assert.Equal(36, pace.Limit);
    }

    private Pace New() => new(32, 1_024, TimeSpan.FromMilliseconds(10), _clock);

    private void Window(Pace pace, double millis, bool isFull, bool isShared = true)
    {
        if (isShared)
            pace.Shared();
        if (isFull)
            pace.Full();
        _clock.Move(Pace.Window);
        for (int i = 0; i < Pace.LeastSamples; i++)
            pace.Done(units: 1, Ago(millis));
    }

    private long Ago(double millis) => _clock.GetTimestamp() - (long)(millis * _clock.TimestampFrequency / 1_000);
}

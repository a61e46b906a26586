using System.Collections.Concurrent;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Gateway.Grpc;
using PatientGrains.Log.Tests;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Feeds;

/// <summary>One broken record must not silence the alerts of a hospital.</summary>
public class UnreadableTests
{
    /// <summary>Without heartbeats, so that nothing waits for the clock but who waits for the broken record.</summary>
    private static readonly FeedLimits Limits = new() { Heartbeat = TimeSpan.FromDays(1) };

    /// <summary>Records that are well answer at once, so that time passes for the broken one alone.</summary>
    private readonly ScriptedFeed _feed = new() { IsPrompt = true };
    private readonly ManualClock _clock = new();
    private bool _isWell;

    public static TheoryData<string> Troubles => ["throws", "busy", "hangs", "babbles"];

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Alerts_of_others_arrive_within_the_patience_and_the_broken_record_is_told(string trouble)
    {
        Break("broken", trouble);
        var hub = new Hub(_feed, Limits, _clock);
        using var subscription = await hub.Subscribe(hub.Ask());
        await subscription.Next(default);
        for (int i = 0; i < 11; i++)
            _feed.Add(i == 3 ? "broken" : "p" + i);
        // The last pause between two tries may begin just before the patience ends. No more time than that passes.
        var entries = await Take(subscription, 11, Limits.AlertPatience + Limits.LastRetry);
        Assert.Equal(Enumerable.Range(1, 11).Select(i => (long)i), entries.Select(entry => entry.Number));
        var passed = Assert.Single(entries, entry => entry.Happened is null);
        Assert.Equal((4, "Patient/broken"), (passed.Number, passed.Log));
    }

    [Fact]
    public async Task Content_comes_to_who_returns_with_the_cursor_before_once_the_record_is_well()
    {
        Break("broken", "throws");
        var hub = new Hub(_feed, Limits, _clock);
        using (var first = await hub.Subscribe(hub.Ask(fromBeginning: true)))
        {
            _feed.Add("a");
            _feed.Add("broken");
            _feed.Add("broken");
            _feed.Add("b");
            var entries = await Take(first, 4);
            Assert.Equal([true, false, false, true], entries.Select(entry => entry.Happened is not null));
            _isWell = true;
            _feed.Add("broken");
            Assert.NotNull((await Take(first, 1))[0].Happened);
            using var again = await hub.Subscribe(hub.Ask(cursor: entries[1].CursorBefore));
            var wells = await Take(again, 4);
            Assert.Equal([2, 3, 4, 5], wells.Select(entry => entry.Number));
            Assert.All(wells, entry => Assert.NotNull(entry.Happened));
        }
    }

    [Fact]
    public async Task Every_subscriber_whose_patients_it_can_be_for_hears_it_and_has_an_entry_before()
    {
        Break("broken", "throws");
        var hub = new Hub(_feed, Limits, _clock);
        var narrow = hub.Ask(fromBeginning: true, filter: new FeedFilter
        {
            Patients = ["broken"], Units = ["Location/icu"], Rules = ["sofa"], MinSeverity = Severity.Critical,
        });
        var other = hub.Ask(fromBeginning: true, filter: new FeedFilter { Patients = ["well"] });
        _feed.Add("broken");
        _feed.Add("well");
        using var mine = await hub.Subscribe(narrow);
        using var theirs = await hub.Subscribe(other);
        Assert.Null(Assert.Single(await Take(mine, 1)).Happened);
        Assert.Equal(2, Assert.Single(await Take(theirs, 1)).Number);
        var noted = Assert.Single(_feed.Noted);
        Assert.Equal((narrow.RequestId, "feed alerts 1 unreadable Patient/broken", null), (noted.RequestId, noted.Asked, noted.RefusedBy));
    }

    [Fact]
    public async Task A_silent_security_log_is_gone_round_and_without_any_nothing_leaves()
    {
        Break("broken", "throws");
        bool areAllSilent = true;
        int tries = 0;
        _feed.BeforeNote = log => areAllSilent || Interlocked.Increment(ref tries) % 3 != 0 ? new Refused(Rule.Busy) : null;
        var hub = new Hub(_feed, Limits, _clock);
        _feed.Add("broken");
        using var subscription = await hub.Subscribe(hub.Ask(fromBeginning: true));
        await subscription.Next(default);
        var next = Hub.Take(subscription, 1);
        await Pass(() => _feed.Asked.Count >= 20 || next.IsCompleted, TimeSpan.FromHours(1));
        Assert.False(next.IsCompleted);
        areAllSilent = false;
        await Pass(() => next.IsCompleted, TimeSpan.FromHours(1));
        Assert.Null(Assert.Single((await next).Entries).Happened);
        Assert.Single(_feed.Noted);
    }

    [Fact]
    public async Task While_nothing_can_be_written_down_there_is_a_pause_before_the_record_is_asked_again()
    {
        var asked = new ConcurrentQueue<DateTimeOffset>();
        _feed.Before = (_, _) =>
        {
            asked.Enqueue(_clock.GetUtcNow());
            throw new InvalidOperationException("The record could not be opened.");
        };
        bool isDown = true;
        _feed.BeforeNote = _ => isDown ? new Refused(Rule.Busy) : null;
        var hub = new Hub(_feed, Limits, _clock);
        _feed.Add("broken");
        using var subscription = await hub.Subscribe(hub.Ask(fromBeginning: true));
        await subscription.Next(default);
        var next = Hub.Take(subscription, 1);
        await Pass(() => asked.Count >= 30, TimeSpan.FromHours(1));
        isDown = false;
        await Pass(() => next.IsCompleted, TimeSpan.FromHours(1));
        Assert.Null(Assert.Single((await next).Entries).Happened);
        // On a clock that stands while something is done two questions at one time are two without a pause.
        Assert.Equal(asked.Distinct(), asked);
    }

    [Fact]
    public async Task An_integrator_is_not_told_whose_values_could_not_be_read()
    {
        Break("broken", "throws");
        _feed.Add("broken");
        var hub = new Hub(_feed, Limits, _clock);
        using var integrator = await hub.Subscribe(hub.Ask(Role.Integrator, fromBeginning: true, feed: Feed.Quality));
        using var clinician = await hub.Subscribe(hub.Ask(Role.Clinician, fromBeginning: true, feed: Feed.Quality));
        Assert.False(RecordMessages.Unreadable(Assert.Single(await Take(integrator, 1))).HasPatientId);
        Assert.Equal("broken", RecordMessages.Unreadable(Assert.Single(await Take(clinician, 1))).PatientId);
    }

    [Fact]
    public void The_message_names_the_patient_and_where_to_come_back_and_no_content()
    {
        var line = AlertMessages.Line(new FeedEntry(7, "behind", "Patient/p", null, "before"));
        Assert.Equal(new V1.AlertLine { Number = 7, PatientId = "p", Unreadable = new() { CursorBefore = "before" } }, line);
    }

    private void Break(string patient, string trouble) => _feed.Before = async (log, _) =>
    {
        if (_isWell || log != "Patient/" + patient)
            return null;
        if (trouble == "hangs")
            await Task.Delay(Timeout.Infinite);
        if (trouble == "babbles")
            return new FeedReleased([], [new DeliveryResult([7])]);
        return trouble == "busy" ? new Refused(Rule.Busy) : throw new InvalidOperationException("The record could not be opened.");
    };

    private async Task<List<FeedEntry>> Take(FeedSubscription from, int count, TimeSpan? within = null)
    {
        var all = Hub.Take(from, count);
        await Pass(() => all.IsCompleted, within ?? TimeSpan.FromHours(1));
        return (await all).Entries;
    }

    /// <summary>Lets time pass, so much at most, from timer to timer until then.</summary>
    private async Task Pass(Func<bool> until, TimeSpan atMost)
    {
        using var hangs = new CancellationTokenSource(Unhurried.Patience);
        for (var end = _clock.GetUtcNow() + atMost; !until(); await Task.Yield())
        {
            hangs.Token.ThrowIfCancellationRequested();
            if (_clock.NextDue is { } due && due <= end)
                _clock.Move(due - _clock.GetUtcNow());
        }
    }
}

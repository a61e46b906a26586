using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Feeds;

namespace PatientGrains.Gateway.Tests.Feeds;

public class HubTests
{
    private readonly ScriptedFeed _feed = new();

    [Fact]
    public async Task Without_a_cursor_a_subscriber_gets_what_comes_after_it()
    {
        _feed.Add("a");
        var hub = new Hub(_feed);
        using var subscription = await hub.Subscribe(hub.Ask());
        var first = await subscription.Next(default);
        Assert.Empty(first.Entries);
        Assert.Equal((1, 1), (first.Position, first.Head));
        _feed.Add("b");
        var (entries, _) = await Hub.Take(subscription, 1);
        Assert.Equal("Patient/b", Assert.Single(entries).Log);
    }

    [Fact]
    public async Task From_the_beginning_it_gets_everything_and_then_what_comes()
    {
        for (int i = 0; i < 1_300; i++)
            _feed.Add("p" + i % 7);
        var hub = new Hub(_feed);
        using var subscription = await hub.Subscribe(hub.Ask(fromBeginning: true));
        var (old, _) = await Hub.Take(subscription, 1_300);
        _feed.Add("new");
        var (fresh, _) = await Hub.Take(subscription, 1);
        Assert.Equal(Enumerable.Range(1, 1_301).Select(i => (long)i), old.Concat(fresh).Select(entry => entry.Number));
    }

    [Fact]
    public async Task A_cursor_goes_on_behind_its_line()
    {
        for (int i = 0; i < 10; i++)
            _feed.Add("a");
        var hub = new Hub(_feed);
        string cursor;
        using (var first = await hub.Subscribe(hub.Ask(fromBeginning: true)))
            cursor = (await Hub.Take(first, 10)).Entries[3].Cursor;
        using var again = await hub.Subscribe(hub.Ask(cursor: cursor));
        Assert.Equal(5, (await Hub.Take(again, 6)).Entries[0].Number);
    }

    [Fact]
    public async Task What_is_no_cursor_of_this_feed_is_told_apart()
    {
        _feed.Add("a");
        var hub = new Hub(_feed);
        string good = FeedCursor.Write(Feed.Alerts, ScriptedFeed.StoreId, 1);
        Assert.Equal(FeedProblem.CursorUnreadable, await hub.Refused(hub.Ask(cursor: "garbage")));
        Assert.Equal(FeedProblem.CursorUnreadable, await hub.Refused(hub.Ask(cursor: "")));
        Assert.Equal(FeedProblem.CursorUnreadable, await hub.Refused(hub.Ask(cursor: new string('A', good.Length))));
        string mistyped = good[..5] + (good[5] == 'B' ? 'C' : 'B') + good[6..];
        Assert.Equal(FeedProblem.CursorUnreadable, await hub.Refused(hub.Ask(cursor: mistyped)));
        Assert.Equal(FeedProblem.CursorOfOtherFeed,
            await hub.Refused(hub.Ask(cursor: FeedCursor.Write(Feed.Quality, ScriptedFeed.StoreId, 1))));
        Assert.Equal(FeedProblem.CursorOfOtherStore, await hub.Refused(hub.Ask(cursor: FeedCursor.Write(Feed.Alerts, "store-2", 1))));
        Assert.Equal(FeedProblem.CursorBeyondHead,
            await hub.Refused(hub.Ask(cursor: FeedCursor.Write(Feed.Alerts, ScriptedFeed.StoreId, 2))));
        using var subscription = await hub.Subscribe(hub.Ask(cursor: good));
    }

    [Fact]
    public async Task Filters_let_through_what_was_asked_for_and_only_that_is_written_down()
    {
        var hub = new Hub(_feed);
        var ask = hub.Ask(fromBeginning: true, filter: new FeedFilter
        {
            Patients = ["a", "b"], Rules = ["news2"], MinSeverity = Severity.Urgent, Units = ["Location/icu"],
        });
        _feed.Add("a", "news2", Severity.Urgent, "Location/icu");
        _feed.Add("a", "sirs", Severity.Urgent, "Location/icu");
        _feed.Add("a", "news2", Severity.Warning, "Location/icu");
        _feed.Add("a", "news2", Severity.Urgent, null);
        _feed.Add("c", "news2", Severity.Urgent, "Location/icu");
        _feed.Add("b", "news2", Severity.Critical, "Location/icu");
        using var subscription = await hub.Subscribe(ask);
        var (entries, _) = await Hub.Take(subscription, 2);
        Assert.Equal([1, 6], entries.Select(entry => entry.Number));
        Assert.Equal(2, _feed.Entries.Count);
        Assert.DoesNotContain(_feed.Asked, asked => asked.Log == "Patient/c");
    }

    [Fact]
    public async Task Who_may_not_receive_alerts_gets_no_subscription()
    {
        var hub = new Hub(_feed);
        foreach (var role in new[] { Role.Integrator, Role.PrivacyOfficer })
            Assert.Equal(Rule.RoleNotPermitted, (await hub.Opened.Open(hub.Ask(role))).Refusal!.Rule);
        Assert.Equal(Rule.RoleNotPermitted, (await hub.Opened.Open(hub.Ask(Role.Clinician, feed: Feed.Security))).Refusal!.Rule);
        using var officer = await hub.Subscribe(hub.Ask(Role.PrivacyOfficer, feed: Feed.Security));
    }

    [Fact]
    public async Task A_filter_has_bounds_and_other_feeds_know_patients_only()
    {
        var hub = new Hub(_feed);
        string[] many = [.. Enumerable.Range(0, 1_001).Select(i => "p" + i)];
        Assert.Equal(FeedProblem.FilterTooLarge, await hub.Refused(hub.Ask(filter: new FeedFilter { Patients = [.. many] })));
        Assert.Equal(FeedProblem.FilterTooLarge, await hub.Refused(hub.Ask(filter: new FeedFilter { Units = [new string('u', 257)] })));
        Assert.Equal(FeedProblem.FilterNotOfFeed,
            await hub.Refused(hub.Ask(Role.Clinician, feed: Feed.Quality, filter: new FeedFilter { Rules = ["news2"] })));
    }

    [Fact]
    public async Task There_are_so_many_subscribers_and_no_more_until_one_leaves()
    {
        var hub = new Hub(_feed, new FeedLimits { MaxPerRequester = 2 });
        var first = await hub.Subscribe(hub.Ask());
        using var second = await hub.Subscribe(hub.Ask());
        Assert.Equal(FeedProblem.TooManyOfRequester, await hub.Refused(hub.Ask()));
        first.Dispose();
        using var third = await hub.Subscribe(hub.Ask());
        var crowded = new Hub(_feed, new FeedLimits { MaxSubscribers = 1 });
        using var only = await crowded.Subscribe(crowded.Ask());
        Assert.Equal(FeedProblem.TooManySubscribers, await crowded.Refused(crowded.Ask()));
    }

    [Fact]
    public async Task Live_subscribers_share_one_question_to_the_record()
    {
        var hub = new Hub(_feed);
        var all = new List<FeedSubscription>();
        for (int i = 0; i < 20; i++)
        {
            all.Add(await hub.Subscribe(hub.Ask()));
            await all[i].Next(default);
        }
        // Each has heard where it stands, and waits for a line before there is one.
        var waiting = all.Select(one => Hub.Take(one, 1)).ToList();
        _feed.Add("a");
        await Task.WhenAll(waiting);
        var asked = Assert.Single(_feed.Asked);
        Assert.Equal(20, asked.Command.To.Length);
        all.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task A_record_that_cannot_answer_is_asked_again_and_nothing_passes_it()
    {
        int refusals = 3;
        _feed.Before = (log, _) => Task.FromResult<Outcome?>(log != "Patient/stuck" ? null : Interlocked.Decrement(ref refusals) switch
        {
            2 => new Refused(Rule.Busy),
            1 => new Refused(Rule.Interrupted),
            0 => throw new InvalidOperationException("The record could not be opened."),
            _ => null,
        });
        var hub = new Hub(_feed);
        using var subscription = await hub.Subscribe(hub.Ask());
        await subscription.Next(default);
        var three = Hub.Take(subscription, 3);
        _feed.Add("before");
        _feed.Add("stuck");
        _feed.Add("after");
        Assert.Equal([1, 2, 3], (await three).Entries.Select(entry => entry.Number));
    }

    [Fact]
    public async Task Lines_of_a_log_that_was_erased_are_passed()
    {
        _feed.Before = (log, _) => Task.FromResult<Outcome?>(log == "Patient/erased" ? new Refused(Rule.ResourceUnknown) : null);
        var hub = new Hub(_feed);
        _feed.Add("erased");
        _feed.Add("a");
        using var subscription = await hub.Subscribe(hub.Ask(fromBeginning: true));
        Assert.Equal(2, Assert.Single((await Hub.Take(subscription, 1)).Entries).Number);
    }

    [Fact]
    public async Task The_end_of_the_server_ends_subscriptions()
    {
        var hub = new Hub(_feed);
        using var subscription = await hub.Subscribe(hub.Ask());
        await subscription.Next(default);
        var next = subscription.Next(default);
        await hub.Stop.CancelAsync();
        Assert.Equal(FeedEnd.ServerStops, (await next).End);
    }
}

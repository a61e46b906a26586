using PatientGrains.Core.Record;
using PatientGrains.Gateway.Feeds;

namespace PatientGrains.Gateway.Tests.Feeds;

public class SlowSubscriberTests
{
    private static readonly FeedLimits Small = Hub.Unhurried with { MaxWaiting = 8, Batch = 4 };

    private readonly ScriptedFeed _feed = new();
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task One_that_does_not_read_delays_nobody_is_told_its_lag_and_loses_nothing()
    {
        var hub = new Hub(_feed, Small);
        using var slow = await hub.Subscribe(hub.Ask());
        using var quick = await hub.Subscribe(hub.Ask());
        await slow.Next(default);
        await quick.Next(default);
        for (int i = 1; i <= 50; i++)
        {
            _feed.Add("a");
            Assert.Equal(i, Assert.Single((await Hub.Take(quick, 1)).Entries).Number);
        }
        Assert.InRange(slow.Lag, 42, 50);
        var first = await slow.Next(default);
        Assert.InRange(first.Entries.Count, 1, Small.MaxWaiting);
        var told = first.IsHeartbeat ? first : await slow.Next(default);
        Assert.True(told.IsHeartbeat);
        Assert.Equal(50, told.Head);
        int had = first.Entries.Count + (told == first ? 0 : told.Entries.Count);
        var (rest, _) = await Hub.Take(slow, 50 - had);
        Assert.Equal(50, rest[^1].Number);
        Assert.Equal(50 - had, rest.Count);
    }

    [Fact]
    public async Task After_it_has_caught_up_it_is_live_again()
    {
        var hub = new Hub(_feed, Small);
        using var slow = await hub.Subscribe(hub.Ask());
        using var quick = await hub.Subscribe(hub.Ask());
        await slow.Next(default);
        await quick.Next(default);
        for (int i = 1; i <= 30; i++)
        {
            _feed.Add("a");
            await Hub.Take(quick, 1);
        }
        await Hub.Take(slow, 30);
        // What it reads now it shares with the other.
        var both = Task.WhenAll(Hub.Take(slow, 1), Hub.Take(quick, 1));
        _feed.Add("a");
        Assert.All(await both, taken => Assert.Equal(31, Assert.Single(taken.Entries).Number));
        Assert.Equal(2, _feed.Asked.Last().Command.To.Length);
    }

    [Fact]
    public async Task Silence_is_broken_by_the_position()
    {
        var hub = new Hub(_feed, time: _clock);
        using var subscription = await hub.Subscribe(hub.Ask());
        await subscription.Next(default);
        var next = subscription.Next(default);
        Assert.False(next.IsCompleted);
        _clock.Move(hub.Opened.Limits.Heartbeat);
        var news = await next;
        Assert.True(news.IsHeartbeat);
        Assert.Empty(news.Entries);
    }

    [Fact]
    public async Task One_that_waits_for_a_record_is_told_that_it_lags()
    {
        _feed.Before = (_, _) => Task.FromResult<Outcome?>(new Refused(Rule.Busy));
        var hub = new Hub(_feed, new FeedLimits { CatchUpPatience = TimeSpan.FromHours(1) }, _clock);
        _feed.Add("a");
        using var subscription = await hub.Subscribe(hub.Ask(fromBeginning: true));
        Assert.Equal((0, 1), await PositionOf(subscription.Next(default)));
        var next = subscription.Next(default);
        _clock.Move(hub.Opened.Limits.Heartbeat);
        Assert.Equal((0, 1), await PositionOf(next));
    }

    [Fact]
    public async Task Nothing_leaves_after_the_token_has_expired()
    {
        var hub = new Hub(_feed, new FeedLimits(), _clock);
        using var subscription = await hub.Subscribe(hub.Ask(until: _clock.GetUtcNow().AddMinutes(5)));
        await subscription.Next(default);
        _clock.Move(TimeSpan.FromMinutes(4));
        Assert.Null((await subscription.Next(default)).End);
        var next = subscription.Next(default);
        _clock.Move(TimeSpan.FromMinutes(1));
        Assert.Equal(FeedEnd.TokenExpired, (await next).End);
        _feed.Add("a");
        var after = await subscription.Next(default);
        Assert.Equal(FeedEnd.TokenExpired, after.End);
        Assert.Empty(after.Entries);
    }

    [Fact]
    public async Task Giving_up_a_wait_loses_nothing()
    {
        var hub = new Hub(_feed);
        using var subscription = await hub.Subscribe(hub.Ask());
        await subscription.Next(default);
        for (int i = 1; i <= 20; i++)
        {
            using var impatience = new CancellationTokenSource();
            var next = subscription.Next(impatience.Token);
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
            _feed.Add("a");
            Assert.Equal(i, Assert.Single((await Hub.Take(subscription, 1)).Entries).Number);
        }
    }

    private static async Task<(long, long)> PositionOf(Task<FeedNews> next)
    {
        var news = await next;
        Assert.Empty(news.Entries);
        return (news.Position, news.Head);
    }
}

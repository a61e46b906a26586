using Microsoft.Extensions.Logging.Abstractions;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Feeds;

namespace PatientGrains.Gateway.Tests.Feeds;

/// <summary>A hub over a scripted feed.</summary>
internal sealed class Hub
{
    private static readonly GatewayOptions Options = new() { TokenKey = new byte[32], Sources = [] };
    private int _requests;

    /// <summary>So that nothing comes that a test did not bring about: neither a heartbeat nor the end of anybody's patience.</summary>
    public static readonly FeedLimits Unhurried = Tests.Unhurried.Feeds with
    {
        Heartbeat = TimeSpan.FromDays(1), FirstRetry = TimeSpan.FromMilliseconds(1), LastRetry = TimeSpan.FromMilliseconds(2),
    };

    public Hub(ScriptedFeed feed, FeedLimits? limits = null, TimeProvider? time = null)
    {
        var clock = time ?? TimeProvider.System;
        limits ??= Unhurried;
        var grains = feed.Grains();
        var notes = new AccessNotes(grains, new RefusedLogins(Options, clock), clock);
        var source = new FeedSource(grains, new UnreadableLines(notes, limits, clock), limits, clock, NullLogger<FeedSource>.Instance);
        Opened = new FeedHub(source, notes, limits, clock, Stop.Token);
    }

    public FeedHub Opened { get; }

    public CancellationTokenSource Stop { get; } = new();

    public FeedAsk Ask(Role role = Role.Alerting, string? cursor = null, bool fromBeginning = false, FeedFilter? filter = null,
        DateTimeOffset? until = null, Feed feed = Feed.Alerts) => new()
    {
        Feed = feed,
        Who = new Requester { Subject = "pager", Roles = [role], Purpose = "TREAT", Source = "local" },
        RequestId = "r" + Interlocked.Increment(ref _requests),
        Until = until ?? DateTimeOffset.MaxValue,
        Cursor = cursor,
        FromBeginning = fromBeginning,
        Filter = filter ?? new FeedFilter(),
    };

    public async Task<FeedSubscription> Subscribe(FeedAsk ask)
    {
        var (subscription, refusal) = await Opened.Open(ask);
        Assert.Null(refusal);
        return subscription!;
    }

    public async Task<FeedProblem?> Refused(FeedAsk ask)
    {
        var (subscription, refusal) = await Opened.Open(ask);
        Assert.Null(subscription);
        return refusal!.Problem;
    }

    /// <summary>Reads until so many lines came; the last news is of the last of them.</summary>
    public static async Task<(List<FeedEntry> Entries, FeedNews Last)> Take(FeedSubscription from, int count)
    {
        using var patience = new CancellationTokenSource(Tests.Unhurried.Patience);
        var entries = new List<FeedEntry>();
        while (true)
        {
            var news = await from.Next(patience.Token);
            entries.AddRange(news.Entries);
            if (entries.Count >= count || news.End is not null)
                return (entries, news);
        }
    }
}

using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Feeds;

namespace PatientGrains.Gateway.Tests.Feeds;

/// <summary>
/// Subscribers that join, stall, die and come back by cursor, over records that are slow, busy and broken by turns; checked against the
/// feed itself.
/// </summary>
public class HubModelTests
{
    private const int Lines = 1_500;
    private static readonly string[] Rules = ["news2", "sirs", "lactate"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task No_gap_no_reorder_no_duplicate_and_each_delivery_was_written_down_before(int seed)
    {
        var random = new Random(seed);
        var feed = new ScriptedFeed(seed) { Troubles = 5 };
        var hub = new Hub(feed, Hub.Unhurried with
        {
            MaxWaiting = 16, Batch = 1 + random.Next(12), FirstRetry = TimeSpan.FromTicks(1), LastRetry = TimeSpan.FromMilliseconds(1),
            // What does not match is told by heartbeats only.
            Heartbeat = TimeSpan.FromMilliseconds(20),
        });
        var subscribers = Enumerable.Range(0, 12).Select(i => new Model(hub, feed, new Random(seed * 100 + i)).Run()).ToList();
        for (int i = 0; i < Lines; i++)
        {
            string? unit = random.Next(2) == 0 ? "Location/icu" : null;
            feed.Add("p" + random.Next(9), Rules[random.Next(3)], (Severity)(1 + random.Next(4)), unit);
            if (random.Next(20) == 0)
                await Task.Yield();
        }
        await Task.WhenAll(subscribers).WaitAsync(Unhurried.Patience);
    }

    private sealed class Model(Hub hub, ScriptedFeed feed, Random random)
    {
        private readonly FeedFilter _filter = random.Next(3) switch
        {
            0 => new FeedFilter(),
            1 => new FeedFilter { Patients = [.. Enumerable.Range(0, 9).Where(i => i == 3 || random.Next(2) == 0).Select(i => "p" + i)] },
            _ => new FeedFilter { Rules = [Rules[random.Next(3)]], MinSeverity = Severity.Warning },
        };

        private string? _cursor;
        private long _reached;

        public async Task Run()
        {
            while (_reached < Lines)
            {
                var ask = hub.Ask(cursor: _cursor, fromBeginning: true, filter: _filter);
                using var subscription = await hub.Subscribe(ask);
                await Live(subscription, ask, lives: random.Next(8) == 0 ? int.MaxValue : random.Next(1, 60));
            }
        }

        private async Task Live(FeedSubscription subscription, FeedAsk ask, int lives)
        {
            for (int looks = 0; looks < lives && _reached < Lines; looks++)
            {
                for (int stall = random.Next(30) == 0 ? 200 : 0; stall > 0; stall--)
                    await Task.Yield();
                using var patience = new CancellationTokenSource(Unhurried.Patience);
                var news = await subscription.Next(patience.Token);
                Check(news, ask);
                (_reached, _cursor) = (news.Position, news.Cursor);
                // It may die in the middle of what it was handed: then the rest comes again.
                if (news.Entries.Count > 0 && random.Next(10) == 0)
                {
                    var last = news.Entries[random.Next(news.Entries.Count)];
                    (_reached, _cursor) = (last.Number, last.Cursor);
                    return;
                }
            }
        }

        private void Check(FeedNews news, FeedAsk ask)
        {
            var expected = feed.Lines.Skip((int)_reached).Take((int)(news.Position - _reached))
                .Where(line => ask.CanMatch(line.Line.Log) && ScriptedFeed.Matches(_filter, line.Event)).Select(line => line.Line.Number);
            Assert.Equal(expected, news.Entries.Select(entry => entry.Number));
            Assert.All(news.Entries, entry =>
                Assert.True(feed.Entries.ContainsKey((ask.RequestId, entry.Log, feed.Lines[(int)entry.Number - 1].Line.Seq))));
        }
    }
}

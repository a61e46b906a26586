using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Feeds;

namespace PatientGrains.Gateway.Tests.Feeds;

public class MailboxTests
{
    /// <summary>Else the reader keeps the place that it had beside the one that it took anew, and hands it every line twice.</summary>
    [Fact]
    public async Task Whom_a_line_was_too_much_for_is_let_go_even_when_it_joins_again_at_once()
    {
        var ask = new FeedAsk
        {
            Feed = Feed.Alerts, Who = new Requester { Subject = "pager", Roles = [Role.Alerting], Purpose = "TREAT", Source = "local" },
            RequestId = "r", Until = DateTimeOffset.MaxValue, FromBeginning = true, Filter = new FeedFilter(),
        };
        var full = new Mailbox(ask, capacity: 0, new Bell());
        var line = new FeedEntry(1, "1", "Patient/p", null);
        bool hasEnded = false;
        int joined = 0;
        var joining = Task.Run(() =>
        {
            for (; !Volatile.Read(ref hasEnded); Interlocked.Increment(ref joined))
                full.Join(0);
        });
        int kept = 0;
        // Where there is one core the other may begin long after this.
        for (int put = 0; put < 200_000 || Volatile.Read(ref joined) < 1_000; put++)
            kept += full.Put([line], 1, 1) ? 1 : 0;
        Volatile.Write(ref hasEnded, true);
        await joining;
        Assert.Equal(0, kept);
    }
}

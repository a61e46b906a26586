using System.Globalization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Actors;

/// <summary>
/// A subscriber to all alerts. It keeps its cursor when it has dealt with what came, crashes now and then before that, loses its
/// connection, and comes back with the last cursor that it kept; for a line that could not be read, with the cursor before it.
/// </summary>
internal sealed class Subscriber(Town town, int number) : Node(town.World, $"subscriber{number}")
{
    private readonly SortedSet<long> _unread = [];
    private readonly Dictionary<long, string> _cursorsBefore = [];
    private string? _cursor;
    private int _connections;
    private long _position;

    /// <summary>It has everything up to this number but what could not be read.</summary>
    public long Position => _unread.Count > 0 ? _unread.Min - 1 : _position;

    private Requester Who { get; } = new()
    {
        Subject = $"pager-{number}", Roles = [Role.Alerting], Purpose = "TREAT", Source = "local",
    };

    public async Task Live()
    {
        while (true)
        {
            try
            {
                await Connect();
            }
            catch (Exception failure) when (failure is not CheckFailedException)
            {
                Say($"loses its connection: {failure.GetType().Name}");
            }
            await Pause(World.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10)));
        }
    }

    private async Task Connect()
    {
        var front = World.Pick(town.Cluster.Fronts);
        if (!front.IsAlive)
            throw new TimeoutException("The front is gone.");
        string requestId = string.Create(CultureInfo.InvariantCulture, $"{Name}-{++_connections}");
        // What could not be read is asked for again, from before it.
        string? cursor = _unread.Count > 0 && World.Chance(0.7) ? _cursorsBefore[_unread.Min] : _cursor;
        var ask = new FeedAsk
        {
            Feed = Feed.Alerts, Who = Who, RequestId = requestId, Until = DateTimeOffset.MaxValue, Cursor = cursor, FromBeginning = true,
        };
        Say($"{requestId} connects to {front.Name}");
        var (subscription, refusal) = await front.Hub.Open(ask).WaitAsync(TimeSpan.FromMinutes(1), Clock);
        if (subscription is null)
            throw new CheckFailedException("subscribers", $"{requestId} was refused: {refusal!.Problem} {refusal.Rule}");
        using (subscription)
            await Follow(front, subscription, requestId);
    }

    private async Task Follow(Front front, FeedSubscription subscription, string requestId)
    {
        long last = -1;
        while (true)
        {
            var news = await subscription.Next(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1), Clock);
            await Pause(town.Cluster.Weather.Latency(1));
            if (!front.IsAlive || town.Cluster.Weather.Strikes("connection lost", 0.05))
                throw new TimeoutException("The connection is lost.");
            foreach (var entry in news.Entries)
            {
                Take(entry, requestId, last);
                last = entry.Number;
            }
            if (town.Cluster.Weather.Strikes("subscriber crashes", 0.05))
                throw new TimeoutException("It crashed before it kept its cursor.");
            (_cursor, _position) = (news.Cursor, Math.Max(_position, news.Position));
            if (_unread.Count > 0 && World.Chance(0.3))
                throw new TimeoutException("It comes back for what could not be read.");
        }
    }

    private void Take(FeedEntry entry, string requestId, long last)
    {
        if (entry.Number <= last)
            throw new CheckFailedException("subscribers", $"{requestId} got line {entry.Number} after line {last}");
        Say($"{requestId} gets {entry.Number} {entry.Log} {entry.Happened?.GetType().Name ?? "unreadable"}");
        town.Ledger.Deliveries.Add(new Delivery(World.Step, Name, requestId, entry));
        if (entry.Happened is not null)
        {
            _unread.Remove(entry.Number);
        }
        else if (entry.Number > _position || _unread.Contains(entry.Number))
        {
            _unread.Add(entry.Number);
            _cursorsBefore[entry.Number] = entry.CursorBefore!;
        }
    }
}

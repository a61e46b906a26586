using System.Globalization;
using PatientGrains.Core.Record;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Actors;

/// <summary>Who lives in a run: patients, sources, readers, subscribers, and bad luck. In the evening everybody finishes and goes
/// home.</summary>
internal sealed class Town
{
    private readonly TaskCompletionSource _evening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Client> _abroad = [];
    private readonly List<Subscriber> _subscribers = [];

    public Town(SimWorld world, Cluster cluster)
    {
        (World, Cluster) = (world, cluster);
        Patients = [.. Names("p", world.Random.Next(1, 5))];
        Directory = [.. Names("Practitioner/d", world.Random.Next(1, 4))];
        for (int i = world.Random.Next(2, 8); i > 0; i--)
            _abroad.Add(new SourceClient(this, world.Pick(["epic", "lab", "device"]), i));
        for (int i = world.Random.Next(1, 4); i > 0; i--)
            _abroad.Add(new Reader(this, i));
        for (int i = world.Random.Next(1, 4); i > 0; i--)
            _subscribers.Add(new Subscriber(this, i));
    }

    public SimWorld World { get; }

    public Cluster Cluster { get; }

    public Ledger Ledger { get; } = new();

    public IReadOnlyList<string> Patients { get; }

    /// <summary>Names of records outside patients.</summary>
    public IReadOnlyList<string> Directory { get; }

    /// <summary>From then on nobody begins anything new.</summary>
    public Task Evening => _evening.Task;

    public bool IsEvening => _evening.Task.IsCompleted;

    public IReadOnlyList<Subscriber> Subscribers => _subscribers;

    public IEnumerable<string> Logs => Patients.Select(patient => "Patient/" + patient).Concat(Directory);

    public ResourceKey Observation(string patient) =>
        new("Observation", string.Create(CultureInfo.InvariantCulture, $"{patient}-o{World.Random.Next(4)}"));

    /// <summary>Mostly seconds; now and then long enough for an alert to escalate.</summary>
    public TimeSpan Think() => World.Chance(0.04)
        ? World.Between(TimeSpan.FromMinutes(5), TimeSpan.FromHours(3))
        : World.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(30));

    public void WentHome(Client client) => _abroad.Remove(client);

    /// <summary>A day of bad luck, then an evening in which everything must come right.</summary>
    public async Task Live()
    {
        foreach (var client in _abroad.ToArray())
            _ = client.Live();
        foreach (var subscriber in _subscribers)
            _ = subscriber.Live();
        var luck = new BadLuck(this);
        var night = World.Now + World.Between(TimeSpan.FromMinutes(2), TimeSpan.FromHours(8));
        while (_abroad.Count > 0 && World.Now < night)
            await luck.Strike();
        _evening.SetResult();
        Cluster.MakeWell();
        World.History.Say("town", "evening");
        await Rest();
    }

    /// <summary>
    /// Everybody is answered, nothing is due, every subscriber has everything; within a time that the longest of all pauses explains: a
    /// wake-up that failed is tried again after 5 minutes, a client waits 30 s for an answer that was lost.
    /// </summary>
    private async Task Rest()
    {
        var patience = World.Now + TimeSpan.FromMinutes(30);
        var clock = new Outside(World);
        string? left;
        while ((left = await Unfinished(clock.Clock.GetUtcNow())) is not null)
        {
            if (World.Now > patience)
                throw new CheckFailedException("liveness", $"{left}, half an hour after the last fault");
            await clock.Pause(TimeSpan.FromSeconds(10));
        }
    }

    private async Task<string?> Unfinished(DateTimeOffset now)
    {
        // A call that was sent before the evening may still wait for its answer.
        if (_abroad.Count > 0)
            return $"{_abroad[0].Name} and {_abroad.Count - 1} others are not answered";
        var due = await Cluster.Store.Log.Due(now - TimeSpan.FromSeconds(20), null, 1);
        if (due.Count > 0)
            return $"log {due[0].Log} is due since {due[0].At:O} and nobody woke it";
        var page = await Cluster.Store.Log.ReadFeed((byte)Feed.Alerts, 0, 1);
        var behind = _subscribers.FirstOrDefault(subscriber => subscriber.Position < page.Head);
        return behind is null ? null : $"{behind.Name} has lines up to {behind.Position} of {page.Head}";
    }

    private sealed class Outside(SimWorld world) : Node(world, "town");

    private static IEnumerable<string> Names(string prefix, int count) =>
        Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}"));
}

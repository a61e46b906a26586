using PatientGrains.Gateway.Feeds;
using PatientGrains.Log;

namespace PatientGrains.Simulation.Stage;

/// <summary>What a run draws once: limits small enough that the rare paths are taken.</summary>
internal sealed record ClusterSettings(JournalOptions Journal, FeedLimits Feeds, TimeSpan CollectionAge, bool RoundTrips)
{
    public static ClusterSettings Draw(SimWorld world) => new(
        new JournalOptions
        {
            Depth = world.Random.Next(1, 4),
            MaxWaiting = world.Chance(0.2) ? 4 : 4096,
            CommitBytes = world.Chance(0.3) ? 2048 : 1 << 20,
            SnapshotFrom = world.Chance(0.8) ? 1024 : 256 << 10,
            SnapshotCommits = world.Random.Next(2, 12),
        },
        new FeedLimits { Batch = world.Random.Next(2, 20), MaxWaiting = world.Random.Next(2, 200), Heartbeat = TimeSpan.FromSeconds(30) },
        world.Between(TimeSpan.FromMinutes(4), TimeSpan.FromHours(1)),
        RoundTrips: world.Chance(0.2));
}

/// <summary>
/// Silos and fronts over one store, and the directory that says which silo has which record: it learns of a death late, moves records, and
/// sometimes tells two silos that they have the same.
/// </summary>
internal sealed class Cluster
{
    private readonly Dictionary<string, int> _owners = [];
    private readonly Dictionary<string, int> _twins = [];
    private readonly Silo[] _silos;
    private readonly Front[] _fronts;
    private int _lives;

    public Cluster(SimWorld world, SharedStore store)
    {
        (World, Store) = (world, store);
        Weather = new Weather(world);
        Network = new Network(world, Weather);
        Settings = ClusterSettings.Draw(world);
        _silos = new Silo[world.Random.Next(1, 5)];
        _fronts = new Front[world.Random.Next(1, 4)];
        for (int i = 0; i < _silos.Length; i++)
            _silos[i] = new Silo(this, i, _lives++);
        for (int i = 0; i < _fronts.Length; i++)
            _fronts[i] = new Front(this, i, _lives++);
    }

    public SimWorld World { get; }

    public SharedStore Store { get; }

    public Weather Weather { get; }

    public Network Network { get; }

    public ClusterSettings Settings { get; }

    public IReadOnlyList<Silo> Silos => _silos;

    public IReadOnlyList<Front> Fronts => _fronts;

    /// <summary>The silo that a caller believes to have a record.</summary>
    public Silo OwnerOf(string log)
    {
        if (_twins.TryGetValue(log, out int twin) && _silos[twin].IsAlive && World.Chance(0.5))
            return _silos[twin];
        if (!_owners.TryGetValue(log, out int owner) || IsKnownDead(_silos[owner]))
            _owners[log] = owner = World.Pick(Alive()).Slot;
        return _silos[owner];
    }

    /// <summary>Any silo: for what keeps nothing.</summary>
    public Silo Any() => World.Pick(Alive());

    private bool IsKnownDead(Silo silo) => !silo.IsAlive && World.Now - silo.DiedAt > TimeSpan.FromSeconds(2);

    private IReadOnlyList<Silo> Alive() => Array.FindAll(_silos, silo => silo.IsAlive) is { Length: > 0 } alive ? alive : _silos;

    /// <summary>From now on calls go elsewhere; whoever had the record is not told.</summary>
    public void Move(string log) => _owners[log] = World.Pick(_silos).Slot;

    /// <summary>Two silos have the record, until <see cref="Heal"/>.</summary>
    public void Split(string log) => _twins[log] = World.Pick(_silos).Slot;

    public void Heal(string log) => _twins.Remove(log);

    /// <summary>All is well from now on: nothing fails, nobody is dead, clocks are right, and the directory is of one mind.</summary>
    public void MakeWell()
    {
        Weather.IsCalm = true;
        _twins.Clear();
        foreach (var silo in _silos.ToArray())
            Restart(silo);
        foreach (var front in _fronts.ToArray())
            Restart(front);
        foreach (var node in _silos.Cast<Node>().Concat(_fronts))
            node.Clock.Error = TimeSpan.Zero;
    }

    /// <summary>Starts again what died.</summary>
    public void Restart(Silo dead)
    {
        if (_silos[dead.Slot] == dead && !dead.IsAlive)
            _silos[dead.Slot] = new Silo(this, dead.Slot, _lives++);
    }

    public void Restart(Front dead)
    {
        if (_fronts[dead.Slot] == dead && !dead.IsAlive)
            _fronts[dead.Slot] = new Front(this, dead.Slot, _lives++);
    }

    /// <summary>Clocks that are kept by NTP differ by milliseconds; some are not kept.</summary>
    public TimeSpan DrawClockError()
    {
        var error = World.Chance(0.1) ? World.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10))
            : TimeSpan.FromMilliseconds(World.Random.Next(20));
        return Weather.IsCalm ? TimeSpan.Zero : World.Chance(0.5) ? error : -error;
    }
}

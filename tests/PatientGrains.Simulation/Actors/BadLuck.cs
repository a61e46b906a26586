using PatientGrains.Log;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Actors;

/// <summary>What befalls the cluster: deaths, moves, split brains, clocks that jump, keys that are changed.</summary>
internal sealed class BadLuck(Town town)
{
    private readonly Outside _outside = new(town.World);

    private SimWorld World => town.World;

    private Cluster Cluster => town.Cluster;

    private sealed class Outside(SimWorld world) : Node(world, "luck");

    public async Task Strike()
    {
        await _outside.Pause(World.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)));
        Cluster.Weather.Change();
        string log = World.Pick([.. town.Logs]);
        if (Cluster.Weather.Strikes("silo dies", 0.1))
            Kill(World.Pick(Cluster.Silos));
        if (Cluster.Weather.Strikes("front dies", 0.1))
            Kill(World.Pick(Cluster.Fronts));
        if (Cluster.Weather.Strikes("record moves", 0.2))
            Cluster.Move(log);
        if (Cluster.Weather.Strikes("split brain", 0.2))
            Split(log);
        if (Cluster.Weather.Strikes("clock jumps", 0.1))
            World.Pick(Cluster.Silos).Clock.Error = Cluster.DrawClockError();
        if (Cluster.Weather.Strikes("keys rotate", 0.02))
            await Rotate();
    }

    private void Kill(Silo silo)
    {
        if (!silo.IsAlive)
            return;
        silo.Die();
        World.After(World.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)), () => Cluster.Restart(silo));
    }

    private void Kill(Front front)
    {
        if (!front.IsAlive)
            return;
        front.Die();
        World.After(World.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)), () => Cluster.Restart(front));
    }

    private void Split(string log)
    {
        _outside.Say($"{log} is in two places");
        Cluster.Split(log);
        World.After(World.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30)), () => Cluster.Heal(log));
    }

    private async Task Rotate()
    {
        _outside.Say("keys rotate");
        Cluster.Store.Keys.Ring.Rotate();
        await KeyRotation.Rewrap(Cluster.Store.Log, Cluster.Store.Keys.Ring);
    }
}

using PatientGrains.Simulation.Actors;
using PatientGrains.Simulation.Checks;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation;

/// <summary>One run.</summary>
/// <param name="Seed">What decided all of it.</param>
/// <param name="Digest">Of everything that was seen.</param>
/// <param name="Failure">What a checker said; null when all is well.</param>
/// <param name="World">For the history.</param>
/// <param name="Events">That happened.</param>
/// <param name="Operations">That clients asked for.</param>
/// <param name="Lines">Of the alert feed that were delivered.</param>
/// <param name="Faults">By kind.</param>
internal sealed record RunReport(
    int Seed, string Digest, Exception? Failure, SimWorld World, long Events, int Operations, int Lines,
    IReadOnlyDictionary<string, long> Faults);

/// <summary>Builds a world from a seed, lets it live, and lets the checkers look. Must be called on the pool's one worker.</summary>
internal static class Simulator
{
    public static async Task<RunReport> Run(int seed, Action<string>? listener = null)
    {
        var world = new SimWorld(seed);
        world.History.Listener = listener;
        using var keys = new KeyFile(seed);
        await using var store = new SharedStore(world, keys);
        var cluster = new Cluster(world, store);
        var town = new Town(world, cluster);
        Exception? failure = null;
        try
        {
            var running = world.Run();
            _ = Day(world, town);
            await running;
            await Checkers.Look(town, store);
        }
        catch (Exception failed)
        {
            failure = failed;
        }
        return new RunReport(seed, world.History.Digest(), failure, world, world.Step, town.Ledger.Operations.Count,
            town.Ledger.Deliveries.Count, cluster.Weather.Faults);
    }

    private static async Task Day(SimWorld world, Town town)
    {
        try
        {
            await town.Live();
            world.End();
        }
        catch (Exception failure)
        {
            world.Fail(failure);
        }
    }
}

namespace PatientGrains.Simulation.Stage;

/// <summary>How badly things go at the moment, as probabilities. The seed draws a climate; faults come in bursts.</summary>
internal sealed class Weather(SimWorld world)
{
    private readonly double _climate = world.Chance(0.15) ? 0 : world.Random.NextDouble();
    private double _burst = 1;

    /// <summary>No more faults, for the end of a run.</summary>
    public bool IsCalm { get; set; }

    public Dictionary<string, long> Faults { get; } = [];

    /// <summary>Better or worse for a while.</summary>
    public void Change() => _burst = world.Chance(0.3) ? 4 : world.Random.NextDouble();

    /// <summary>Whether a fault of that kind happens now.</summary>
    /// <param name="fault">Its name, for the count.</param>
    /// <param name="probability">In the worst climate without a burst.</param>
    public bool Strikes(string fault, double probability)
    {
        // Drawn also when it is calm, so that the order of draws does not depend on it.
        bool strikes = world.Chance(probability * _climate * _burst);
        if (!strikes || IsCalm)
            return false;
        Count(fault);
        return true;
    }

    public void Count(string fault) => Faults[fault] = Faults.GetValueOrDefault(fault) + 1;

    /// <summary>A way over the network, or to the disk and back.</summary>
    public TimeSpan Latency(double usualMillis) =>
        Strikes("slow", 0.03) ? world.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(4))
        : world.Between(TimeSpan.FromMilliseconds(usualMillis / 10), TimeSpan.FromMilliseconds(usualMillis * 3));
}

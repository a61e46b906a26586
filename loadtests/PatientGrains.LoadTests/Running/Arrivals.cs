namespace PatientGrains.LoadTests.Running;

/// <summary>When requests come, counted from the beginning; without an end. Nothing that answers do moves an arrival.</summary>
internal abstract record Arrivals(double PerSecond)
{
    public abstract IEnumerable<TimeSpan> Times();
}

/// <summary>Evenly, as from devices on a timer.</summary>
internal sealed record ConstantArrivals(double PerSecond) : Arrivals(PerSecond)
{
    public override IEnumerable<TimeSpan> Times()
    {
        for (long i = 0; ; i++)
            yield return TimeSpan.FromTicks((long)(i / PerSecond * TimeSpan.TicksPerSecond));
    }

    public override string ToString() => FormattableString.Invariant($"{PerSecond:N0}/s, evenly");
}

/// <summary>Independently of each other, as from many people: exponential gaps, so that some come close together.</summary>
internal sealed record PoissonArrivals(double PerSecond, ulong Seed) : Arrivals(PerSecond)
{
    public override IEnumerable<TimeSpan> Times()
    {
        var chance = new Chance(Seed);
        double seconds = 0;
        for (long i = 0; ; i++)
        {
            seconds -= Math.Log(1 - chance.Uniform(i)) / PerSecond;
            yield return TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
        }
    }

    public override string ToString() => FormattableString.Invariant($"{PerSecond:N0}/s, Poisson");
}

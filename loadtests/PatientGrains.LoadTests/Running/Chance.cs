namespace PatientGrains.LoadTests.Running;

/// <summary>
/// Draws that depend on a seed and a number only, so that request n is the same whoever sends it and whenever: SplitMix64 (Steele, Lea,
/// Flood, OOPSLA 2014) of the two.
/// </summary>
internal readonly struct Chance(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    public ulong Bits(long number) => Mix(Mix(seed + Golden) + ((ulong)number * Golden));

    /// <summary>Uniform in [0, 1), 53 bits of it.</summary>
    public double Uniform(long number) => (Bits(number) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 to below <paramref name="count"/>.</summary>
    public int Below(int count, long number) => (int)(Uniform(number) * count);

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}

using System.Numerics;

namespace PatientGrains.Synthetic.Chance;

/// <summary>
/// xoshiro256** (D. Blackman and S. Vigna, Scrambled Linear Pseudorandom Number Generators, ACM TOMS 47(4), 2021), its state
/// filled by SplitMix64 (G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
/// Written out here because System.Random promises no sequence across .NET versions. Only integer arithmetic and the exactly
/// rounded IEEE operations are used, so a seed gives the same values everywhere.
/// </summary>
internal sealed class Rng
{
    private ulong _a, _b, _c, _d;

    /// <summary>An independent stream for each (seed, domain, index).</summary>
    public Rng(ulong seed, Domain domain, ulong index)
        : this(Mix(Mix(Mix(seed) + (ulong)domain) + index))
    {
        // Chained, not combined by xor: that would be symmetric, and seed 1's patient 2 would be seed 2's patient 1.
    }

    private Rng(ulong start)
        : this(
            Mix(start + SplitMixGamma),
            Mix(start + unchecked(2 * SplitMixGamma)),
            Mix(start + unchecked(3 * SplitMixGamma)),
            Mix(start + unchecked(4 * SplitMixGamma)))
    {
    }

    /// <summary>The generator in a given state, as the authors' reference implementation takes it.</summary>
    public Rng(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    public const ulong SplitMixGamma = 0x9E3779B97F4A7C15;

    /// <summary>SplitMix64's finalizer: a bijection of 64-bit words in which every input bit moves every output bit.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0..count-1 (multiply and shift; the bias is below count/2^64).</summary>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>Uniform, both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    public bool Chance(double probability) => Unit() < probability;

    public T Pick<T>(ReadOnlySpan<T> from) => from[Below(from.Length)];

    public T Pick<T>(T[] from) => from[Below(from.Length)];

    /// <summary>
    /// Standard normal, as the sum of twelve uniforms less six (Irwin-Hall): bounded by +-6, and free of logarithms and cosines,
    /// whose last bits differ between platforms.
    /// </summary>
    public double Normal()
    {
        var sum = 0L;
        for (var word = 0; word < 3; word++)
        {
            var x = Next();
            sum += (long)(x & 0xFFFF) + (long)((x >> 16) & 0xFFFF) + (long)((x >> 32) & 0xFFFF) + (long)(x >> 48);
        }
        return (sum - 393_210) / 65_536.0;
    }

    /// <summary>Normal with the given mean and standard deviation, kept inside [least, most].</summary>
    public double Normal(double mean, double deviation, double least, double most) =>
        Math.Clamp(mean + deviation * Normal(), least, most);
}

/// <summary>Keeps the streams of different parts apart, so that a draw more in one moves nothing in another.</summary>
internal enum Domain : ulong
{
    Patient = 1,
    Directory = 2,
    Source = 3,
    Ward = 4,
}

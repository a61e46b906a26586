using PatientGrains.Synthetic.Chance;

namespace PatientGrains.Synthetic.Tests;

public class ChanceTests
{
    [Fact]
    public void SplitMix64_gives_the_published_sequence()
    {
        var state = 1234567UL;
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        Assert.Equal(expected, expected.Select(_ => Rng.Mix(state += Rng.SplitMixGamma)));
    }

    [Fact]
    public void Xoshiro256_gives_the_sequence_of_the_reference_implementation()
    {
        var rng = new Rng(1, 2, 3, 4);
        ulong[] expected = [11520, 0, 1509978240, 1215971899390074240, 1216172134540287360];
        Assert.Equal(expected, expected.Select(_ => rng.Next()));
    }

    [Fact]
    public void Normal_draws_have_mean_zero_and_deviation_one()
    {
        var rng = new Rng(1, Domain.Patient, 0);
        var draws = Enumerable.Range(0, 100_000).Select(_ => rng.Normal()).ToList();
        var mean = draws.Average();
        Assert.InRange(mean, -0.015, 0.015);
        Assert.InRange(Math.Sqrt(draws.Average(x => (x - mean) * (x - mean))), 0.985, 1.015);
        Assert.InRange(draws.Count(x => x > 1.645) / 100_000.0, 0.045, 0.055);
    }

    [Fact]
    public void Portable_exp_and_log_agree_with_the_platforms_to_the_last_digits()
    {
        for (var x = -20.0; x <= 20; x += 0.37)
            Assert.InRange(PortableMath.Exp(x) / Math.Exp(x), 1 - 1e-13, 1 + 1e-13);
        for (var x = 0.003; x < 1e6; x *= 1.7)
        {
            Assert.InRange(PortableMath.Log(x) - Math.Log(x), -1e-13, 1e-13);
            Assert.InRange(PortableMath.Pow(x, -1.2) / Math.Pow(x, -1.2), 1 - 1e-12, 1 + 1e-12);
        }
    }

    [Theory]
    [InlineData(36.85, 1, "36.9")]
    [InlineData(4, 1, "4.0")]
    [InlineData(-0.125, 2, "-0.13")]
    [InlineData(139.4999, 0, "139")]
    public void A_rounded_value_keeps_the_precision_of_its_instrument(double value, int decimals, string text) =>
        Assert.Equal(text, PortableMath.Round(value, decimals).ToString());

    [Fact]
    public void The_filtration_rate_is_that_of_the_published_equation()
    {
        // Worked from the equation of Inker et al. 2021: a man of 50 with 1.0 mg/dL, a woman of 70 with 1.4 mg/dL.
        Assert.Equal(92, Life.Physiology.FiltrationRate(1.0m, female: false, 50));
        Assert.Equal(40, Life.Physiology.FiltrationRate(1.4m, female: true, 70));
    }

    [Fact]
    public void Streams_of_neighbouring_seeds_and_indices_are_unrelated()
    {
        var firsts = new HashSet<ulong>();
        for (ulong seed = 0; seed < 100; seed++)
        {
            for (ulong index = 0; index < 100; index++)
            {
                Assert.True(firsts.Add(new Rng(seed, Domain.Patient, index).Next()));
                Assert.True(firsts.Add(new Rng(seed, Domain.Ward, index).Next()));
            }
        }
    }
}

using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Tests;

public class ArrivalsTests
{
    [Fact]
    public void Constant_arrivals_come_evenly_and_do_not_drift()
    {
        var times = new ConstantArrivals(3000).Times().Take(3001 * 60).ToArray();
        Assert.Equal(TimeSpan.Zero, times[0]);
        Assert.Equal(TimeSpan.FromSeconds(60), times[3000 * 60]);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange((pair.Second - pair.First).TotalMicroseconds, 333, 334));
    }

    [Fact]
    public void Poisson_arrivals_come_at_the_rate_with_gaps_that_vary_as_much_as_they_last()
    {
        var times = new PoissonArrivals(2000, Seed: 9).Times().Take(100_001).ToArray();
        double[] gaps = [.. times.Zip(times.Skip(1), (one, next) => (next - one).TotalSeconds)];
        double mean = gaps.Average();
        double deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        // Of 100,000 exponential gaps the mean and the deviation are within 1 and 2 % but for one seed in hundreds.
        Assert.InRange(mean, 0.99 / 2000, 1.01 / 2000);
        Assert.InRange(deviation / mean, 0.98, 1.02);
        Assert.InRange(gaps.Count(gap => gap < 0.1 / 2000) / 100_000.0, 0.09, 0.10);
        Assert.All(gaps, gap => Assert.True(gap >= 0));
    }

    [Fact]
    public void The_same_seed_gives_the_same_arrivals_and_another_gives_others()
    {
        static TimeSpan[] Of(ulong seed) => [.. new PoissonArrivals(100, seed).Times().Take(100)];
        Assert.Equal(Of(1), Of(1));
        Assert.NotEqual(Of(1), Of(2));
    }
}

public class PopularityTests
{
    private const int Draws = 200_000;

    private static int[] Counts(int patients, ulong seed)
    {
        var popularity = new Popularity(patients, seed);
        var counts = new int[patients];
        for (long request = 0; request < Draws; request++)
            counts[popularity.Of(request)]++;
        return counts;
    }

    [Fact]
    public void Most_requests_are_about_the_ward_and_each_of_its_patients_alike()
    {
        int[] ward = Counts(1000, seed: 3)[..Popularity.Ward];
        Assert.InRange(ward.Sum() / (double)Draws, 0.795, 0.805);
        Assert.All(ward, count => Assert.InRange(count / (Draws * 0.8 / Popularity.Ward), 0.9, 1.1));
    }

    [Fact]
    public void The_tail_falls_as_Zipf_says()
    {
        int[] tail = Counts(1000, seed: 3)[Popularity.Ward..];
        double sum = Enumerable.Range(1, tail.Length).Sum(k => 1.0 / k);
        foreach (int k in (int[])[1, 2, 5, 10])
            Assert.InRange(tail[k - 1] / (Draws * 0.2 / sum / k), 0.85, 1.15);
        Assert.True(tail[^100..].Sum() > 0, "Nobody asks about the end of the tail.");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(41)]
    [InlineData(80)]
    public void Everybody_of_a_small_hospital_is_asked_about(int patients) => Assert.DoesNotContain(0, Counts(patients, seed: 1));

    [Fact]
    public void The_same_request_is_about_the_same_patient()
    {
        Assert.Equal(Counts(100, seed: 8), Counts(100, seed: 8));
        Assert.NotEqual(Counts(100, seed: 8), Counts(100, seed: 9));
    }
}

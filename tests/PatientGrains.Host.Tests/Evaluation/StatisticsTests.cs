using PatientGrains.Host.Evaluation;

namespace PatientGrains.Host.Tests;

public class StatisticsTests
{
    [Fact]
    public void Auroc_is_the_share_of_pairs_in_the_right_order_with_ties_counted_half()
    {
        // Labelled 1, 2, 2; unlabelled 1, 1, 2: of nine pairs four are right (2 over 1 twice each), four are ties, one is wrong.
        Assert.Equal((4 + 4 * 0.5) / 9, Statistics.Auroc([new(1, 2), new(2, 1)])!.Value, 12);
        Assert.Equal(1, Statistics.Auroc([new(0, 5), new(3, 0)]));
        Assert.Equal(0, Statistics.Auroc([new(3, 0), new(0, 5)]));
        Assert.Equal(0.5, Statistics.Auroc([new(3, 5)]));
        Assert.Null(Statistics.Auroc([new(3, 0), new(2, 0)]));
        Assert.Null(Statistics.Auroc([]));
    }

    // Newcombe, Stat Med 1998;17:857-872, table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilsons_interval_is_that_of_the_literature(int some, int all, double low, double high)
    {
        var figure = Statistics.Proportion(some, all);
        Assert.Equal((double)some / all, figure.Value);
        Assert.Equal(low, figure.Low!.Value, 4);
        Assert.Equal(high, figure.High!.Value, 4);
        Assert.Null(Statistics.Proportion(0, 0).Value);
    }

    [Fact]
    public void A_quantile_lies_between_its_neighbours()
    {
        Assert.Equal(2.5, Statistics.Quantile([1, 2, 3, 4], 0.5));
        Assert.Equal(1.75, Statistics.Quantile([1, 2, 3, 4], 0.25));
        Assert.Equal(4, Statistics.Quantile([1, 2, 3, 4], 1));
        Assert.Equal(7, Statistics.Quantile([7], 0.3));
        Assert.Null(Statistics.Quantile([], 0.5));
    }

    [Fact]
    public void The_bootstrap_draws_whole_stays_and_the_same_ones_every_time()
    {
        var once = Bootstrap.Of(50, Mean);
        Assert.Equal(once, Bootstrap.Of(50, Mean));
        // The mean of 0 to 49 has a standard error of 14.43 / sqrt(50) = 2.04, so that 95 % lie within 4.0 on both sides.
        Assert.Equal(24.5, once[0].Value);
        Assert.InRange(once[0].Low!.Value, 20, 21);
        Assert.InRange(once[0].High!.Value, 28, 29);
        Assert.Null(once[1].Value);

        var sizes = new HashSet<int>();
        Bootstrap.Of(7, times =>
        {
            sizes.Add(times.Sum());
            return [];
        });
        Assert.Equal([7], sizes);

        static double?[] Mean(int[] times) => [times.Select((count, stay) => (double)count * stay).Sum() / times.Sum(), null];
    }

    [Fact]
    public void One_stay_has_no_spread()
    {
        Assert.Equal(new Figure(3, 3, 3), Bootstrap.Of(1, _ => [3]).Single());
    }
}

using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Tests;

public class HistogramTests
{
    private static readonly double[] Shares = [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1];

    /// <summary>How values are spread, by name: narrow, wide, over many powers of two, two humps far apart, all the same.</summary>
    private static long Value(string spread, double uniform) => spread switch
    {
        "narrow" => 1000 + (long)(uniform * 100),
        "wide" => (long)(uniform * 10_000_000),
        "exponential" => (long)(-Math.Log(1 - uniform) * 5000),
        "powers" => (long)Math.Pow(2, uniform * 42),
        "humps" => uniform < 0.99 ? (long)(uniform * 300) : 2_000_000 + (long)(uniform * 1000),
        _ => 777_777,
    };

    [Theory]
    [InlineData("narrow")]
    [InlineData("wide")]
    [InlineData("exponential")]
    [InlineData("powers")]
    [InlineData("humps")]
    [InlineData("same")]
    public void A_percentile_is_the_exact_one_to_three_digits(string spread)
    {
        var chance = new Chance(11);
        long[] values = [.. Enumerable.Range(0, 50_000).Select(i => Value(spread, chance.Uniform(i)))];
        var histogram = new Histogram();
        foreach (long value in values)
            histogram.Add(value);
        Array.Sort(values);
        foreach (double share in Shares)
        {
            long exact = values[Math.Max(0, (int)Math.Ceiling(share * values.Length) - 1)];
            Assert.InRange(histogram.At(share), exact, exact + (exact / 1000.0));
        }
        Assert.Equal(values[^1], histogram.Max);
        Assert.Equal(values.Average(), histogram.Mean, 6);
    }

    [Fact]
    public void Small_values_are_counted_exactly()
    {
        for (long value = 0; value < 2048; value++)
        {
            var histogram = new Histogram();
            histogram.Add(value);
            histogram.Add(1 << 20);
            Assert.Equal(value, histogram.At(0.5));
        }
    }

    [Fact]
    public void Merged_parts_say_what_the_whole_says()
    {
        var chance = new Chance(5);
        var whole = new Histogram();
        Histogram[] parts = [new(), new(), new()];
        for (int i = 0; i < 30_000; i++)
        {
            long value = Value("powers", chance.Uniform(i));
            whole.Add(value);
            parts[i % 3].Add(value);
        }
        var merged = new Histogram();
        foreach (var part in parts)
            merged.Merge(part);
        Assert.Equal(whole.Count, merged.Count);
        Assert.Equal(whole.Max, merged.Max);
        Assert.Equal(whole.Mean, merged.Mean);
        Assert.All(Shares, share => Assert.Equal(whole.At(share), merged.At(share)));
    }

    [Fact]
    public async Task Values_added_at_once_are_all_counted()
    {
        var histogram = new Histogram();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < 20_000; i++)
                histogram.Add(1L << ((i + worker) % 40));
        })));
        Assert.Equal(160_000, histogram.Count);
        Assert.Equal(1L << 39, histogram.Max);
        Assert.Equal(histogram.Max, histogram.At(1));
    }

    [Fact]
    public void What_lies_beyond_the_ends_counts_as_the_ends()
    {
        var histogram = new Histogram();
        histogram.Add(-5);
        Assert.Equal(0, histogram.At(1));
        histogram.Add(long.MaxValue);
        Assert.Equal((1L << 44) - 1, histogram.Max);
        Assert.Equal(2, histogram.Count);
    }

    [Fact]
    public void An_empty_histogram_says_nothing()
    {
        var empty = new Histogram();
        Assert.Equal((0, 0, 0.0), (empty.At(0.99), empty.Max, empty.Mean));
    }
}

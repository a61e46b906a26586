using PatientGrains.Grpc.Wire;

namespace PatientGrains.Grpc.Tests.Wire;

public class TimeoutTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000L)]
    [InlineData("2M", 1_200_000_000L)]
    [InlineData("3S", 30_000_000L)]
    [InlineData("4m", 40_000L)]
    [InlineData("5u", 50L)]
    [InlineData("600n", 6L)]
    [InlineData("1n", 1L)]
    [InlineData("0n", 0L)]
    [InlineData("0S", 0L)]
    [InlineData("99999999H", 99_999_999L * 36_000_000_000L)]
    public void A_timeout_is_digits_and_a_unit(string text, long ticks)
    {
        Assert.True(Timeouts.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("1h")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("1.5S")]
    [InlineData("1_0S")]
    [InlineData("100000000S")]
    [InlineData("١S")]
    public void Anything_else_is_malformed(string text) => Assert.False(Timeouts.TryParse(text, out _));

    [Theory]
    [InlineData(0, "1n")]
    [InlineData(-5, "1n")]
    [InlineData(1, "100n")]
    [InlineData(9, "900n")]
    [InlineData(10, "1u")]
    [InlineData(999_999_999, "99999999u")]
    [InlineData(1_000_000_000, "100000m")]
    [InlineData(long.MaxValue, "99999999M")]
    public void It_is_written_in_the_finest_unit_that_fits(long ticks, string text) =>
        Assert.Equal(text, Timeouts.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void What_is_written_is_read_as_no_more_than_it_was()
    {
        var random = new Random(3);
        for (int i = 0; i < 10_000; i++)
        {
            var timeout = TimeSpan.FromTicks(random.NextInt64(1, 1L << random.Next(1, 52)));
            Assert.True(Timeouts.TryParse(Timeouts.Format(timeout), out var read));
            Assert.InRange(read.Ticks, timeout.Ticks - Math.Max(10, timeout.Ticks / 1_000), timeout.Ticks);
        }
    }
}

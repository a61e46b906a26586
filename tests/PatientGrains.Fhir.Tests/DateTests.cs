using System.Globalization;

namespace PatientGrains.Fhir.Tests;

public class DateTests
{
    [Theory]
    [InlineData("2020", "2020-01-01T00:00:00", "2021-01-01T00:00:00")]
    [InlineData("2020-02", "2020-02-01T00:00:00", "2020-03-01T00:00:00")]
    [InlineData("2020-12", "2020-12-01T00:00:00", "2021-01-01T00:00:00")]
    [InlineData("2020-02-29", "2020-02-29T00:00:00", "2020-03-01T00:00:00")]
    [InlineData("2020-02-29T10:30", "2020-02-29T10:30:00", "2020-02-29T10:31:00")]
    [InlineData("2020-02-29T10:30:15Z", "2020-02-29T10:30:15", "2020-02-29T10:30:16")]
    [InlineData("2020-02-29T10:30:15.5+02:00", "2020-02-29T08:30:15.5", "2020-02-29T08:30:15.6")]
    [InlineData("2020-02-29T10:30:15.1234567-05:30", "2020-02-29T16:00:15.1234567", "2020-02-29T16:00:15.1234568")]
    [InlineData("2015-06-30T23:59:60Z", "2015-07-01T00:00:00", "2015-07-01T00:00:01")]
    public void A_date_covers_what_its_precision_says_in_UTC(string text, string from, string until)
    {
        Assert.True(FhirDates.TryParse(text, out long fromTicks, out long untilTicks));
        Assert.Equal(DateTime.Parse(from, CultureInfo.InvariantCulture).Ticks, fromTicks);
        Assert.Equal(DateTime.Parse(until, CultureInfo.InvariantCulture).Ticks, untilTicks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("202")]
    [InlineData("0000")]
    [InlineData("2020-")]
    [InlineData("2020-00")]
    [InlineData("2020-13")]
    [InlineData("2019-02-29")]
    [InlineData("2020-02-30")]
    [InlineData("2020-2-3")]
    [InlineData("2020-02-03T")]
    [InlineData("2020-02-03 10:00:00Z")]
    [InlineData("2020-02-03T24:00:00Z")]
    [InlineData("2020-02-03T10:60:00Z")]
    [InlineData("2020-02-03T10:00:61Z")]
    [InlineData("2020-02-03T10:00:00.Z")]
    [InlineData("2020-02-03T10:00:00+15:00")]
    [InlineData("2020-02-03T10:00:00+14:30")]
    [InlineData("2020-02-03T10:00:00z")]
    [InlineData("2020-02-03T10:00:00ZZ")]
    [InlineData("٢٠٢٠")]
    public void What_is_no_date_is_refused(string text) => Assert.False(FhirDates.TryParse(text, out _, out _));

    [Fact]
    public void The_ends_of_time_do_not_overflow()
    {
        Assert.True(FhirDates.TryParse("9999", out _, out long end));
        Assert.Equal(DateTime.MaxValue.Ticks + 1, end);
        Assert.True(FhirDates.TryParse("9999-12-31T23:59:59-14:00", out long from, out end));
        Assert.True(from < end && end == DateTime.MaxValue.Ticks + 1);
        Assert.True(FhirDates.TryParse("0001-01-01T00:00:00+14:00", out from, out end));
        Assert.True(from == 0 && from < end);
        Assert.True(FhirDates.TryParse("9999-12-31", out _, out end));
        Assert.Equal(DateTime.MaxValue.Ticks + 1, end);
    }
}

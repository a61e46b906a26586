using Microsoft.Extensions.Primitives;
using PatientGrains.Core.Search;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Tests.Search;

/// <summary>How search values are written (R4 3.1.1.4), and the other small texts of requests.</summary>
public class SearchValuesTests
{
    [Theory]
    [InlineData("a", null, "a")]
    [InlineData("s|a", "s", "a")]
    [InlineData("|a", "", "a")]
    [InlineData("s|", "s", null)]
    [InlineData("a\\|b", null, "a|b")]
    [InlineData("s|a\\,b\\$c\\\\d", "s", "a,b$c\\d")]
    public void A_token_is_a_system_and_a_code(string text, string? system, string? code)
    {
        var token = Assert.IsType<TokenValue>(SearchValues.Token(text));
        Assert.Equal((system, code), (token.System, token.Code));
    }

    [Theory]
    [InlineData("")]
    [InlineData("|")]
    [InlineData("a|b|c")]
    [InlineData("a\\b")]
    [InlineData("a\\")]
    public void What_is_no_token_is_none(string text) => Assert.Null(SearchValues.Token(text));

    [Theory]
    [InlineData("2024", DateComparison.Equal, "2024-01-01", "2025-01-01")]
    [InlineData("ge2024-02", DateComparison.GreaterOrEqual, "2024-02-01", "2024-03-01")]
    [InlineData("sa2024-02-29", DateComparison.StartsAfter, "2024-02-29", "2024-03-01")]
    [InlineData("ap2024-02-29", DateComparison.Approximately, "2024-02-29", "2024-03-01")]
    public void A_date_is_a_comparison_with_what_its_precision_covers(string text, DateComparison comparison, string from, string until)
    {
        var date = Assert.IsType<DateValue>(SearchValues.Date(text));
        Assert.Equal((comparison, Ticks(from), Ticks(until)), (date.Comparison, date.FromTicks, date.UntilTicks));
    }

    [Fact]
    public void The_plus_of_a_zone_may_arrive_as_a_space() =>
        Assert.Equal(SearchValues.Date("2024-01-01T10:00:00+02:00"), SearchValues.Date("2024-01-01T10:00:00 02:00"));

    [Theory]
    [InlineData("xx2024")]
    [InlineData("2024-13")]
    [InlineData("ge")]
    [InlineData("yesterday")]
    public void What_is_no_date_is_none(string text) => Assert.Null(SearchValues.Date(text));

    [Fact]
    public void Commas_separate_unless_they_are_escaped() =>
        Assert.Equal(["a", "b\\,c", ""], SearchValues.Split("a,b\\,c,", ','));

    [Fact]
    public void A_cursor_comes_back_as_it_was_and_a_made_up_one_is_refused()
    {
        var cursor = new Cursor(12, 345);
        Assert.True(Cursor.TryParse(cursor.ToString(), out var back));
        Assert.Equal(cursor, back);
        foreach (string madeUp in (string[])["", "12", "MSA", "MSAtMSAw", new string('A', 65)])
            Assert.False(Cursor.TryParse(madeUp, out _));
    }

    [Theory]
    [InlineData("return=minimal, handling=lenient", "Minimal", true)]
    [InlineData("respond-async; return=\"OperationOutcome\"", "OperationOutcome", false)]
    [InlineData("handling=lenient, handling=strict", "Representation", false)]
    [InlineData("return=something", "Representation", false)]
    public void Preferences_that_are_known_count_and_others_do_not(string header, string expected, bool lenient)
    {
        var preferences = Preferences.Parse(new StringValues(header));
        Assert.Equal((expected, lenient), (preferences.Return.ToString(), preferences.IsLenient));
    }

    private static long Ticks(string day) => DateTime.Parse(day, System.Globalization.CultureInfo.InvariantCulture).Ticks;
}

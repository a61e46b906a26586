using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>
/// The table of prefixes of R4 3.1.1.4.3 over the intervals that precisions cover (R4 3.1.1.4.7), both half-open, in days.
/// </summary>
public class DateComparisonTests
{
    private const string Equal = "eq", NotEqual = "ne", Greater = "gt", Less = "lt", GreaterOrEqual = "ge", LessOrEqual = "le";
    private const string StartsAfter = "sa", EndsBefore = "eb", Approximately = "ap";

    // The parameter is always [10, 20).
    [Theory]
    [InlineData(10, 20, Equal, GreaterOrEqual, LessOrEqual, Approximately)]
    [InlineData(12, 13, Equal, GreaterOrEqual, LessOrEqual, Approximately)]
    [InlineData(10, 11, Equal, GreaterOrEqual, LessOrEqual, Approximately)]
    [InlineData(19, 20, Equal, GreaterOrEqual, LessOrEqual, Approximately)]
    [InlineData(15, 25, NotEqual, Greater, GreaterOrEqual, Approximately)]
    [InlineData(5, 15, NotEqual, Less, LessOrEqual, Approximately)]
    [InlineData(5, 25, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual, Approximately)]
    [InlineData(20, 21, NotEqual, Greater, GreaterOrEqual, StartsAfter)]
    [InlineData(30, 40, NotEqual, Greater, GreaterOrEqual, StartsAfter)]
    [InlineData(9, 10, NotEqual, Less, LessOrEqual, EndsBefore)]
    [InlineData(1, 2, NotEqual, Less, LessOrEqual, EndsBefore)]
    public void A_prefix_compares_the_interval_of_the_element_with_that_of_the_parameter(long from, long until, params string[] matching)
    {
        foreach (var (prefix, comparison) in Prefixes)
        {
            var value = new DateValue(comparison, 10, 20);
            Assert.True(value.Matches(from, until) == matching.Contains(prefix), $"{prefix} of [{from}, {until})");
        }
    }

    [Theory]
    [InlineData(15, long.MaxValue, NotEqual, Greater, GreaterOrEqual, Approximately)]
    [InlineData(25, long.MaxValue, NotEqual, Greater, GreaterOrEqual, StartsAfter)]
    [InlineData(long.MinValue, 15, NotEqual, Less, LessOrEqual, Approximately)]
    [InlineData(long.MinValue, 5, NotEqual, Less, LessOrEqual, EndsBefore)]
    [InlineData(long.MinValue, long.MaxValue, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual, Approximately)]
    public void An_open_end_of_a_period_has_no_bound(long from, long until, params string[] matching) =>
        A_prefix_compares_the_interval_of_the_element_with_that_of_the_parameter(from, until, matching);

    [Fact]
    public void Every_prefix_is_in_the_table() => Assert.Equal(Enum.GetValues<DateComparison>(),
        Prefixes.Select(prefix => prefix.Comparison));

    [Fact]
    public void A_date_matches_when_any_term_matches_any_value()
    {
        var terms = new TermWriter();
        terms.Date("date"u8, 5, 6);
        terms.Date("date"u8, 12, 13);
        terms.Date("issued"u8, 30, 31);
        var statement = Live.After(Create("Observation/a", Body("{}", terms)))["Observation/a"];
        Assert.True(new DateCriterion("date", [new(DateComparison.Equal, 50, 60), new(DateComparison.Equal, 10, 20)]).Matches(statement));
        Assert.False(new DateCriterion("date", [new(DateComparison.Equal, 30, 31)]).Matches(statement));
        Assert.False(new DateCriterion("period", [new(DateComparison.NotEqual, 0, 1)]).Matches(statement));
    }

    private static readonly (string Prefix, DateComparison Comparison)[] Prefixes =
    [
        (Equal, DateComparison.Equal), (NotEqual, DateComparison.NotEqual), (Greater, DateComparison.Greater), (Less, DateComparison.Less),
        (GreaterOrEqual, DateComparison.GreaterOrEqual), (LessOrEqual, DateComparison.LessOrEqual),
        (StartsAfter, DateComparison.StartsAfter), (EndsBefore, DateComparison.EndsBefore), (Approximately, DateComparison.Approximately),
    ];
}

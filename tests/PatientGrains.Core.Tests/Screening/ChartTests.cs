using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

public class ChartTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Fact]
    public void A_value_is_fresh_until_its_window_ends_and_not_a_tick_longer()
    {
        foreach (var definition in Variables.Definitions)
        {
            var chart = Chart.Empty.And(definition.Variable, definition.High, Now);
            Assert.NotNull(chart.Fresh(definition.Variable, Now + definition.FreshFor));
            Assert.Null(chart.Fresh(definition.Variable, Now + definition.FreshFor + Tick));
            Assert.NotNull(chart.Newest(definition.Variable, Now + definition.FreshFor + Tick));
        }
    }

    [Fact]
    public void A_value_is_not_known_before_it_held()
    {
        var chart = Of((Variable.Lactate, 5));

        Assert.Null(chart.Fresh(Variable.Lactate, Now - Tick));
        Assert.NotNull(chart.Fresh(Variable.Lactate, Now));
    }

    [Fact]
    public void A_stale_value_does_not_stand_for_a_fresher_one_that_came_before_it_in_time()
    {
        var chart = Chart.Empty.AndHoursAgo(1, Variable.Lactate, 1).AndHoursAgo(3, Variable.Lactate, 5);

        Assert.Equal(1, chart.Fresh(Variable.Lactate, Now)!.Value.Value);
        Assert.Equal(5, chart.Fresh(Variable.Lactate, Now.AddHours(-2))!.Value.Value);
    }

    [Fact]
    public void Between_is_open_at_its_start_and_closed_at_its_end()
    {
        var chart = Chart.Empty.AndHoursAgo(3, Variable.HeartRate, 73).AndHoursAgo(2, Variable.HeartRate, 72)
            .AndHoursAgo(1, Variable.HeartRate, 71);

        decimal[] Values(DateTimeOffset from, DateTimeOffset until) =>
            [.. chart.Between(Variable.HeartRate, from, until).ToArray().Select(reading => reading.Value)];
        Assert.Equal([72, 71], Values(Now.AddHours(-3), Now.AddHours(-1)));
        Assert.Equal([73, 72, 71], Values(Now.AddHours(-3) - Tick, Now.AddHours(-1)));
        Assert.Equal([72], Values(Now.AddHours(-3), Now.AddHours(-1) - Tick));
        Assert.Equal([], Values(Now.AddHours(-1), Now.AddHours(-3)));
        Assert.Equal([], Values(Now, Now.AddDays(1)));
        Assert.Equal([], Values(Now.AddDays(-9), Now.AddDays(-8)));
    }

    [Fact]
    public void Of_one_instant_a_final_value_comes_after_a_preliminary_one_and_then_the_greater_key()
    {
        var statements = new[]
        {
            (Id: "c", Finding: Value(Variable.Potassium, 3, Now, isPreliminary: true)),
            (Id: "b", Finding: Value(Variable.Potassium, 2, Now)),
            (Id: "a", Finding: Value(Variable.Potassium, 1, Now)),
        };
        foreach (var order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]])
        {
            var chart = order.Aggregate(Chart.Empty, (chart, i) => chart.With(Key(statements[i].Id), 1, [statements[i].Finding]));
            Assert.Equal([3, 1, 2], chart.Series(Variable.Potassium).ToArray().Select(reading => reading.Value));
            Assert.Equal(2, chart.Fresh(Variable.Potassium, Now)!.Value.Value);
        }
    }

    [Fact]
    public void A_new_version_replaces_all_that_the_one_before_said()
    {
        var chart = Chart.Empty
            .With(Key("a"), 1, [Value(Variable.SystolicPressure, 90, Now), Value(Variable.DiastolicPressure, 50, Now)])
            .With(Key("a"), 2, [Value(Variable.SystolicPressure, 120, Now.AddHours(-1))]);

        var reading = Assert.Single(chart.Series(Variable.SystolicPressure).ToArray());
        Assert.Equal((120, Now.AddHours(-1), 2), (reading.Value, reading.At, reading.Version));
        Assert.True(chart.Series(Variable.DiastolicPressure).IsEmpty);
    }

    [Fact]
    public void A_deleted_statement_says_nothing_any_more()
    {
        var chart = Of((Variable.Lactate, 5));

        Assert.Equal(Text(Chart.Empty), Text(chart.Without(Key("Lactate"))));
        Assert.Equal(Text(chart), Text(chart.Without(Key("other"))));
    }

    [Fact]
    public void A_corrected_time_brings_back_what_it_had_hidden()
    {
        // A typing error puts a value ten years ahead; what was there before must not be forgotten for it.
        var chart = Of((Variable.Lactate, 5))
            .And(Variable.Lactate, 1, Now.AddYears(10), id: "b").And(Variable.Lactate, 1, Now.AddHours(-2), version: 2, id: "b");

        Assert.Equal(5, chart.Fresh(Variable.Lactate, Now)!.Value.Value);
    }

    [Fact]
    public void What_is_doubted_is_no_value()
    {
        var doubted = new Doubted { Variable = Variable.Lactate, Doubt = Doubt.NoUnit, Written = "50" };

        Assert.Equal(Text(Chart.Empty), Text(Together(doubted)));
        Assert.Equal(Text(Chart.Empty), Text(Of((Variable.Lactate, 5)).With(Key("Lactate"), 2, [doubted])));
    }

    [Fact]
    public void The_present_is_the_latest_time_of_anything_measured_up_to_a_time()
    {
        var chart = Of((Variable.Lactate, 5)).AndHoursAgo(1, Variable.HeartRate, 80);

        Assert.Null(Chart.Empty.Latest(Now));
        Assert.Equal(Now, chart.Latest(Now.AddYears(1)));
        Assert.Equal(Now.AddHours(-1), chart.Latest(Now - Tick));
        Assert.Null(chart.Latest(Now.AddHours(-1) - Tick));
    }

    [Fact]
    public void The_unit_is_that_of_the_stay_that_began_last_and_has_not_ended()
    {
        static Placed Stay(string unit, double from, double? until) =>
            new() { Unit = unit, From = Now.AddHours(from), Until = until is { } end ? Now.AddHours(end) : null };
        var chart = Chart.Empty.With(Key("2"), 1, [Stay("icu", -4, -1)]).With(Key("1"), 1, [Stay("ward", -9, null)]);

        Assert.Null(chart.UnitAt(Now.AddHours(-9) - Tick));
        Assert.Equal("ward", chart.UnitAt(Now.AddHours(-9)));
        Assert.Equal("icu", chart.UnitAt(Now.AddHours(-4)));
        Assert.Equal("ward", chart.UnitAt(Now.AddHours(-1)));
    }

    [Theory]
    [InlineData("2010-03-01", 16)]
    [InlineData("2010-03-02", 15)]
    [InlineData("2008-02-29", 18)]
    [InlineData("2026-03-01", 0)]
    public void Age_is_in_full_years(string born, int age) =>
        Assert.Equal(age, Together(new Born { On = DateOnly.Parse(born, null) }).AgeAt(Now));

    [Fact]
    public void Without_a_birth_date_there_is_no_age() => Assert.Null(Chart.Empty.AgeAt(Now));

    [Fact]
    public void Of_two_sources_that_say_a_birth_date_the_lower_key_is_taken_whichever_came_first()
    {
        var born = new Born { On = new DateOnly(1950, 1, 1) };
        (ResourceKey, Born)[] said = [(new("Patient", "a"), born), (new("Patient", "b"), born with { On = new DateOnly(2020, 1, 1) })];

        Assert.Equal(born, said.Aggregate(Chart.Empty, (chart, x) => chart.With(x.Item1, 1, [x.Item2])).Birth!.Finding);
        Assert.Equal(born, said.Reverse().Aggregate(Chart.Empty, (chart, x) => chart.With(x.Item1, 1, [x.Item2])).Birth!.Finding);
    }

    /// <summary>A record adds to its chart in place as long as nobody has seen it.</summary>
    [Fact]
    public void What_a_record_showed_of_its_chart_stays_as_it_was()
    {
        var record = new PatientRecord();
        var shown = new List<(Chart Chart, string Said)>();
        for (int i = 0; i < 12; i++)
        {
            var stay = new Placed { Unit = $"icu{i}", From = Now.AddHours(-i) };
            RecordFold.Evolve(record, Samples.Stored($"Observation/{i}", 1) with
            {
                Body = Samples.Body() with { Findings = [Value(Variable.Lactate, i, Now.AddHours(i % 3)), stay] },
            });
            if (i % 4 == 1)
                shown.Add((record.Chart, Text(record.Chart)));
        }
        Assert.All(shown, one => Assert.Equal(one.Said, Text(one.Chart)));
        Assert.Equal(12, record.Chart.Stays.Length);
        Assert.Equal(3, shown.Select(one => one.Said).Distinct().Count());
    }
}

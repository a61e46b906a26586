using System.Xml.Linq;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;
using PatientGrains.Log.Tests;

namespace PatientGrains.LoadTests.Tests;

public class ReportTests
{
    private static readonly Surroundings Here = new([("machine", "2 cores, \"fast\""), ("durability", "synchronous=FULL")]);

    private static Report Of(bool judges, params Figure[] figures)
    {
        var clock = new ManualClock();
        var ours = new Recorder("ours", clock);
        ours.Begin();
        for (int i = 0; i < 1000; i++)
        {
            long due = clock.GetTimestamp();
            clock.Move(TimeSpan.FromMilliseconds(2));
            ours.Latency.Add(due, clock.GetTimestamp());
        }
        ours.End(new Round(1000, 2, 100, 500));
        ours.Note($"a note & more");
        var load = new OpenLoad(new ConstantArrivals(500), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        return new Report(Here, judges, [new Part("a/b", "what <it> means", load, new Measured(ours, []), figures)]);
    }

    private static Figure With(double value, params Limit[] limits) => new("speed", value, "ms") { Limits = limits };

    [Fact]
    public void A_missed_aim_is_told_and_fails_nothing()
    {
        var report = Of(true, With(7, Limit.Below(5)));
        Assert.False(report.Failed);
        Assert.Contains("   missed aim: speed: 7 ms, aim <= 5 ms", TextReport.Misses(report));
    }

    [Theory]
    [InlineData(7, 5, true)]
    [InlineData(5, 5, false)]
    [InlineData(double.NaN, 5, true)]
    public void A_missed_guard_fails_the_run(double value, double limit, bool failed)
    {
        var report = Of(true, With(value, Limit.Below(limit, Weight.Guard)));
        Assert.Equal(failed, report.Failed);
        Assert.Equal(failed, TextReport.Misses(report).Any(line => line.Contains("FAILED: speed")));
    }

    [Fact]
    public void A_smoke_run_judges_only_what_must_always_hold()
    {
        Assert.False(Of(false, With(7, Limit.Below(5, Weight.Guard), Limit.Below(5))).Failed);
        Assert.True(Of(false, With(7, Limit.Below(5, Weight.Always))).Failed);
    }

    [Fact]
    public void More_may_be_better() =>
        Assert.Equal((true, false), (Limit.Above(5).IsMetBy(5), Limit.Above(5).IsMetBy(4.9)));

    [Fact]
    public async Task Failed_requests_fail_the_run()
    {
        var scenario = new Failing();
        var clock = new ManualClock();
        var part = Part.Of(scenario, await new Runner(clock, clock.Move).Run(scenario));
        Assert.True(new Report(Here, false, [part]).Failed);
        Assert.Contains(part.Figures, figure => figure.Measured.Contains("the first: broken"));
    }

    [Fact]
    public void A_scenario_that_breaks_off_fails_the_run_and_leaves_every_report_whole()
    {
        var report = new Report(Here, false, [Part.Broken(new Failing(), new TimeoutException("no answer"), new ManualClock())]);
        Assert.True(report.Failed);
        Assert.Contains(TextReport.Lines(report), line => line.Contains("FAILED broke off: 1, TimeoutException: no answer"));
        Assert.Contains("broke off", HtmlReport.Page(report));
        Assert.Contains(CsvReport.Lines(report), line => line.Contains("broke off"));
    }

    [Fact]
    public void The_page_is_well_formed_and_needs_nothing_from_outside()
    {
        string page = HtmlReport.Page(Of(true, With(7, Limit.Below(5))));
        var xml = XElement.Parse(page.Replace("<!DOCTYPE html>", "").Replace("<meta charset=\"utf-8\">", "").Replace("<br>", "<br/>"));
        Assert.Equal(3, xml.Descendants("svg").Count());
        Assert.NotEmpty(xml.Descendants("polyline"));
        Assert.DoesNotContain(xml.DescendantsAndSelf(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.DoesNotContain("http", page);
        Assert.Contains("synchronous=FULL", page);
        Assert.Contains("what &lt;it&gt; means", page);
    }

    [Fact]
    public void Every_line_of_the_values_has_as_many_columns()
    {
        string[] lines = [.. CsvReport.Lines(Of(true, With(7, Limit.Below(5))))];
        Assert.Equal("setting,,,machine,\"2 cores, \"\"fast\"\"\",,,,,,", lines[1]);
        Assert.All(lines.Where(line => !line.Contains('"')), line => Assert.Equal(10, line.Count(c => c == ',')));
        Assert.Contains("percentile,a/b,ours: due to done,99,2,ms,,,,,", lines);
        Assert.Contains("figure,a/b,,speed,7,ms,,,<= 5 ms,missed,", lines);
    }

    [Fact]
    public void The_tables_have_a_row_for_every_figure_and_a_cause_for_every_miss()
    {
        var report = Of(true, With(7, Limit.Below(5)), With(4, Limit.Below(5)) with { What = "other" }, new Figure("rest", 3, "ms"));
        string[] lines = [.. MarkdownReport.Lines(report, Causes.Parse(["# a remark", "", "a/b | speed | a | slow part"]))];
        Assert.Contains("| `a/b` | speed | 7 ms | <= 5 ms |  |  | missed | a \\| slow part |", lines);
        Assert.Contains("| `a/b` | other | 4 ms | <= 5 ms |  |  | met |  |", lines);
        Assert.Contains("| `a/b` | rest | 3 ms |  |  |", lines);
        Assert.Contains("| missed | not known |", string.Join('\n', MarkdownReport.Lines(report, new Causes([]))));
    }

    [Fact]
    public void A_README_keeps_what_is_outside_its_marks()
    {
        string readme = "before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n";
        Assert.Equal(
            "before\n<!-- measured: begin -->\nnew\nrows\n<!-- measured: end -->\nafter\n", MarkdownReport.Into(readme, ["new", "rows"]));
        Assert.Throws<InvalidDataException>(() => MarkdownReport.Into("nothing", ["new"]));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.0042, "0.0042")]
    [InlineData(4.444, "4.44")]
    [InlineData(44.44, "44.4")]
    [InlineData(123_456.7, "123,457")]
    public void Numbers_have_the_digits_that_mean_something(double value, string text) => Assert.Equal(text, Numbers.Text(value));

    private sealed class Failing : IScenario
    {
        public string Name => "failing";
        public string Measures => "nothing";
        public Load Load => new ClosedLoad(1, TimeSpan.Zero, TimeSpan.FromSeconds(1), 1);

        public Task Prepare(Recorder own) => Task.CompletedTask;

        public ValueTask<Done> Step(Arrival arrival) => throw new InvalidDataException("broken");

        public IEnumerable<Figure> Figures(Measured measured) => [];

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

public class SettingsTests
{
    [Fact]
    public void Scenarios_come_before_options()
    {
        var settings = Settings.Parse(["read", "crud", "--seconds", "2.5", "--markdown", "--out", "folder"])!;
        Assert.Equal(["read", "crud"], settings.Verbs);
        Assert.Equal((2.5, true, "folder"), (settings.Seconds, settings.Markdown, settings.Out));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--smoke")]
    [InlineData("all --rounds")]
    [InlineData("all --rounds none")]
    [InlineData("all --rounds -3")]
    [InlineData("all --unknown 3")]
    public void What_is_not_understood_is_refused(string arguments) =>
        Assert.Null(Settings.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Fact]
    public async Task A_group_names_all_of_its_scenarios()
    {
        await using var bench = new Bench(new Settings { Verbs = [] });
        Assert.Equal(["read/engine", "read/engine-open", "read/http", "read/http-open"],
            Catalog.Chosen(bench, ["read"])!.Select(scenario => scenario.Name));
        Assert.Equal(Catalog.All(bench).Count, Catalog.Chosen(bench, ["all"])!.Count);
        Assert.Null(Catalog.Chosen(bench, ["read", "rea"]));
        Assert.Equal(Catalog.All(bench).Count, Catalog.All(bench).Select(scenario => scenario.Name).Distinct().Count());
    }
}

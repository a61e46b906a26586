using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;
using PatientGrains.Log.Tests;

namespace PatientGrains.LoadTests.Tests;

/// <summary>A run beside one that was kept: what is worse by more than the noise is told, and the noise is not.</summary>
public class BaselineTests
{
    private static readonly Surroundings Here =
        new([("machine", "2 cores"), ("corpus", "Synthea"), ("callers", "64"), ("runner", "own runner")]);

    private static readonly Surroundings Elsewhere =
        new([("machine", "16 cores"), ("corpus", "Synthea"), ("callers", "64"), ("runner", "own runner")]);

    private static Report Of(Surroundings where, Baseline? baseline, params Figure[] figures)
    {
        var ours = new Recorder("ours", new ManualClock());
        var part = new Part("a/b", "means", new TurnsLoad(1, 0), new Measured(ours, []), figures);
        return new Report(where, true, [part.Beside(baseline, where)]) { Baseline = baseline };
    }

    private static Figure Reads(double perSecond, double ratio) => new("reads", perSecond, "/s") { Ratio = ratio };

    private static Figure Tail(double millis, double ratio) =>
        new("p99", millis, "ms") { Ratio = ratio, Tolerance = Figure.OfTails };

    /// <summary>Through the file, as a run finds it.</summary>
    private static Baseline Kept(params Figure[] figures) => Baseline.Parse(Baseline.Of(Of(Here, null, figures)).Text());

    [Fact]
    public void A_figure_that_is_twice_as_bad_is_a_regression()
    {
        var report = Of(Here, Kept(Reads(1000, 0.5), Tail(4, 2)), Reads(500, 0.25), Tail(8, 4));
        Assert.Equal(["reads", "p99"], report.Regressions.Select(row => row.Figure.What));
        string said = string.Join('\n', TextReport.Regressions(report));
        Assert.Contains("== 2 figures worse than the baseline", said);
        Assert.Contains("a/b: reads: 500 /s; 2 x worse, more than 1.4", said);
    }

    [Fact]
    public void The_noise_of_a_run_is_none()
    {
        var report = Of(Here, Kept(Reads(1000, 0.5), Tail(4, 2)), Reads(800, 0.4), Tail(7, 3.5));
        Assert.Empty(report.Regressions);
        Assert.Equal(["1.25 x worse", "1.75 x worse"], report.Parts[0].Figures.Select(figure => figure.Against!.Text));
        Assert.Equal(["== no figure is worse than the baseline"], TextReport.Regressions(report));
    }

    [Fact]
    public void A_slower_machine_is_none_where_there_is_a_floor()
    {
        var report = Of(Elsewhere, Kept(Reads(1000, 0.5), Tail(4, 2)), Reads(100, 0.5), Tail(40, 2));
        Assert.Empty(report.Regressions);
        Assert.All(report.Parts[0].Figures, figure => Assert.Equal((1.0, true), (figure.Against!.Worse, figure.Against.HasFloor)));
    }

    [Fact]
    public void A_faster_machine_hides_none_where_there_is_a_floor() =>
        Assert.Single(Of(Elsewhere, Kept(Reads(1000, 0.5)), Reads(2000, 0.25)).Regressions);

    [Fact]
    public void A_figure_without_a_floor_counts_on_the_same_machine_only()
    {
        var kept = Kept(new Figure("start", 10, "ms"));
        var slower = new Figure("start", 20, "ms");
        Assert.Equal("2 x worse (absolute), more than 1.4", Assert.Single(Of(Here, kept, slower).Regressions).Figure.Against!.Text);
        var elsewhere = Of(Elsewhere, kept, slower);
        Assert.Empty(elsewhere.Regressions);
        Assert.Equal("2 x worse (absolute, another machine)", elsewhere.Parts[0].Figures[0].Against!.Text);
    }

    [Fact]
    public void A_figure_that_is_itself_a_ratio_has_its_floor_in_it() =>
        Assert.True(Of(Elsewhere, Kept(new Figure("slower than the floor", 3, "x")), new Figure("slower than the floor", 6, "x"))
            .Parts[0].Figures[0].Against is { HasFloor: true, IsRegression: true });

    [Fact]
    public void What_is_better_is_told()
    {
        var report = Of(Here, Kept(Reads(1000, 0.5)), Reads(3000, 1.5));
        Assert.Equal("3 x better", report.Parts[0].Figures[0].Against!.Text);
        Assert.Empty(report.Regressions);
    }

    [Fact]
    public void A_figure_that_is_no_number_is_a_regression() =>
        Assert.Single(Of(Here, Kept(Reads(1000, 0.5)), Reads(double.NaN, double.NaN)).Regressions);

    [Fact]
    public void New_figures_and_remarks_are_compared_with_nothing()
    {
        var report = Of(Here, Kept(Reads(1000, 0.5)), new Figure("new", 1, "ms"), new Figure("lag", 1, "lines"));
        Assert.All(report.Parts[0].Figures, figure => Assert.Null(figure.Against));
    }

    [Fact]
    public void Another_corpus_is_compared_with_nothing()
    {
        var other = new Surroundings([("machine", "2 cores"), ("corpus", "3 synthetic patients"), ("callers", "64")]);
        Assert.Null(Kept().Differs(Here));
        Assert.Null(Kept().Differs(Elsewhere));
        Assert.Equal("its corpus was Synthea, here it is 3 synthetic patients", Kept().Differs(other));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void What_is_no_baseline_is_refused(string text) => Assert.Throws<InvalidDataException>(() => Baseline.Parse(text));

    [Fact]
    public void The_file_is_written_as_it_was_read()
    {
        string text = Kept(Reads(1234.56, 0.12346), Tail(4, 2)).Text();
        Assert.Equal(text, Baseline.Parse(text).Text());
        Assert.Contains("{\"scenario\":\"a/b\",\"figure\":\"reads\",\"value\":1235,\"unit\":\"/s\",\"ratio\":0.1235}", text);
    }
}

using System.Net;
using System.Text;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>One page that needs nothing from outside: settings, all figures, and plots as inline SVG. No script.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:1180px;margin:2em auto;padding:0 1em;color:#222}
        table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.25em .6em;text-align:left;vertical-align:top}
        .FAILED{color:#b00020;font-weight:bold}.missed{color:#b26a00}.met{color:#2e7d32}
        svg{width:560px;max-width:100%;margin-right:8px}svg text{font:11px system-ui,sans-serif}
        svg .t{font-weight:bold}svg .y{text-anchor:end}svg .x{text-anchor:middle}svg .g{stroke:#e4e4e4}
        svg polyline{fill:none;stroke-width:1.6}
        """;

    /// <summary>So many series have room in one plot.</summary>
    private const int MostLines = 5;

    public static string Page(Report report)
    {
        var html = new StringBuilder("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        html.Append("<title>PatientGrains load tests</title>");
        html.Append("<style>").Append(Style).Append("</style></head><body><h1>PatientGrains load tests</h1><table>");
        foreach (var (name, value) in report.Surroundings.Lines)
            html.Append("<tr><th>").Append(Text(name)).Append("</th><td>").Append(Text(value)).Append("</td></tr>");
        html.Append("</table>");
        var missed = report.Missed.ToArray();
        html.Append("<h2>").Append(missed.Length == 0 ? "No limit was missed" : $"{missed.Length} limits missed").Append("</h2><ul>");
        foreach (var (figure, limit) in missed)
            html.Append("<li>").Append(Text(figure.Complaint(limit))).Append("</li>");
        html.Append("</ul><p>");
        html.AppendJoin("<br>", TextReport.Regressions(report).Select(Text)).Append("</p>");
        foreach (var part in report.Parts)
            Section(html, part, report.Judges);
        return html.Append("</body></html>\n").ToString();
    }

    private static void Section(StringBuilder html, Part part, bool judges)
    {
        html.Append("<h2>").Append(Text(part.Name)).Append("</h2><p>").Append(Text($"{part.Measures}; {part.Load}"));
        foreach (string note in part.Measured.Ours.Notes)
            html.Append("<br>").Append(Text(note));
        html.Append("</p><table><tr><th>figure</th><th>measured</th><th>beside it, same run</th>");
        html.Append("<th>ratio</th><th>to baseline</th><th>limits</th><th></th></tr>");
        foreach (var figure in part.Figures)
        {
            string verdict = TextReport.Verdict(figure, judges);
            string ratio = figure.Ratio is { } value ? Numbers.Text(value) : "";
            html.Append("<tr>");
            foreach (string cell in (string[])
                [figure.What, figure.Measured, figure.Beside, ratio, figure.Against?.Text ?? "", TextReport.Aims(figure)])
            {
                html.Append("<td>").Append(Text(cell)).Append("</td>");
            }
            html.Append($"<td class=\"{verdict}\">").Append(verdict).Append("</td></tr>");
        }
        html.Append("</table>");
        foreach (var plot in Plots(part))
            html.Append(plot.Svg());
    }

    private static IEnumerable<Plot> Plots(Part part)
    {
        Recorder[] all = [part.Measured.Ours, .. part.Measured.Beside];
        if (part.Load is TurnsLoad)
        {
            yield return Rounds(part, all);
            yield break;
        }
        (string Name, Series Series)[] shown =
        [
            .. all.Select(each => (each.Name, each.Latency)).Concat(part.Measured.Ours.Own.Select(own => (own.Name, own)))
                .Where(one => one.Item2.All.Count > 0).Take(MostLines),
        ];
        if (shown.Length == 0)
            yield break;
        yield return Percentiles(shown);
        // With many kinds of requests only their sum over time is worth a plot.
        var own = part.Measured.Ours.Own;
        foreach (var series in (Series[])[part.Measured.Ours.Latency, .. own.Count <= 3 ? own : []])
            yield return OverTime(series);
        yield return Throughput(all.Select(each => each.Latency));
    }

    private static Plot Rounds(Part part, Recorder[] all) => new(
        "per second, by round", "/s",
        [.. all.Select(each => new PlotLine(each.Name, [.. each.Rounds.Select((round, i) => ((double)i + 1, round.PerSecond))]))],
        [.. Enumerable.Range(1, part.Load.Rounds).Select(round => ((double)round, $"{round}"))]);

    /// <summary>Nines are as far from each other as they are hard to get: p99 lies one step from p90, p99.9 another.</summary>
    private static Plot Percentiles((string Name, Series Series)[] shown)
    {
        double[] shares = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999];
        double At(double share) => -Math.Log10(1 - share);
        return new Plot("latency by percentile", "ms",
            [.. shown.Select(one => new PlotLine(one.Name, [.. shares.Select(share => (At(share), one.Series.P(share)))]))],
            [(0, "0"), (At(0.5), "50"), (At(0.9), "90"), (At(0.99), "99"), (At(0.999), "99.9"), (At(0.9999), "99.99 %")])
        { Logarithmic = true };
    }

    private static Plot OverTime(Series series)
    {
        var slices = series.Slices;
        PlotLine Line(string name, Func<Histogram, long> value) => new(name, [.. slices.Select((slice, i) => (slice, i))
            .Where(at => at.slice.Count > 0)
            .Select(at => (at.i * Series.Slice.TotalSeconds, value(at.slice) / 1000.0))]);
        return new Plot($"latency over time: {series.Name}", "ms",
            [Line("p50", slice => slice.At(0.5)), Line("p99", slice => slice.At(0.99)), Line("max", slice => slice.Max)],
            Seconds(slices.Count)) { Logarithmic = true };
    }

    private static Plot Throughput(IEnumerable<Series> all)
    {
        PlotLine Line(Series series, int number) => new(number == 0 ? "ours" : $"beside it {number}", [.. series.Slices
            .Select((slice, i) => (i * Series.Slice.TotalSeconds, slice.Count / Series.Slice.TotalSeconds))]);
        var lines = all.Select(Line).ToArray();
        return new Plot("answered, by when they were due", "/s", lines, Seconds(lines.Max(line => line.Points.Count)));
    }

    private static (double At, string Text)[] Seconds(int slices)
    {
        double end = Math.Max(1, slices - 1) * Series.Slice.TotalSeconds;
        return [.. Enumerable.Range(0, 5).Select(i => (end * i / 4, Numbers.Text(end * i / 4) + " s"))];
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

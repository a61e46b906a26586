using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>The surroundings, the figures that a budget has an aim for, and the others, as a README keeps them.</summary>
internal static class MarkdownReport
{
    private const string Begin = "<!-- measured: begin -->", End = "<!-- measured: end -->";

    /// <summary>Said with the command and the table; the rest of <see cref="Surroundings"/> is the same on every machine.</summary>
    private static readonly string[] Told =
        ["date", "commit", "machine", "system", "runtime", "engine", "store", "servers", "corpus", "load average", "run"];

    public static IEnumerable<string> Lines(Report report, Causes causes)
    {
        var told = report.Surroundings.Lines.Where(line => Told.Contains(line.Name));
        yield return string.Join("; ", told.Select(line => $"{line.Name} {line.Value}")) + ".";
        yield return "";
        string title = report.Baseline is null ? "" : " to baseline |";
        string rule = report.Baseline is null ? "" : " --- |";
        yield return $"| scenario | figure with a budget | measured | budget | beside it, same run | ratio |{title} | why missed |";
        yield return $"| --- | --- | --- | --- | --- | --- |{rule} --- | --- |";
        foreach (var (part, figure) in Figures(report).Where(row => row.Figure.HasAim))
        {
            string verdict = TextReport.Verdict(figure, report.Judges);
            yield return Row(
                [$"`{part.Name}`", figure.What, figure.Measured, Aims(figure), figure.Beside, Ratio(figure)], report, figure,
                verdict, verdict is "missed" or "FAILED" ? causes.Of(part.Name, figure.What) : "");
        }
        yield return "";
        yield return $"| scenario | other figure | measured | beside it, same run | ratio |{title}";
        yield return $"| --- | --- | --- | --- | --- |{rule}";
        foreach (var (part, figure) in Figures(report).Where(row => !row.Figure.HasAim))
            yield return Row([$"`{part.Name}`", figure.What, figure.Measured, figure.Beside, Ratio(figure)], report, figure);
    }

    /// <summary>A README with the part between its two marks made anew.</summary>
    /// <exception cref="InvalidDataException">It has no such marks.</exception>
    public static string Into(string readme, IEnumerable<string> lines)
    {
        int from = readme.IndexOf(Begin, StringComparison.Ordinal), to = readme.IndexOf(End, StringComparison.Ordinal);
        return from >= 0 && to > from
            ? $"{readme[..(from + Begin.Length)]}\n{string.Join('\n', lines)}\n{readme[to..]}"
            : throw new InvalidDataException($"There is no {Begin} before {End}.");
    }

    /// <summary>All but those that must be 0 and are.</summary>
    private static IEnumerable<(Part Part, Figure Figure)> Figures(Report report) =>
        from part in report.Parts
        from figure in part.Figures
        where figure.Value != 0 || figure.Limits.All(limit => limit.Weight != Weight.Always)
        select (part, figure);

    private static string Ratio(Figure figure) => figure.Ratio is { } ratio ? Numbers.Text(ratio) : "";

    private static string Aims(Figure figure) =>
        string.Join("; ", figure.Limits.Where(limit => limit.Weight == Weight.Aim).Select(limit => limit.Text(figure.Unit)));

    private static string Row(string[] before, Report report, Figure figure, params string[] after)
    {
        string[] compared = report.Baseline is null ? [] : [figure.Against?.Text ?? "new"];
        string[] cells = [.. before, .. compared, .. after];
        return $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |";
    }
}

/// <summary>Why aims are missed, as people found out: told beside a miss, and only there.</summary>
internal sealed record Causes(IReadOnlyList<(string Scenario, string Figure, string Why)> All)
{
    /// <param name="lines">Scenario, beginning of the figure, cause, with | between them; # begins a remark.</param>
    /// <exception cref="InvalidDataException">A line has other parts.</exception>
    public static Causes Parse(IEnumerable<string> lines) => new([.. lines
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('|', 3, StringSplitOptions.TrimEntries) is [var scenario, var figure, var why]
            ? (scenario, figure, why)
            : throw new InvalidDataException($"A cause has three parts: {line}"))]);

    public string Of(string scenario, string figure) => All.FirstOrDefault(
        cause => cause.Scenario == scenario && figure.StartsWith(cause.Figure, StringComparison.Ordinal)).Why ?? "not known";
}

namespace PatientGrains.LoadTests.Reporting;

/// <summary>The surroundings and the table of all figures, as they are kept in a README.</summary>
internal static class MarkdownReport
{
    public static IEnumerable<string> Lines(Report report)
    {
        yield return string.Join("; ", report.Surroundings.Lines.Select(line => $"{line.Name} {line.Value}")) + ".";
        yield return "";
        yield return "| scenario | figure | measured | beside it, same run | ratio | limits | |";
        yield return "| --- | --- | --- | --- | --- | --- | --- |";
        foreach (var part in report.Parts)
        {
            foreach (var figure in part.Figures)
            {
                string[] cells =
                [
                    $"`{part.Name}`", figure.What, figure.Measured, figure.Beside, figure.Ratio is { } ratio ? Numbers.Text(ratio) : "",
                    TextReport.Aims(figure), TextReport.Verdict(figure, report.Judges),
                ];
                yield return $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |";
            }
        }
    }
}

using System.Globalization;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>
/// Everything as comma separated values (RFC 4180), one number a line: settings, figures, rounds, percentiles, and latency by time.
/// </summary>
internal static class CsvReport
{
    public static readonly double[] Shares = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1];

    private const string Header = "kind,scenario,of,name,value,unit,beside,ratio,limits,verdict,times worse than baseline";

    public static IEnumerable<string> Lines(Report report)
    {
        yield return Header;
        foreach (var (name, value) in report.Surroundings.Lines)
            yield return Row("setting", "", "", name, value);
        foreach (var part in report.Parts)
        {
            foreach (string line in Lines(part, report.Judges))
                yield return line;
        }
    }

    private static IEnumerable<string> Lines(Part part, bool judges)
    {
        foreach (var figure in part.Figures)
        {
            yield return Row("figure", part.Name, "", figure.What, Number(figure.Value), figure.Unit, figure.Beside,
                figure.Ratio is { } ratio ? Number(ratio) : "", TextReport.Aims(figure), TextReport.Verdict(figure, judges),
                figure.Against is { } against ? Number(against.Worse) : "");
        }
        foreach (var each in (Recorder[])[part.Measured.Ours, .. part.Measured.Beside])
        {
            foreach (var (round, i) in each.Rounds.Select((round, i) => (round, i)))
            {
                yield return Row("round", part.Name, each.Name, $"{i + 1}", Number(round.PerSecond), "/s");
                yield return Row("processor", part.Name, each.Name, $"{i + 1}", Number(round.CpuMicros), "us");
                yield return Row("allocated", part.Name, each.Name, $"{i + 1}", Number(round.Allocated), "B");
                yield return Row("paused", part.Name, each.Name, $"{i + 1}", Number(round.Paused), "of the time");
            }
            foreach (var series in (Series[])[each.Latency, each.Late, .. each.Own])
            {
                foreach (string line in Lines(part, each, series))
                    yield return line;
            }
        }
    }

    private static IEnumerable<string> Lines(Part part, Recorder each, Series series)
    {
        if (series.All.Count == 0)
            yield break;
        string of = $"{each.Name}: {series.Name}";
        foreach (double share in Shares)
            yield return Row("percentile", part.Name, of, Number(share * 100), Number(series.P(share)), "ms");
        foreach (var (slice, i) in series.Slices.Select((slice, i) => (slice, i)))
        {
            string at = Number(i * Series.Slice.TotalSeconds);
            yield return Row("count at s", part.Name, of, at, Number(slice.Count), "");
            yield return Row("p50 at s", part.Name, of, at, Number(slice.At(0.5) / 1000.0), "ms");
            yield return Row("p99 at s", part.Name, of, at, Number(slice.At(0.99) / 1000.0), "ms");
            yield return Row("max at s", part.Name, of, at, Number(slice.Max / 1000.0), "ms");
        }
    }

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Row(params string[] cells) =>
        string.Join(',', cells.Concat(Enumerable.Repeat("", Header.Count(c => c == ',') + 1 - cells.Length)).Select(Quoted));

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? cell
        : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

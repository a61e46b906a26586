using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>A report as text, part by part, as it is printed while a run goes on.</summary>
internal static class TextReport
{
    public static IEnumerable<string> Lines(Report report) =>
    [
        .. Head(report.Surroundings), .. report.Parts.SelectMany(part => Lines(part, report.Judges)),
        .. Misses(report), .. Regressions(report),
    ];

    public static IEnumerable<string> Head(Surroundings surroundings) =>
        surroundings.Lines.Select(line => $"{line.Name,-13} {line.Value}");

    /// <summary>What is worse than it was.</summary>
    public static IEnumerable<string> Regressions(Report report)
    {
        var worse = report.Regressions.ToArray();
        if (report.Parts.Any(part => part.Figures.Any(figure => figure.Against is not null)))
        {
            yield return worse.Length == 0
                ? "== no figure is worse than the baseline"
                : $"== {worse.Length} figures worse than the baseline";
        }
        foreach (var (part, figure) in worse)
            yield return $"   {part.Name}: {figure.What}: {figure.Measured}; {figure.Against!.Text}";
    }

    public static IEnumerable<string> Lines(Part part, bool judges)
    {
        yield return "";
        yield return $"== {part.Name}: {part.Measures}";
        yield return $"   {part.Load}";
        foreach (var each in (Recorder[])[part.Measured.Ours, .. part.Measured.Beside])
        {
            foreach (string line in Lines(each, part.Load))
                yield return line;
        }
        foreach (var figure in part.Figures)
            yield return $"   {Verdict(figure, judges),-6} {figure.What}: {Row(figure)}";
    }

    public static IEnumerable<string> Misses(Report report)
    {
        yield return "";
        var missed = report.Missed.ToArray();
        yield return missed.Length == 0 ? "== no limit was missed" : $"== {missed.Length} limits missed";
        foreach (var (figure, limit) in missed)
            yield return "   " + figure.Complaint(limit);
    }

    /// <summary>The worst of its limits in a word.</summary>
    public static string Verdict(Figure figure, bool judges)
    {
        var missed = figure.Missed(judges).ToArray();
        bool judged = figure.Limits.Any(limit => judges || limit.Weight == Weight.Always);
        return missed.Any(limit => limit.Weight != Weight.Aim) ? "FAILED" : missed.Length > 0 ? "missed" : judged ? "met" : "";
    }

    public static string Aims(Figure figure) => string.Join("; ", figure.Limits.Select(limit =>
        (limit.Weight == Weight.Aim ? "" : "must be ") + limit.Text(figure.Unit)));

    private static string Row(Figure figure) => string.Join("; ", new[]
    {
        figure.Measured,
        figure.Beside.Length == 0 ? "" : "beside it " + figure.Beside,
        figure.Ratio is { } ratio ? "ratio " + Numbers.Text(ratio) : "",
        figure.Against is { } against ? "baseline: " + against.Text : "",
        Aims(figure),
    }.Where(text => text.Length > 0));

    private static IEnumerable<string> Lines(Recorder each, Load load)
    {
        string rounds = string.Join(' ', each.Rounds.Select(round => Numbers.Text(round.PerSecond)));
        string cost = $"{Numbers.Text(each.CpuMicros),6} us of processor  {Numbers.Text(each.Allocated),7} B each";
        string stops = FormattableString.Invariant($"{each.Collections:0} collections, {each.Paused:P1} of the time");
        yield return $"   {each.Name,-52} {Numbers.Text(each.PerSecond),9}/s  {cost}  {stops}  ({rounds}), {each.Failed} failed";
        if (load is not TurnsLoad)
            yield return $"      {each.Latency}";
        if (load is OpenLoad)
            yield return $"      generator late by {each.Late}";
        foreach (var own in each.Own)
            yield return FormattableString.Invariant($"      {own.Name}: {own.All.Count:N0}, {own}");
        foreach (string note in each.Notes)
            yield return $"      {note}";
    }
}

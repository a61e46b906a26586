using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>A figure as it was.</summary>
internal sealed record KeptFigure(string Scenario, string Figure, double Value, string Unit, double? Ratio);

/// <summary>What another run measured, kept beside the code: where it ran, and each figure with its ratio to its floor or peer.</summary>
internal sealed record Baseline(IReadOnlyDictionary<string, string> Surroundings, IReadOnlyList<KeptFigure> Figures)
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What must be the same, or figures mean something else.</summary>
    private static readonly string[] Decisive = ["corpus", "callers", "runner"];

    public static Baseline Of(Report report) => new(
        report.Surroundings.Lines.ToDictionary(line => line.Name, line => line.Value),
        [.. from part in report.Parts
            from figure in part.Figures
            where figure.Better != Better.Neither && double.IsFinite(figure.Value)
            select new KeptFigure(part.Name, figure.What, Digits(figure.Value), figure.Unit,
                figure.Ratio is { } ratio ? Digits(ratio) : null)]);

    /// <exception cref="InvalidDataException">The file is no baseline.</exception>
    public static Baseline Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Baseline>(text, Json) is { Surroundings: not null, Figures: not null } read
                ? read
                : throw new InvalidDataException("The baseline has no surroundings or no figures.");
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException("The baseline is no JSON of the expected shape.", wrong);
        }
    }

    /// <summary>A line for each figure, so that a change is easy to read.</summary>
    public string Text()
    {
        var text = new StringBuilder("{\n  \"surroundings\": {\n");
        text.AppendJoin(",\n", Surroundings.Select(line => $"    {Of(line.Key)}: {Of(line.Value)}"));
        text.Append("\n  },\n  \"figures\": [\n");
        text.AppendJoin(",\n", Figures.Select(figure => "    " + Of(figure)));
        return text.Append("\n  ]\n}\n").ToString();
    }

    /// <returns>Why this run cannot be compared with it; null when it can.</returns>
    public string? Differs(Surroundings here) => Decisive
        .Where(name => Surroundings.GetValueOrDefault(name) != here.Of(name))
        .Select(name => $"its {name} was {Surroundings.GetValueOrDefault(name) ?? "not said"}, here it is {here.Of(name)}")
        .FirstOrDefault();

    /// <returns>Null when the baseline has no such figure, or the figure is not one that can be better or worse.</returns>
    public Against? Against(string scenario, Figure figure, Surroundings here)
    {
        var was = Figures.FirstOrDefault(kept => kept.Scenario == scenario && kept.Figure == figure.What && kept.Unit == figure.Unit);
        if (was is null || figure.Better == Better.Neither)
            return null;
        bool hasFloor = figure.Unit == "x" || (figure.Ratio is not null && was.Ratio is not null);
        double change = figure.Ratio is { } ratio && was.Ratio is { } old ? ratio / old : figure.Value / was.Value;
        return new Against(
            figure.Better == Better.More ? 1 / change : change, figure.Tolerance, hasFloor,
            Counts: hasFloor || Surroundings.GetValueOrDefault("machine") == here.Of("machine"));
    }

    private static string Of<T>(T value) => JsonSerializer.Serialize(value, Json);

    /// <summary>Four digits: more are noise.</summary>
    private static double Digits(double value) =>
        value == 0 ? 0 : Math.Round(value, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 9));
}

/// <summary>How a figure stands to the same figure of the baseline.</summary>
/// <param name="Worse">Times that it is worse: above 1 worse, below 1 better.</param>
/// <param name="Tolerance">Up to so many times worse is noise.</param>
/// <param name="HasFloor">Whether ratios to a floor or peer were compared; else the figures themselves, which another machine or a busy
/// one changes.</param>
/// <param name="Counts">False for figures themselves on another machine: told, and no regression.</param>
internal sealed record Against(double Worse, double Tolerance, bool HasFloor, bool Counts)
{
    /// <summary>A comparison that is not a number is one too.</summary>
    public bool IsRegression => Counts && !(Worse <= Tolerance);

    public string Text => (Worse > 1 ? $"{Numbers.Text(Worse)} x worse" : $"{Numbers.Text(1 / Worse)} x better")
        + (HasFloor ? "" : Counts ? " (absolute)" : " (absolute, another machine)")
        + (IsRegression ? $", more than {Numbers.Text(Tolerance)}" : "");
}

using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>A scenario that ran.</summary>
/// <param name="Name">Of the scenario.</param>
/// <param name="Measures">Its sentence.</param>
/// <param name="Load">How its steps came.</param>
/// <param name="Measured">What was seen.</param>
/// <param name="Figures">What is reported of it; failed requests, when there were any, are one of them.</param>
internal sealed record Part(string Name, string Measures, Load Load, Measured Measured, IReadOnlyList<Figure> Figures)
{
    public static Part Of(IScenario scenario, Measured measured) => new(
        scenario.Name, scenario.Measures, scenario.Load, measured, [.. scenario.Figures(measured), .. Failures(measured)]);

    /// <summary>A scenario that could not be measured.</summary>
    public static Part Broken(IScenario scenario, Exception why, TimeProvider clock) => new(
        scenario.Name, scenario.Measures, scenario.Load, new Measured(new Recorder(scenario.Name, clock), []),
        [new Figure("broke off", 1, "") { Also = $"{why.GetType().Name}: {why.Message}", Limits = [Limit.Below(0, Weight.Always)] }]);

    /// <summary>The same, each figure beside what it was.</summary>
    public Part Beside(Baseline? baseline, Surroundings here) => baseline is null ? this : this with
    {
        Figures = [.. Figures.Select(figure => figure with { Against = baseline.Against(Name, figure, here) })],
    };

    private static IEnumerable<Figure> Failures(Measured measured) =>
        from each in (Recorder[])[measured.Ours, .. measured.Beside]
        where each.Failed > 0
        select new Figure($"{each.Name}: failed requests", each.Failed, "")
        {
            Also = $"of {each.Attempts:N0}; the first: {each.FirstFailure}",
            Limits = [Limit.Below(0, Weight.Always)],
        };
}

/// <summary>A run: where, with which settings, and all of its parts.</summary>
/// <param name="Judges">False for a run that shows only that everything runs.</param>
/// <param name="Parts">In the order in which they ran.</param>
internal sealed record Report(Surroundings Surroundings, bool Judges, IReadOnlyList<Part> Parts)
{
    /// <summary>What its figures were compared with; null for nothing.</summary>
    public Baseline? Baseline { get; init; }

    public IEnumerable<(Figure Figure, Limit Limit)> Missed =>
        from part in Parts
        from figure in part.Figures
        from limit in figure.Missed(Judges)
        select (figure, limit);

    /// <summary>Figures that are worse than the baseline's by more than their tolerance.</summary>
    public IEnumerable<(Part Part, Figure Figure)> Regressions =>
        from part in Parts
        from figure in part.Figures
        where figure.Against is { IsRegression: true }
        select (part, figure);

    /// <summary>Whether a limit was missed that is more than an aim.</summary>
    public bool Failed => Missed.Any(miss => miss.Limit.Weight != Weight.Aim);
}

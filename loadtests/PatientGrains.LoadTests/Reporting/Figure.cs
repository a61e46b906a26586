namespace PatientGrains.LoadTests.Reporting;

/// <summary>What a missed limit means.</summary>
internal enum Weight
{
    /// <summary>Must hold in every run, however small: nothing lost, nothing refused. A miss fails the run.</summary>
    Always,
    /// <summary>Must hold in a run that measures: far below what is normal, so that a miss is a regression. A miss fails the run.</summary>
    Guard,
    /// <summary>What the design aims at. A miss is stated, and does not fail the run.</summary>
    Aim,
}

/// <summary>Which way a figure is better.</summary>
internal enum Better
{
    Less,
    More,
    /// <summary>A remark with a number.</summary>
    Neither,
}

/// <summary>A threshold of a figure.</summary>
internal sealed record Limit(double Value, bool AtMost, Weight Weight)
{
    public static Limit Below(double value, Weight weight = Weight.Aim) => new(value, true, weight);

    public static Limit Above(double value, Weight weight = Weight.Aim) => new(value, false, weight);

    /// <summary>A figure that is not a number met nothing.</summary>
    public bool IsMetBy(double figure) => AtMost ? figure <= Value : figure >= Value;

    public string Text(string unit) => $"{(AtMost ? "<=" : ">=")} {Numbers.Text(Value)} {unit}".TrimEnd();
}

/// <summary>One measured number: a row of every report.</summary>
internal sealed record Figure(string What, double Value, string Unit)
{
    /// <summary>More of the same measurement.</summary>
    public string Also { get; init; } = "";

    /// <summary>The floor or peer that was measured in the same run.</summary>
    public string Beside { get; init; } = "";

    /// <summary>Ours to what stands beside it; which way is said in <see cref="Beside"/> only where it is not ours : theirs.</summary>
    public double? Ratio { get; init; }

    public IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <summary>Whether a budget of the design is about it.</summary>
    public bool HasAim => Limits.Any(limit => limit.Weight == Weight.Aim);

    public Better Better { get; init; } = Unit switch { "/s" => Better.More, "" or "lines" => Better.Neither, _ => Better.Less };

    /// <summary>So many times worse than the baseline is the noise of one run: medians of turns and loops.</summary>
    public double Tolerance { get; init; } = 1.4;

    /// <summary>The <see cref="Tolerance"/> of a tail: a p99 of a few seconds is made by a few stalls.</summary>
    public const double OfTails = 1.9;

    /// <summary>How it stands to the baseline; null where nothing is compared.</summary>
    public Against? Against { get; init; }

    /// <summary>Limits that count in this run and were missed.</summary>
    public IEnumerable<Limit> Missed(bool judges) =>
        Limits.Where(limit => (judges || limit.Weight == Weight.Always) && !limit.IsMetBy(Value));

    public string Measured => $"{Numbers.Text(Value)} {Unit}".TrimEnd() + (Also.Length == 0 ? "" : ", " + Also);

    /// <summary>How a limit that was missed is told.</summary>
    public string Complaint(Limit limit) => limit.Weight == Weight.Aim
        ? $"missed aim: {What}: {Measured}, aim {limit.Text(Unit)}"
        : $"FAILED: {What}: {Measured}, must be {limit.Text(Unit)}";
}

/// <summary>Numbers as a reader wants them: three digits that mean something.</summary>
internal static class Numbers
{
    public static string Text(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 100 => FormattableString.Invariant($"{value:N0}"),
        >= 10 => FormattableString.Invariant($"{value:N1}"),
        < 0.01 => FormattableString.Invariant($"{value:G2}"),
        _ => FormattableString.Invariant($"{value:0.##}"),
    };
}

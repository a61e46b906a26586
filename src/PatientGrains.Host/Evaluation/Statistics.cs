namespace PatientGrains.Host.Evaluation;

/// <summary>A figure and its 95 % confidence interval; null where there is nothing to compute it from.</summary>
internal readonly record struct Figure(double? Value, double? Low = null, double? High = null);

/// <summary>Hours of one score: with and without the label.</summary>
internal record struct ScoreHours(long Labelled, long Unlabelled);

internal static class Statistics
{
    private const double Z = 1.959963984540054;

    /// <summary>
    /// The chance that an hour with the label has the higher score than one without, ties counted half (Hanley and McNeil 1982): the area
    /// under the ROC curve.
    /// </summary>
    /// <param name="hours">By ascending score.</param>
    public static double? Auroc(ReadOnlySpan<ScoreHours> hours)
    {
        double wins = 0;
        long labelled = 0;
        long unlabelled = 0;
        foreach (var (positive, negative) in hours)
        {
            wins += positive * (unlabelled + negative / 2.0);
            labelled += positive;
            unlabelled += negative;
        }
        return labelled > 0 && unlabelled > 0 ? wins / ((double)labelled * unlabelled) : null;
    }

    /// <summary>Wilson's score interval of a proportion (J Am Stat Assoc 1927;22:209-212).</summary>
    public static Figure Proportion(long some, long all)
    {
        if (all == 0)
            return new Figure(null);
        double p = (double)some / all;
        double centre = (p + Z * Z / (2 * all)) / (1 + Z * Z / all);
        double half = Z / (1 + Z * Z / all) * Math.Sqrt(p * (1 - p) / all + Z * Z / (4.0 * all * all));
        return new Figure(p, Math.Max(0, centre - half), Math.Min(1, centre + half));
    }

    public static double? Ratio(double some, double all) => all > 0 ? some / all : null;

    /// <summary>
    /// Between the two values that lie around the quantile, in proportion (type 7 of Hyndman and Fan 1996); null for no values.
    /// </summary>
    /// <param name="sorted">Ascending.</param>
    public static double? Quantile(IReadOnlyList<double> sorted, double quantile)
    {
        if (sorted.Count == 0)
            return null;
        double at = quantile * (sorted.Count - 1);
        int below = (int)at;
        int above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}

/// <summary>
/// Percentile bootstrap over stays: hours of one patient resemble each other, stays of different ones do not. The same seed and stays give
/// the same intervals, and every figure is computed from the same resamples.
/// </summary>
internal static class Bootstrap
{
    public const int Resamples = 1_000;
    public const int Seed = 2019;

    /// <param name="stays">How many there are.</param>
    /// <param name="figures">
    /// Computes figures, always as many, when each stay counts as often as its number says (0, 1, 2...); null where there is none.
    /// </param>
    public static Figure[] Of(int stays, Func<int[], double?[]> figures)
    {
        int[] times = new int[stays];
        Array.Fill(times, 1);
        double?[] observed = figures(times);
        var drawn = observed.Select(_ => new List<double>(Resamples)).ToArray();
        var random = new Random(Seed);
        for (int i = 0; i < Resamples; i++)
        {
            Array.Clear(times);
            for (int j = 0; j < stays; j++)
                times[random.Next(stays)]++;
            double?[] again = figures(times);
            for (int f = 0; f < again.Length; f++)
            {
                if (again[f] is { } value)
                    drawn[f].Add(value);
            }
        }
        return [.. observed.Zip(drawn, Interval)];
    }

    private static Figure Interval(double? observed, List<double> drawn)
    {
        drawn.Sort();
        return observed is null
            ? new Figure(null)
            : new Figure(observed, Statistics.Quantile(drawn, 0.025), Statistics.Quantile(drawn, 0.975));
    }
}

using PatientGrains.Core.Screening;

namespace PatientGrains.Host.Evaluation;

/// <summary>What is counted of one stay; its hours are let go.</summary>
internal sealed class StayTally
{
    public StayTally(ReplayedStay replayed)
    {
        var stay = replayed.Stay;
        Hours = stay.Hours.Length;
        Labelled = stay.Hours.Count(hour => hour.IsLabelled);
        IsSeptic = stay.OnsetRow is not null;
        for (int row = 0; row < Hours; row++)
        {
            int? fromOnset = row - stay.OnsetRow;
            Optimal += ChallengeUtility.Optimal(fromOnset);
            Inaction += ChallengeUtility.Of(fromOnset, isAlarm: false);
            Always += ChallengeUtility.Of(fromOnset, isAlarm: true);
        }
        Rules = [.. replayed.Hours.Select(hours => new RuleTally(stay, hours.AsSpan()))];
    }

    public int Hours { get; }
    public int Labelled { get; }
    public bool IsSeptic { get; }

    /// <summary>Utility of the best predictor, of silence, and of an alarm in every hour; not normalised.</summary>
    public double Optimal { get; }
    public double Inaction { get; }
    public double Always { get; }

    /// <summary>In the order in which the rules were given.</summary>
    public RuleTally[] Rules { get; }
}

/// <summary>What is counted of one rule in one stay.</summary>
internal sealed class RuleTally
{
    private readonly Dictionary<decimal, ScoreHours> _byScore = [];
    private readonly Dictionary<decimal, ScoreHours> _bySeverity = [];

    public RuleTally(SepsisStay stay, ReadOnlySpan<RuleHour> hours)
    {
        for (int row = 0; row < hours.Length; row++)
        {
            var said = hours[row];
            bool isLabelled = stay.Hours[row].IsLabelled;
            Count(_byScore, said.Score ?? 0, isLabelled);
            Count(_bySeverity, (int)(said.Severity ?? 0), isLabelled);
            Scored += said.Score is null ? 0 : 1;
            True += said.Severity is not null && isLabelled ? 1 : 0;
            False += said.Severity is not null && !isLabelled ? 1 : 0;
            Alerts += said.Raised;
            int? fromOnset = row - stay.OnsetRow;
            Utility += ChallengeUtility.Of(fromOnset, isAlarm: said.Severity is not null);
            if (Lead is null && fromOnset is >= ChallengeUtility.Early and <= ChallengeUtility.Late && said.OpenSince is { } since)
                Lead = stay.OnsetRow - since;
        }
    }

    /// <summary>Hours in which the rule had a score.</summary>
    public int Scored { get; }

    /// <summary>Hours in which it was met, with the label and without.</summary>
    public int True { get; }
    public int False { get; }
    public int Alerts { get; }

    /// <summary>Not normalised.</summary>
    public double Utility { get; }

    /// <summary>
    /// Hours to the onset from the raising of the first episode that was open between 12 h before it and 3 h after it; null for none.
    /// </summary>
    public double? Lead { get; }

    public IReadOnlyDictionary<decimal, ScoreHours> Ranked(bool byScore) => byScore ? _byScore : _bySeverity;

    private static void Count(Dictionary<decimal, ScoreHours> ranked, decimal rank, bool isLabelled)
    {
        var hours = ranked.GetValueOrDefault(rank);
        ranked[rank] = isLabelled ? hours with { Labelled = hours.Labelled + 1 } : hours with { Unlabelled = hours.Unlabelled + 1 };
    }
}

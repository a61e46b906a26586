using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Host.Evaluation;

/// <summary>How well a rule's answers go with the Challenge's labels.</summary>
/// <param name="Rule">Id.</param>
/// <param name="Scored">Hours in which it has a score; null for a rule without one.</param>
/// <param name="RankedBy">What <see cref="Auroc"/> ranks hours by: <c>score</c>, or <c>severity</c> for a rule without one.</param>
/// <param name="NeverKnown">Variables that the rule asks for and this data never says: its score is partial.</param>
/// <param name="IsEvaluable">Whether it ever said anything; if not, all figures are null.</param>
/// <param name="Auroc">Over all hours; an hour of which the rule knows nothing ranks as 0.</param>
/// <param name="Utility">The Challenge's, normalised: the rule being met in an hour is the prediction.</param>
/// <param name="HourSensitivity">Labelled hours in which it is met.</param>
/// <param name="HourPpv">Hours in which it is met that are labelled.</param>
/// <param name="StaySensitivity">Septic stays with an episode open at any time from 12 h before the onset to 3 h after it.</param>
/// <param name="StayPpv">Those, of all stays with an alert.</param>
/// <param name="AlertsPerPatientDay">Episodes raised.</param>
/// <param name="LeadHours">Median, from the raising of the episode that was open then to the onset; negative after it.</param>
/// <param name="LeadFrom">Its lower quartile.</param>
/// <param name="LeadTo">Its upper quartile.</param>
internal sealed record RuleFigures(
    string Rule, int Version, double? Scored, string RankedBy, ImmutableArray<Variable> NeverKnown, bool IsEvaluable,
    Figure Auroc, Figure Utility, Figure HourSensitivity, Figure HourPpv, Figure StaySensitivity, Figure StayPpv,
    Figure AlertsPerPatientDay, Figure LeadHours, double? LeadFrom, double? LeadTo);

/// <summary>How often what rules ask for is there.</summary>
/// <param name="Fresh">Share of hours in which a value stands.</param>
/// <param name="AskedBy">Rules that look at it.</param>
internal sealed record VariableCoverage(Variable Variable, double Fresh, ImmutableArray<string> AskedBy);

/// <param name="AlwaysUtility">Of an alarm in every hour.</param>
internal sealed record SepsisFigures(
    int Stays, int SepticStays, long Hours, long LabelledHours, long MeasuredValues, long DoubtedValues, double? AlwaysUtility,
    ImmutableArray<RuleFigures> Rules, ImmutableArray<VariableCoverage> Coverage);

/// <summary>Replays labelled stays and counts.</summary>
internal sealed class SepsisEvaluation
{
    private readonly ImmutableArray<ScreeningRule> _rules;
    private readonly List<StayTally> _stays = [];
    private readonly Dictionary<Variable, long> _fresh = [];
    private long _measured;
    private long _doubted;

    public SepsisEvaluation(ImmutableArray<ScreeningRule> rules) => _rules = rules;

    public int Stays => _stays.Count;

    public void Add(ReplayedStay replayed)
    {
        _stays.Add(new StayTally(replayed));
        _measured += replayed.Measured;
        _doubted += replayed.Doubted;
        foreach (var (variable, hours) in replayed.Fresh)
            _fresh[variable] = _fresh.GetValueOrDefault(variable) + hours;
    }

    public SepsisFigures Figures()
    {
        long hours = _stays.Sum(stay => (long)stay.Hours);
        return new SepsisFigures(
            _stays.Count,
            _stays.Count(stay => stay.IsSeptic),
            hours,
            _stays.Sum(stay => (long)stay.Labelled),
            _measured,
            _doubted,
            ChallengeUtility.Normalised(
                _stays.Sum(stay => stay.Always), _stays.Sum(stay => stay.Optimal), _stays.Sum(stay => stay.Inaction)),
            [.. _rules.Select((_, index) => FiguresOf(index))],
            [.. _rules.SelectMany(rule => rule.Variables).Distinct().Order().Select(variable => new VariableCoverage(
                variable, _fresh.GetValueOrDefault(variable) / (double)hours,
                [.. _rules.Where(rule => rule.Variables.Contains(variable)).Select(rule => rule.Id)]))]);
    }

    private RuleFigures FiguresOf(int index)
    {
        var rule = _rules[index];
        var tallies = _stays.Select(stay => stay.Rules[index]).ToArray();
        long scored = tallies.Sum(tally => (long)tally.Scored);
        bool hasScore = scored > 0;
        bool isEvaluable = hasScore || tallies.Any(tally => tally.True + tally.False > 0);
        var sums = new RuleSums(_stays, tallies, hasScore);
        var figures = isEvaluable ? Bootstrap.Of(_stays.Count, sums.Figures) : new Figure[6];
        int alerted = tallies.Count(tally => tally.Alerts > 0);
        int found = tallies.Count(tally => tally.Lead is not null);
        double[] leads = [.. tallies.Where(tally => tally.Lead is not null).Select(tally => tally.Lead!.Value).Order()];
        return new RuleFigures(
            rule.Id, rule.Version, hasScore ? Statistics.Ratio(scored, _stays.Sum(stay => (long)stay.Hours)) : null,
            hasScore ? "score" : "severity",
            [.. rule.Variables.Where(variable => !_fresh.ContainsKey(variable))],
            isEvaluable, figures[0], figures[1], figures[2], figures[3],
            isEvaluable ? Statistics.Proportion(found, _stays.Count(stay => stay.IsSeptic)) : default,
            isEvaluable ? Statistics.Proportion(found, alerted) : default,
            figures[4], figures[5], Statistics.Quantile(leads, 0.25), Statistics.Quantile(leads, 0.75));
    }
}

/// <summary>Sums over stays that each count some number of times.</summary>
internal sealed class RuleSums
{
    private readonly IReadOnlyList<StayTally> _stays;
    private readonly RuleTally[] _rule;
    private readonly (int Rank, ScoreHours Hours)[][] _ranks;
    private readonly (double Lead, int Stay)[] _leads;
    private readonly int _distinct;

    public RuleSums(IReadOnlyList<StayTally> stays, RuleTally[] rule, bool byScore)
    {
        _stays = stays;
        _rule = rule;
        decimal[] distinct = [.. rule.SelectMany(tally => tally.Ranked(byScore).Keys).Distinct().Order()];
        _distinct = distinct.Length;
        _ranks = [.. rule.Select(tally => tally.Ranked(byScore)
            .Select(pair => (Array.BinarySearch(distinct, pair.Key), pair.Value)).ToArray())];
        _leads = [.. rule.Select((tally, stay) => (tally.Lead, stay)).Where(pair => pair.Lead is not null)
            .Select(pair => (pair.Lead!.Value, pair.stay)).Order()];
    }

    /// <summary>AUROC, utility, sensitivity and PPV by the hour, alerts per patient-day, median lead.</summary>
    public double?[] Figures(int[] times)
    {
        var ranked = new ScoreHours[_distinct];
        double observed = 0;
        double optimal = 0;
        double inaction = 0;
        long hits = 0;
        long falseAlarms = 0;
        long labelled = 0;
        long alerts = 0;
        long hours = 0;
        for (int i = 0; i < times.Length; i++)
        {
            if (times[i] == 0)
                continue;
            foreach (var (rank, of) in _ranks[i])
            {
                ranked[rank].Labelled += times[i] * of.Labelled;
                ranked[rank].Unlabelled += times[i] * of.Unlabelled;
            }
            observed += times[i] * _rule[i].Utility;
            optimal += times[i] * _stays[i].Optimal;
            inaction += times[i] * _stays[i].Inaction;
            hits += times[i] * _rule[i].True;
            falseAlarms += times[i] * _rule[i].False;
            labelled += times[i] * _stays[i].Labelled;
            alerts += times[i] * _rule[i].Alerts;
            hours += times[i] * _stays[i].Hours;
        }
        return
        [
            Statistics.Auroc(ranked), ChallengeUtility.Normalised(observed, optimal, inaction), Statistics.Ratio(hits, labelled),
            Statistics.Ratio(hits, hits + falseAlarms), Statistics.Ratio(alerts, hours / 24.0), MedianLead(times),
        ];
    }

    private double? MedianLead(int[] times)
    {
        var leads = new List<double>();
        foreach (var (lead, stay) in _leads)
        {
            for (int i = 0; i < times[stay]; i++)
                leads.Add(lead);
        }
        return Statistics.Quantile(leads, 0.5);
    }
}

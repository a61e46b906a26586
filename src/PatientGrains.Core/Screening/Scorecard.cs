using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Collects what a rule finds at one time: which criteria are met by fresh values, and what no fresh value says. What is not said counts as
/// normal, so a score is a lower bound and a doubt alerts nobody.
/// </summary>
internal sealed class Scorecard(Chart chart, DateTimeOffset at)
{
    private readonly ImmutableArray<MetCriterion>.Builder _criteria = ImmutableArray.CreateBuilder<MetCriterion>(0);
    private readonly ImmutableArray<Variable>.Builder _missing = ImmutableArray.CreateBuilder<Variable>();
    private bool _anythingKnown;

    /// <summary>Criteria that were met.</summary>
    public int Count => _criteria.Count;

    /// <summary>Their points together.</summary>
    public int Points { get; private set; }

    /// <summary>The most points that one of them has.</summary>
    public int MostPoints { get; private set; }

    /// <summary>The value that stands; null when none does.</summary>
    public Reading? Read(Variable variable)
    {
        var reading = chart.Fresh(variable, at);
        _anythingKnown |= reading is not null;
        return reading;
    }

    /// <summary>The value that stands; when none does, it is missing.</summary>
    public Reading? Ask(Variable variable)
    {
        var reading = Read(variable);
        if (reading is null)
            Miss(variable);
        return reading;
    }

    public void Miss(Variable variable) => _missing.Add(variable);

    public void Meet(string name, Variable variable, Reading reading, int? points = null)
    {
        Points += points ?? 0;
        MostPoints = Math.Max(MostPoints, points ?? 0);
        _criteria.Add(new MetCriterion
        {
            Name = name,
            Variable = variable,
            Value = reading.Value,
            Unit = Variables.Of(variable).Unit,
            Points = points,
            At = reading.At,
            Key = reading.Key,
            Version = reading.Version,
        });
    }

    public Assessment Assess(Severity? severity, decimal? score = null) => new()
    {
        Severity = severity,
        Score = _anythingKnown ? score : null,
        Criteria = _criteria.ToImmutable(),
        Missing = _missing.ToImmutable(),
    };
}

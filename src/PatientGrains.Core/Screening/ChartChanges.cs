using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>What the events of a decision change for screening.</summary>
internal sealed class ChartChanges
{
    private static readonly ChartChanges Nothing = new();

    private readonly List<(ResourceKey Key, int Version, ImmutableArray<Finding> Before, ImmutableArray<Finding>? Now)> _statements =
        new(1);
    private readonly List<Variable> _variables = [];

    /// <summary>Drugs, cultures, stays, birth or death: any rule may look at those.</summary>
    private bool _isMore;

    private ReplacedVersion? _birth;

    private ChartChanges()
    {
    }

    public bool IsNothing => _statements.Count == 0;

    public static ChartChanges Of(PatientRecord before, IReadOnlyList<Event> changes)
    {
        ChartChanges? found = null;
        for (int i = 0; i < changes.Count; i++)
        {
            (ResourceKey key, int version, ImmutableArray<Finding>? now) = changes[i] switch
            {
                ResourceStored stored => (stored.Key, stored.Version, stored.Body.Findings),
                ResourceDeleted deleted => (deleted.Key, deleted.Version, (ImmutableArray<Finding>?)null),
                _ => default,
            };
            var old = version > 1 ? before.Find(key)?.Findings ?? [] : [];
            if (old.IsEmpty && now is null or { IsEmpty: true })
                continue;
            found ??= new ChartChanges();
            found._statements.Add((key, version, old, now));
            found.Note(key, version, old);
            found.Note(key, version, now ?? []);
        }
        return found ?? Nothing;
    }

    public Chart ApplyTo(Chart chart)
    {
        bool isOwn = false;
        foreach (var (key, version, before, now) in _statements)
        {
            // Its result may be the chart that it was asked of, or a new one: it is not changed in place.
            if (version > 1 || now is null)
                (chart, isOwn) = (chart.Without(key, before), false);
            if (now is { } findings)
                chart = chart.Plus(key, version, findings, ref isOwn);
        }
        return chart;
    }

    public bool Concerns(ScreeningRule rule)
    {
        foreach (var variable in _variables)
        {
            if (rule.Variables.Contains(variable))
                return true;
        }
        return _isMore;
    }

    /// <summary>The first version of the decision that replaces one which the episode rests on.</summary>
    public ReplacedVersion? CorrectionOf(Alert open)
    {
        foreach (var (key, version, _, _) in _statements)
        {
            foreach (var criterion in open.Reason.Criteria)
            {
                if (criterion.Key == key && criterion.Version < version)
                    return new ReplacedVersion(key, version);
            }
        }
        return _birth;
    }

    private void Note(ResourceKey key, int version, ImmutableArray<Finding> findings)
    {
        foreach (var finding in findings)
        {
            if (finding is Measured { Variable: var variable })
            {
                if (!_variables.Contains(variable))
                    _variables.Add(variable);
            }
            else if (finding is not Doubted)
            {
                _isMore = true;
            }
            if (finding is Born)
                _birth = new ReplacedVersion(key, version);
        }
    }
}

/// <summary>The version that took another's place.</summary>
internal readonly record struct ReplacedVersion(ResourceKey Key, int Version);

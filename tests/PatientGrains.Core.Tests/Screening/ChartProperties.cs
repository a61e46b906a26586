using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>What holds for every way in which a chart grows.</summary>
public class ChartProperties
{
    private static readonly Variable[] All = Enum.GetValues<Variable>();

    [Fact]
    public void Any_order_of_arrival_gives_the_same_chart_and_the_same_assessments() => ForAll((steps, seed) =>
    {
        var one = Play(steps);
        var other = Play(Interleaved(steps, seed));
        return Text(one) == Text(other) && Assessments(one).SequenceEqual(Assessments(other));
    });

    [Fact]
    public void A_chart_is_that_of_the_current_versions_alone() => ForAll((steps, seed) =>
    {
        var current = steps.Reverse().DistinctBy(step => step.Key).Where(step => step.Findings is not null);
        var fresh = Shuffled(current, seed)
            .Aggregate(Chart.Empty, (chart, step) => chart.Plus(step.Key, step.Version, step.Findings!.Value));
        return Text(fresh) == Text(Play(steps));
    });

    [Fact]
    public void Versions_that_say_the_same_again_change_nothing_but_the_version() => ForAll((steps, seed) =>
    {
        var current = steps.Reverse().DistinctBy(step => step.Key).ToArray();
        var again = Shuffled(current.Select(step => step with { Version = step.Version + 1 }), seed).ToArray();
        return Text(again.Aggregate(Play(steps), Apply)) == Text(Play(current.Select(step => step with { Version = step.Version + 1 })));
    });

    [Fact]
    public void To_know_what_the_earlier_version_said_changes_nothing_but_the_work() => ForAll((steps, _) =>
    {
        var said = new Dictionary<ResourceKey, ImmutableArray<Finding>>();
        var chart = Chart.Empty;
        foreach (var step in steps)
        {
            var before = said.GetValueOrDefault(step.Key, []);
            chart = step.Findings is { } findings
                ? chart.With(step.Key, step.Version, findings, before) : chart.Without(step.Key, before);
            said[step.Key] = step.Findings ?? [];
        }
        return Text(chart) == Text(Play(steps));
    });

    [Fact]
    public void Series_are_sorted_by_time_then_by_finality_then_by_key() => ForAll((steps, _) =>
    {
        var chart = Play(steps);
        return All.All(variable =>
        {
            var series = chart.Series(variable).ToArray();
            return series.SequenceEqual(series.OrderBy(reading => reading.At).ThenBy(reading => !reading.IsPreliminary)
                .ThenBy(reading => reading.Key.Type, StringComparer.Ordinal).ThenBy(reading => reading.Key.Id, StringComparer.Ordinal));
        });
    });

    [Fact]
    public void Between_newest_and_latest_are_what_a_scan_finds() => ForAll((steps, seed) =>
    {
        var chart = Play(steps);
        var (from, until) = (Hour(seed % 31), Hour(seed / 31 % 31));
        return All.All(variable =>
            {
                var series = chart.Series(variable).ToArray();
                return chart.Between(variable, from, until).ToArray()
                        .SequenceEqual(series.Where(reading => reading.At > from && reading.At <= until))
                    && chart.Newest(variable, until) == Last(series.Where(reading => reading.At <= until));
            })
            && chart.Latest(until) == All.SelectMany(variable => chart.Series(variable).ToArray()).Select(reading => reading.At)
                .Concat(chart.Drugs.Select(drug => drug.Finding.At)).Concat(chart.Cultures.Select(culture => culture.Finding.At))
                .Where(at => at <= until).Max(at => (DateTimeOffset?)at);
    });

    [Fact]
    public void A_chart_never_changes_whatever_grows_out_of_it() => ForAll((steps, _) =>
    {
        var seen = new List<(Chart Chart, string Text)> { (Chart.Empty, Text(Chart.Empty)) };
        foreach (var step in steps)
        {
            // Two branches from every chart so far: both would like to use the same free places.
            var chart = Apply(seen[^1].Chart, step);
            var branch = Apply(seen[^1].Chart, step with { Key = new("Observation", "branch") });
            seen.Add((branch, Text(branch)));
            seen.Add((chart, Text(chart)));
        }
        return seen.TrueForAll(x => Text(x.Chart) == x.Text);
    });

    [Fact]
    public void A_rule_looks_at_no_value_but_those_of_its_variables() => ForAll((steps, _) =>
    {
        var chart = Play(steps);
        return ScreeningRules.All.All(rule =>
        {
            var less = Play(steps.Select(step => step with
            {
                Findings = step.Findings?.RemoveAll(finding => finding is Measured m && !rule.Variables.Contains(m.Variable)),
            }));
            return Text(rule.Assess(chart, Hour(24))) == Text(rule.Assess(less, Hour(24)));
        });
    });

    private sealed record Step(ResourceKey Key, int Version, ImmutableArray<Finding>? Findings);

    private static DateTimeOffset Hour(int hour) => Now.AddHours(hour);

    private static Reading? Last(IEnumerable<Reading> readings) => readings.Select(reading => (Reading?)reading).LastOrDefault();

    private static IEnumerable<string> Assessments(Chart chart) => ScreeningRules.All.Select(rule => Text(rule.Assess(chart, Hour(24))));

    private static Chart Play(IEnumerable<Step> steps) => steps.Aggregate(Chart.Empty, Apply);

    private static Chart Apply(Chart chart, Step step) =>
        step.Findings is { } findings ? chart.With(step.Key, step.Version, findings) : chart.Without(step.Key);

    /// <summary>Another order in which the same versions could have come: those of one statement stay in theirs.</summary>
    private static IEnumerable<Step> Interleaved(IEnumerable<Step> steps, int seed)
    {
        var random = new Random(seed);
        var waiting = steps.GroupBy(step => step.Key).Select(group => new Queue<Step>(group)).ToList();
        while (waiting.Count > 0)
        {
            var next = waiting[random.Next(waiting.Count)];
            yield return next.Dequeue();
            if (next.Count == 0)
                waiting.Remove(next);
        }
    }

    private static IEnumerable<Step> Shuffled(IEnumerable<Step> steps, int seed)
    {
        var random = new Random(seed);
        return steps.Select(step => (Step: step, Place: random.Next())).OrderBy(x => x.Place).Select(x => x.Step).ToArray();
    }

    /// <summary>Values around the limits of the rules, at few times, so that they meet.</summary>
    private static Gen<Finding> AnyFinding =>
        from variable in Gen.Frequency((3, Gen.Elements(All)), (1, Gen.Elements(Variable.HeartRate, Variable.Lactate)))
        from share in Gen.Choose(0, 40)
        from hour in Gen.Frequency((1, Gen.Choose(0, 30)), (2, Gen.Choose(20, 25)))
        from isPreliminary in Gen.Elements(true, false)
        from kind in Gen.Choose(0, 11)
        let definition = Variables.Of(variable)
        select kind switch
        {
            0 => new Given { Drug = Drug.Norepinephrine, At = Hour(hour), RateMcgPerKgMin = share },
            1 => new Cultured { At = Hour(hour) },
            2 => new Placed { Unit = $"unit-{share}", From = Hour(hour), Until = isPreliminary ? Hour(hour + 4) : null },
            3 => new Born { On = new DateOnly(1950 + share, 1, 1) },
            4 => new Doubted { Variable = variable, Doubt = Doubt.NoUnit },
            _ => (Finding)Value(
                variable, Math.Round(definition.Low + (definition.High - definition.Low) * share / 40, 3), Hour(hour), isPreliminary),
        };

    private static Gen<Step[]> AnySteps =>
        (from key in Gen.Choose(0, 8)
         from isDeleted in Gen.Frequency((1, Gen.Constant(true)), (6, Gen.Constant(false)))
         from findings in AnyFinding.ArrayOf().Resize(4)
         select (key, isDeleted, findings)).ArrayOf().Resize(30).Select(steps =>
        {
            var versions = new Dictionary<int, int>();
            return steps.Select(step => new Step(
                new("Observation", $"{step.key}"), versions[step.key] = versions.GetValueOrDefault(step.key) + 1,
                step.isDeleted ? null : [.. step.findings])).ToArray();
        });

    private static void ForAll(Func<Step[], int, bool> holds) => Check.One(Drawn.Cases(), Prop.ForAll(
        (from steps in AnySteps from seed in Gen.Choose(0, int.MaxValue) select (steps, seed)).ToArbitrary(),
        x => holds(x.steps, x.seed)));
}

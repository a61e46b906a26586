using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>What every rule owes to those who run it.</summary>
public class ScreeningRulesTests
{
    /// <summary>Rules of the present alone: they look at what stands now, never back.</summary>
    private static readonly ScreeningRule[] OfThePresent =
        [Sirs.Rule, QuickSofa.Rule, News2.Rule, LactateLevel.Rule, .. CriticalValues.Rules];

    [Fact]
    public void Ids_are_unique_and_find_their_rule()
    {
        Assert.Equal(ScreeningRules.All.Length, ScreeningRules.All.DistinctBy(rule => rule.Id).Count());
        Assert.All(ScreeningRules.All, rule => Assert.Same(rule, ScreeningRules.Find(rule.Id)));
        Assert.Null(ScreeningRules.Find("none"));
    }

    [Fact]
    public void Every_rule_names_its_publication_and_recovers_after_some_time()
    {
        Assert.All(ScreeningRules.All, rule => Assert.Matches(@"\b(19|20)\d\d\b", rule.Publication));
        Assert.All(ScreeningRules.All, rule => Assert.True(rule.Recovery > TimeSpan.Zero && rule.MinimumAge >= 16 && rule.Version >= 1));
    }

    [Fact]
    public void Nothing_known_meets_nothing_and_has_no_score()
    {
        foreach (var rule in ScreeningRules.All)
        {
            var assessment = rule.Assess(Chart.Empty, Now);
            Assert.False(assessment.IsMet, rule.Id);
            Assert.Null(assessment.Score);
            Assert.Empty(assessment.Criteria);
        }
    }

    [Fact]
    public void A_value_counts_until_it_is_stale_and_not_a_tick_longer()
    {
        foreach (var rule in OfThePresent)
        {
            foreach (var variable in rule.Variables)
            {
                var definition = Variables.Of(variable);
                foreach (decimal value in (decimal[])[definition.Low, definition.High])
                {
                    var chart = Of((variable, value));
                    var end = Now + definition.FreshFor;
                    Assert.Equal(Text(rule.Assess(chart, Now)), Text(rule.Assess(chart, end)));
                    Assert.Equal(Text(rule.Assess(Chart.Empty, end)), Text(rule.Assess(chart, end + TimeSpan.FromTicks(1))));
                }
            }
        }
    }

    [Fact]
    public void Every_variable_of_a_rule_can_change_its_answer()
    {
        foreach (var rule in OfThePresent)
        {
            foreach (var variable in rule.Variables)
            {
                // A target saturation only matters to who has a saturation.
                var chart = variable == Variable.HypercapnicTarget ? Of((Variable.OxygenSaturation, 90)) : Chart.Empty;
                var with = chart.And(variable, variable == Variable.HypercapnicTarget ? 1 : Variables.Of(variable).Low, Now);
                Assert.True(Text(rule.Assess(chart, Now)) != Text(rule.Assess(with, Now)), $"{rule.Id} {variable}");
            }
        }
    }

    [Fact]
    public void Every_criterion_names_the_version_that_met_it()
    {
        foreach (var rule in OfThePresent)
        {
            foreach (var variable in rule.Variables)
            {
                foreach (decimal value in (decimal[])[Variables.Of(variable).Low, Variables.Of(variable).High])
                {
                    var at = Now.AddMinutes(-5);
                    var assessment = rule.Assess(Chart.Empty.And(variable, value, at, version: 7, id: "x"), Now);
                    Assert.All(assessment.Criteria, met => Assert.Equal(
                        ((Variable?)variable, (decimal?)value, (string?)Variables.Of(variable).Unit, at, Key("x"), 7),
                        (met.Variable, met.Value, met.Unit, met.At, met.Key, met.Version)));
                }
            }
        }
    }

    [Fact]
    public void A_late_value_does_not_displace_a_newer_one()
    {
        var chart = Of((Variable.Lactate, 1.5m)).AndHoursAgo(2, Variable.Lactate, 6);

        Assert.False(LactateLevel.Assess(chart, Now).IsMet);
        Assert.True(LactateLevel.Assess(chart, Now.AddHours(-1)).IsMet);
    }

    [Fact]
    public void A_correction_or_deletion_removes_what_it_had_met()
    {
        var hemolysed = Chart.Empty.And(Variable.Potassium, 7.9m, Now, id: "k");
        var rule = ScreeningRules.Find("critical-potassium-high")!;

        Assert.True(rule.Assess(hemolysed, Now).IsMet);
        Assert.False(rule.Assess(hemolysed.And(Variable.Potassium, 4.1m, Now, version: 2, id: "k"), Now).IsMet);
        Assert.False(rule.Assess(hemolysed.Without(Key("k")), Now).IsMet);
    }
}

using PatientGrains.Core.Screening;
using static PatientGrains.Core.Screening.Variable;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>Critical values against Kost's limits for adults, and INR against Keeling 2011.</summary>
public class CriticalValueTests
{
    /// <summary>Limits as printed, in SI units except for haemoglobin (66 and 199 g/L): a step beyond is critical, they are not.</summary>
    [Theory]
    //                                  low     high
    [InlineData(Glucose, "glucose", /**/ 2.6,   26.9)]
    [InlineData(Potassium, "potassium", 2.8,    6.2)]
    [InlineData(Calcium, "calcium", /**/ 1.65,  3.22)]
    [InlineData(Sodium, "sodium", /**/  120.0,  158.0)]
    [InlineData(Hemoglobin, "hemoglobin", 6.6,  19.9)]
    [InlineData(Platelets, "platelets", 37.0,   910.0)]
    [InlineData(Leukocytes, "leukocytes", 2.0,  37.0)]
    [InlineData(ArterialCarbonDioxide, "pco2", 19.0, 67.0)]
    [InlineData(ArterialPh, "ph", /**/  7.21,   7.59)]
    [InlineData(ArterialOxygen, "po2",  43.0,   null)]
    [InlineData(Magnesium, "magnesium", 0.41,   2.02)]
    [InlineData(Phosphate, "phosphate", 0.39,   2.87)]
    [InlineData(IonizedCalcium, "ionized-calcium", 0.82, 1.55)]
    [InlineData(Bicarbonate, "bicarbonate", 11.0, 40.0)]
    [InlineData(Inr, "inr", /**/        null,   5.0)]
    public void Limits(Variable variable, string name, double? low, double? high)
    {
        const decimal step = 0.01m;
        if (low is { } under)
        {
            var rule = Rule($"critical-{name}-low");
            Assert.False(rule.Assess(Of((variable, (decimal)under)), Now).IsMet);
            Assert.True(rule.Assess(Of((variable, (decimal)under - step)), Now).IsMet);
        }
        else
        {
            Assert.Null(ScreeningRules.Find($"critical-{name}-low"));
        }
        if (high is { } over)
        {
            var rule = Rule($"critical-{name}-high");
            Assert.False(rule.Assess(Of((variable, (decimal)over)), Now).IsMet);
            Assert.True(rule.Assess(Of((variable, (decimal)over + step)), Now).IsMet);
        }
        else
        {
            Assert.Null(ScreeningRules.Find($"critical-{name}-high"));
        }
    }

    [Theory]
    [InlineData(5.0, null)]
    [InlineData(5.1, Severity.Warning)]
    [InlineData(8.0, Severity.Warning)]
    [InlineData(8.1, Severity.Urgent)]
    public void Inr_has_two_bands(double inr, Severity? severity) =>
        Assert.Equal(severity, Rule("critical-inr-high").Assess(Of((Inr, (decimal)inr)), Now).Severity);

    [Fact]
    public void Each_analyte_and_direction_is_a_rule_of_its_own_so_that_no_episode_hides_another()
    {
        var chart = Of((Potassium, 6.9m), (Glucose, 1.9m));

        Assert.Equal(
            ["critical-potassium-high", "critical-glucose-low"],
            CriticalValues.Rules.Where(rule => rule.Assess(chart, Now).IsMet).Select(rule => rule.Id));
    }

    [Fact]
    public void No_limit_lies_outside_what_a_body_shows()
    {
        foreach (var rule in CriticalValues.Rules)
        {
            var definition = Variables.Of(Assert.Single(rule.Variables));
            decimal extreme = rule.Id.EndsWith("-low", StringComparison.Ordinal) ? definition.Low : definition.High;
            Assert.True(rule.Assess(Of((definition.Variable, extreme)), Now).IsMet, rule.Id);
        }
    }

    [Fact]
    public void The_criterion_says_value_and_unit()
    {
        var criterion = Assert.Single(Rule("critical-ionized-calcium-low").Assess(Of((IonizedCalcium, 0.7m)), Now).Criteria);

        Assert.Equal(("ionized calcium < 0.82 mmol/L", 0.7m, "mmol/L"), (criterion.Name, criterion.Value, criterion.Unit));
    }

    private static ScreeningRule Rule(string id) => ScreeningRules.Find(id)!;
}

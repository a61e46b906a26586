using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>Lactate against the Surviving Sepsis Campaign: above 2 mmol/L, and 4 mmol/L or more.</summary>
public class LactateTests
{
    [Theory]
    [InlineData(0.8, null)]
    [InlineData(2.0, null)]
    [InlineData(2.01, Severity.Warning)]
    [InlineData(3.99, Severity.Warning)]
    [InlineData(4.0, Severity.Urgent)]
    [InlineData(12, Severity.Urgent)]
    public void Bands(double mmolPerL, Severity? severity) =>
        Assert.Equal(severity, LactateLevel.Assess(Of((Variable.Lactate, (decimal)mmolPerL)), Now).Severity);

    [Fact]
    public void The_criterion_carries_all_that_explains_it()
    {
        var chart = Chart.Empty.And(Variable.Lactate, 4.2m, Now.AddHours(-1), version: 3, id: "gas");

        var criterion = Assert.Single(LactateLevel.Assess(chart, Now).Criteria);
        Assert.Equal(
            new MetCriterion
            {
                Name = "lactate >= 4 mmol/L", Variable = Variable.Lactate, Value = 4.2m, Unit = "mmol/L", At = Now.AddHours(-1),
                Key = Key("gas"), Version = 3,
            },
            criterion);
    }
}

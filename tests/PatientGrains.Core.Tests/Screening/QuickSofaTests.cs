using PatientGrains.Core.Screening;
using static PatientGrains.Core.Screening.Variable;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>qSOFA against box 4 of Singer 2016: two or more of three criteria.</summary>
public class QuickSofaTests
{
    [Theory]
    //          respiratory rate >= 22/min
    [InlineData(RespiratoryRate, 22, 21)]
    //          altered mentation: Glasgow coma scale < 15
    [InlineData(GlasgowComaScale, 14, 15)]
    [InlineData(Consciousness, 1, 0)]
    //          systolic blood pressure <= 100 mmHg
    [InlineData(SystolicPressure, 100, 101)]
    public void Box_4(Variable variable, double meets, double doesNot)
    {
        Assert.Equal(1, QuickSofa.Assess(Of((variable, (decimal)meets)), Now).Score);
        Assert.Equal(0, QuickSofa.Assess(Of((variable, (decimal)doesNot)), Now).Score);
    }

    [Theory]
    //          rate  scale pressure
    [InlineData(16,   15,   120,     0, false)]
    [InlineData(24,   15,   120,     1, false)]
    [InlineData(16,   12,   120,     1, false)]
    [InlineData(16,   15,   90,      1, false)]
    [InlineData(24,   12,   120,     2, true)]
    [InlineData(24,   15,   90,      2, true)]
    [InlineData(16,   12,   90,      2, true)]
    [InlineData(24,   12,   90,      3, true)]
    public void Two_or_more_are_a_warning(int rate, int scale, int pressure, int score, bool isMet)
    {
        var assessment = QuickSofa.Assess(Of((RespiratoryRate, rate), (GlasgowComaScale, scale), (SystolicPressure, pressure)), Now);

        Assert.Equal((score, isMet ? Severity.Warning : (Severity?)null), ((int)assessment.Score!, assessment.Severity));
        Assert.Empty(assessment.Missing.ToArray());
    }

    [Fact]
    public void Two_known_criteria_suffice_and_the_third_is_named_as_missing()
    {
        var assessment = QuickSofa.Assess(Of((RespiratoryRate, 24), (SystolicPressure, 90)), Now);

        Assert.True(assessment.IsMet);
        Assert.Equal([GlasgowComaScale], assessment.Missing.ToArray());
    }

    [Fact]
    public void The_newer_of_coma_scale_and_ACVPU_counts_and_of_one_time_the_scale()
    {
        Assert.Equal(0, QuickSofa.Assess(Of((Consciousness, 0)).AndHoursAgo(1, GlasgowComaScale, 10), Now).Score);
        Assert.Equal(1, QuickSofa.Assess(Of((GlasgowComaScale, 10)).AndHoursAgo(1, Consciousness, 0), Now).Score);
        Assert.Equal(0, QuickSofa.Assess(Of((GlasgowComaScale, 15), (Consciousness, 2)), Now).Score);
    }
}

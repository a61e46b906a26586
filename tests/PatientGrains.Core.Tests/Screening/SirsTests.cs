using PatientGrains.Core.Screening;
using static PatientGrains.Core.Screening.Variable;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>SIRS against table 1 of Bone 1992: two or more of four conditions.</summary>
public class SirsTests
{
    /// <summary>Each limit, the value that just meets it, and the one that just does not.</summary>
    [Theory]
    //          temperature > 38 °C or < 36 °C
    [InlineData(BodyTemperature, 38.1, 38.0)]
    [InlineData(BodyTemperature, 35.9, 36.0)]
    //          heart rate > 90/min
    [InlineData(HeartRate, 91, 90)]
    //          respiratory rate > 20/min or PaCO2 < 32 torr
    [InlineData(RespiratoryRate, 21, 20)]
    [InlineData(ArterialCarbonDioxide, 31.9, 32)]
    //          leukocytes > 12,000/mm3, < 4,000/mm3, or > 10 % bands
    [InlineData(Leukocytes, 12.1, 12.0)]
    [InlineData(Leukocytes, 3.9, 4.0)]
    [InlineData(BandNeutrophils, 11, 10)]
    public void Table_1(Variable variable, double meets, double doesNot)
    {
        Assert.Equal(1, Sirs.Assess(Of((variable, (decimal)meets)), Now).Score);
        Assert.Equal(0, Sirs.Assess(Of((variable, (decimal)doesNot)), Now).Score);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void Two_or_more_are_the_syndrome_and_only_a_notice(int count, bool isMet)
    {
        (Variable, decimal)[] met = [(BodyTemperature, 39), (HeartRate, 120), (RespiratoryRate, 28), (Leukocytes, 18)];
        (Variable, decimal)[] normal = [(BodyTemperature, 37), (HeartRate, 70), (RespiratoryRate, 14), (Leukocytes, 7)];
        var assessment = Sirs.Assess(Of([.. met[..count], .. normal[count..]]), Now);

        Assert.Equal((count, isMet ? Severity.Notice : (Severity?)null), ((int)assessment.Score!, assessment.Severity));
        Assert.Empty(assessment.Missing);
    }

    [Fact]
    public void Both_halves_of_a_condition_count_once()
    {
        var assessment = Sirs.Assess(
            Of((RespiratoryRate, 30), (ArterialCarbonDioxide, 25), (Leukocytes, 20), (BandNeutrophils, 20)), Now);

        Assert.Equal(["respiratory rate > 20/min", "leukocytes > 12 x 10^9/L"], assessment.Names());
    }

    [Fact]
    public void The_other_half_counts_when_the_first_is_normal()
    {
        var assessment = Sirs.Assess(
            Of((RespiratoryRate, 16), (ArterialCarbonDioxide, 25), (Leukocytes, 8), (BandNeutrophils, 20)), Now);

        Assert.Equal(["PaCO2 < 32 mmHg", "band neutrophils > 10 %"], assessment.Names());
        Assert.True(assessment.IsMet);
    }

    [Fact]
    public void What_is_missing_is_named_once_for_each_condition_that_is_not_met()
    {
        Assert.Equal([BodyTemperature, HeartRate, RespiratoryRate, Leukocytes], Sirs.Assess(Chart.Empty, Now).Missing.ToArray());
        Assert.Equal(
            [BodyTemperature, HeartRate],
            Sirs.Assess(Of((ArterialCarbonDioxide, 25), (BandNeutrophils, 20)), Now).Missing.ToArray());
        Assert.Equal(
            [BodyTemperature, HeartRate, RespiratoryRate, Leukocytes],
            Sirs.Assess(Of((ArterialCarbonDioxide, 40), (BandNeutrophils, 2)), Now).Missing.ToArray());
    }
}

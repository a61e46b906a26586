using System.Globalization;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Screening.Variable;
using static PatientGrains.Core.Tests.Screening.Charts;

namespace PatientGrains.Core.Tests.Screening;

/// <summary>NEWS2 against the charts of the Royal College of Physicians' report of 2017.</summary>
public class News2Tests
{
    /// <summary>Chart 1: both ends of every cell, and the steps before and after them.</summary>
    [Theory]
    //                                    3       2         1            0          1            2            3
    [InlineData(RespiratoryRate, "", /**/ "<=8",  "",       "9-11",      "12-20",   "",          "21-24",     ">=25")]
    [InlineData(OxygenSaturation, "1", /**/ "<=91", "92-93", "94-95",    ">=96",    "",          "",          "")]
    [InlineData(OxygenSaturation, "1 oxygen", "<=91", "92-93", "94-95",  ">=96",    "",          "",          "")]
    [InlineData(OxygenSaturation, "2", /**/ "<=83", "84-85", "86-87",    ">=88",    "",          "",          "")]
    [InlineData(OxygenSaturation, "2 oxygen", "<=83", "84-85", "86-87",  "88-92",   "93-94",     "95-96",     ">=97")]
    [InlineData(SystolicPressure, "", /**/ "<=90", "91-100", "101-110",  "111-219", "",          "",          ">=220")]
    [InlineData(HeartRate, "", /**/       "<=40", "",       "41-50",     "51-90",   "91-110",    "111-130",   ">=131")]
    [InlineData(BodyTemperature, "", /**/ "<=35.0", "",     "35.1-36.0", "36.1-38.0", "38.1-39.0", ">=39.1",  "")]
    public void Chart_1(
        Variable variable, string scale, string low3, string low2, string low1, string zero, string high1, string high2, string high3)
    {
        decimal step = variable == BodyTemperature ? 0.1m : 1;
        (string, int)[] cells = [(low3, 3), (low2, 2), (low1, 1), (zero, 0), (high1, 1), (high2, 2), (high3, 3)];
        foreach (var (cell, points) in cells.Where(cell => cell.Item1.Length > 0))
        {
            foreach (decimal value in ValuesOf(cell, step))
            {
                var chart = Of((variable, value), (SupplementalOxygen, scale.EndsWith("oxygen", StringComparison.Ordinal) ? 1 : 0),
                    (HypercapnicTarget, scale.StartsWith('2') ? 1 : 0));
                Assert.True(News2.Assess(chart, Now).PointsOf(variable) == points, $"{variable} {scale}: {value} should score {points}");
            }
        }
    }

    [Theory]
    //           Alert  C  V  P  U
    [InlineData(0, 0)]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    public void Chart_1_consciousness_scores_3_for_anything_but_alert(int acvpu, int points) =>
        Assert.Equal(points, News2.Assess(Of((Consciousness, acvpu)), Now).PointsOf(Consciousness));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    public void Chart_1_air_scores_0_and_oxygen_2(int oxygen, int points) =>
        Assert.Equal(points, News2.Assess(Of((SupplementalOxygen, oxygen)), Now).Score);

    /// <summary>Charts 2 and 4.</summary>
    [Theory]
    [InlineData(0, null, new int[0])]
    [InlineData(4, null, new[] { 2, 2 })]
    [InlineData(4, null, new[] { 1, 1, 2 })]
    [InlineData(3, Severity.Warning, new[] { 3 })]
    [InlineData(5, Severity.Warning, new[] { 2, 2, 1 })]
    [InlineData(6, Severity.Warning, new[] { 2, 2, 2 })]
    [InlineData(6, Severity.Warning, new[] { 3, 3 })]
    [InlineData(7, Severity.Urgent, new[] { 2, 2, 2, 1 })]
    [InlineData(7, Severity.Urgent, new[] { 3, 2, 2 })]
    [InlineData(12, Severity.Urgent, new[] { 3, 3, 3, 3 })]
    public void Chart_2_thresholds(int aggregate, Severity? severity, int[] points)
    {
        // A value of each parameter that scores 0 to 3 points.
        (Variable, decimal[])[] parameters =
        [
            (SystolicPressure, [120, 105, 95, 90]), (OxygenSaturation, [97, 95, 93, 91]), (HeartRate, [80, 100, 120, 131]),
            (RespiratoryRate, [16, 10, 22, 25]),
        ];
        var values = parameters.Zip(points.Concat([0, 0, 0, 0]), (parameter, scored) => (parameter.Item1, parameter.Item2[scored]));
        var assessment = News2.Assess(Of([.. values]), Now);

        Assert.Equal((aggregate, severity), ((int)assessment.Score!, assessment.Severity));
    }

    [Fact]
    public void The_sickest_patient_has_20_points()
    {
        var assessment = News2.Assess(Of((RespiratoryRate, 30), (OxygenSaturation, 80), (SupplementalOxygen, 1), (SystolicPressure, 70),
            (HeartRate, 150), (Consciousness, 4), (BodyTemperature, 34)), Now);

        Assert.Equal((20, Severity.Urgent), ((int)assessment.Score!, assessment.Severity));
        Assert.Empty(assessment.Missing);
        Assert.Equal(
            [
                "respiratory rate >= 25/min", "SpO2 scale 1 <= 91 %", "on oxygen", "systolic pressure <= 90 mmHg", "pulse >= 131/min",
                "consciousness: C, V, P or U", "temperature <= 35.0 °C",
            ],
            assessment.Names());
    }

    [Fact]
    public void What_is_missing_counts_as_normal_and_is_named()
    {
        var assessment = News2.Assess(Of((RespiratoryRate, 25)), Now);

        Assert.Equal((3, Severity.Warning), ((int)assessment.Score!, assessment.Severity));
        Assert.Equal(
            [SupplementalOxygen, OxygenSaturation, SystolicPressure, HeartRate, Consciousness, BodyTemperature],
            assessment.Missing.ToArray());
    }

    [Theory]
    [InlineData(OxygenFlow, 0, false)]
    [InlineData(OxygenFlow, 0.5, true)]
    [InlineData(InspiredOxygenFraction, 0.21, false)]
    [InlineData(InspiredOxygenFraction, 0.24, true)]
    [InlineData(SupplementalOxygen, 0, false)]
    [InlineData(SupplementalOxygen, 1, true)]
    public void Oxygen_is_said_outright_or_by_a_flow_or_by_a_fraction_above_that_of_air(Variable variable, double value, bool isOnOxygen)
    {
        var assessment = News2.Assess(Of((variable, (decimal)value)), Now);

        Assert.Equal(isOnOxygen ? 2 : 0, assessment.Score);
        Assert.DoesNotContain(SupplementalOxygen, assessment.Missing);
    }

    [Fact]
    public void Of_several_words_about_oxygen_the_newest_counts_and_of_one_time_the_outright_one()
    {
        var weaned = Of((SupplementalOxygen, 0)).AndHoursAgo(1, OxygenFlow, 6);
        var started = Of((OxygenFlow, 6)).AndHoursAgo(1, SupplementalOxygen, 0);
        var both = Of((OxygenFlow, 6), (SupplementalOxygen, 0));

        Assert.Equal([0, 2, 0], new[] { weaned, started, both }.Select(chart => (int)News2.Assess(chart, Now).Score!));
    }

    [Fact]
    public void Scale_2_without_a_word_about_oxygen_takes_the_patient_to_breathe_air()
    {
        var assessment = News2.Assess(Of((HypercapnicTarget, 1), (OxygenSaturation, 98)), Now);

        Assert.Equal(0, assessment.Score);
        Assert.Contains(SupplementalOxygen, assessment.Missing);
    }

    [Fact]
    public void A_score_on_scale_2_names_the_prescription_that_chose_it()
    {
        var chart = Of((HypercapnicTarget, 1), (OxygenSaturation, 98), (SupplementalOxygen, 1));

        Assert.Equal(["SpO2 scale 2 >= 97 % on oxygen", "SpO2 scale 2 prescribed", "on oxygen"], News2.Assess(chart, Now).Names());
    }

    [Theory]
    [InlineData(15, 0, false)]
    [InlineData(14, 0, true)]
    [InlineData(13, 3, false)]
    [InlineData(3, 3, false)]
    public void A_coma_scale_stands_for_ACVPU_except_14_which_may_be_an_old_confusion(int scale, int points, bool isMissing)
    {
        var assessment = News2.Assess(Of((GlasgowComaScale, scale)), Now);

        Assert.Equal((points, isMissing), ((int)assessment.Score!, assessment.Missing.Contains(Consciousness)));
    }

    [Fact]
    public void The_newer_of_ACVPU_and_coma_scale_counts_and_of_one_time_ACVPU()
    {
        Assert.Equal(0, News2.Assess(Of((GlasgowComaScale, 15)).AndHoursAgo(1, Consciousness, 3), Now).Score);
        Assert.Equal(3, News2.Assess(Of((Consciousness, 3)).AndHoursAgo(1, GlasgowComaScale, 15), Now).Score);
        Assert.Equal(3, News2.Assess(Of((Consciousness, 3), (GlasgowComaScale, 15)), Now).Score);
    }

    [Theory]
    [InlineData(OxygenSaturation, 91.4, 3)]
    [InlineData(OxygenSaturation, 91.5, 2)]
    [InlineData(BodyTemperature, 38.04, 0)]
    [InlineData(BodyTemperature, 38.05, 1)]
    public void Values_between_two_cells_are_rounded_to_what_the_chart_knows(Variable variable, double value, int points) =>
        Assert.Equal(points, News2.Assess(Of((variable, (decimal)value)), Now).Score);

    /// <summary>Both ends of a cell and the steps beside them, as far as they lie inside it.</summary>
    private static decimal[] ValuesOf(string cell, decimal step)
    {
        decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);
        if (cell.StartsWith("<=", StringComparison.Ordinal))
            return [Number(cell[2..]), Number(cell[2..]) - step];
        if (cell.StartsWith(">=", StringComparison.Ordinal))
            return [Number(cell[2..]), Number(cell[2..]) + step];
        var ends = cell.Split('-').Select(Number).ToArray();
        return [.. new[] { ends[0], ends[0] + step, ends[1] - step, ends[1] }.Where(value => value >= ends[0] && value <= ends[1])];
    }
}

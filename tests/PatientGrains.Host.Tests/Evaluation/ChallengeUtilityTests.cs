using PatientGrains.Host.Evaluation;

namespace PatientGrains.Host.Tests;

/// <summary>Reyna 2020, figure 2; the one example of a whole stay is that of the Challenge's own scorer.</summary>
public class ChallengeUtilityTests
{
    [Theory]
    [InlineData(-20, -0.05, 0)]
    [InlineData(-13, -0.05, 0)]
    [InlineData(-12, 0, 0)]
    [InlineData(-9, 0.5, 0)]
    [InlineData(-6, 1, 0)]
    [InlineData(-5, 8 / 9.0, -2 / 9.0)]
    [InlineData(0, 1 / 3.0, -4 / 3.0)]
    [InlineData(3, 0, -2)]
    [InlineData(4, 0, 0)]
    [InlineData(50, 0, 0)]
    public void An_hour_of_a_septic_stay_counts_by_its_distance_from_the_onset(int hours, double alarm, double silence)
    {
        Assert.Equal(alarm, ChallengeUtility.Of(hours, true), 12);
        Assert.Equal(silence, ChallengeUtility.Of(hours, false), 12);
        Assert.Equal(Math.Max(alarm, silence), ChallengeUtility.Optimal(hours), 12);
    }

    [Fact]
    public void An_hour_without_sepsis_costs_a_little_when_there_is_an_alarm()
    {
        Assert.Equal(-0.05, ChallengeUtility.Of(null, true));
        Assert.Equal(0, ChallengeUtility.Of(null, false));
        Assert.Equal(0, ChallengeUtility.Optimal(null));
    }

    [Fact]
    public void The_scorers_example_of_six_hours_has_its_utility()
    {
        // Labels 0 0 0 0 1 1, so that the onset is row 10; predictions 0 0 1 1 1 1.
        bool[] alarms = [false, false, true, true, true, true];
        Assert.Equal(3.388888888888889, alarms.Select((alarm, row) => ChallengeUtility.Of(row - 10, alarm)).Sum(), 12);
    }

    [Fact]
    public void The_best_has_1_silence_0_and_alarms_only_where_they_are_wrong_less()
    {
        int?[] hours = [.. Enumerable.Range(-30, 36).Select(hour => (int?)hour), .. new int?[100]];
        double optimal = hours.Sum(ChallengeUtility.Optimal);
        double inaction = hours.Sum(hour => ChallengeUtility.Of(hour, false));
        double always = hours.Sum(hour => ChallengeUtility.Of(hour, true));
        Assert.Equal(1, ChallengeUtility.Normalised(optimal, optimal, inaction));
        Assert.Equal(0, ChallengeUtility.Normalised(inaction, optimal, inaction));
        // By hand: 3.5 before the best hour and 4 after it, less 118 false alarms; silence loses 2 (1 + ... + 9) / 9 = 10.
        Assert.Equal((7.5 - 118 * 0.05 + 10) / (7.5 + 10), ChallengeUtility.Normalised(always, optimal, inaction)!.Value, 12);
        double wrong = hours.Sum(hour => ChallengeUtility.Of(hour, hour is null));
        Assert.Equal(-5 / 17.5, ChallengeUtility.Normalised(wrong, optimal, inaction)!.Value, 12);
        Assert.Null(ChallengeUtility.Normalised(-5, 0, 0));
    }
}

namespace PatientGrains.Synthetic.Tests;

public class OptionsTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(SyntheticOptions.MaxPatients + 1)]
    public void A_number_of_patients_out_of_limits_is_refused_by_name(int patients) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(SyntheticOptions.Patients), () => new SyntheticOptions { Patients = patients });

    [Theory]
    [InlineData(0)]
    [InlineData(SyntheticOptions.MaxYears + 1)]
    public void A_number_of_years_out_of_limits_is_refused_by_name(int years) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(SyntheticOptions.Years), () => new SyntheticOptions { Years = years });

    [Fact]
    public void A_reference_date_out_of_limits_is_refused_by_name() => Assert.Throws<ArgumentOutOfRangeException>(
        nameof(SyntheticOptions.ReferenceDate), () => new SyntheticOptions { ReferenceDate = new DateOnly(1899, 12, 31) });

    [Fact]
    public void A_patient_outside_the_population_is_refused_by_name()
    {
        var options = new SyntheticOptions { Patients = 3 };
        Assert.Throws<ArgumentOutOfRangeException>("first", () => SyntheticPopulation.Patients(options, 4, 0));
        Assert.Throws<ArgumentOutOfRangeException>("first", () => SyntheticPopulation.Patients(options, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => SyntheticPopulation.Patients(options, 1, 3));
    }

    [Fact]
    public void Nobody_may_be_asked_for() => Assert.Empty(SyntheticPopulation.Patients(new SyntheticOptions { Patients = 0 }));
}

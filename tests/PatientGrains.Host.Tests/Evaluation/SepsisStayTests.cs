using PatientGrains.Core.Screening;
using PatientGrains.Host.Evaluation;

namespace PatientGrains.Host.Tests;

public class SepsisStayTests
{
    [Fact]
    public void Hours_become_findings_in_canonical_units()
    {
        var stay = SepsisStay.Read("p", Psv.Lines(1, "HR=80 Lactate=2.5 Glucose=180.16", "", "WBC=12.5 Magnesium=2.4305 SaO2=91"));
        Assert.Equal(("p", 60, 3), (stay.Name, stay.AgeYears, stay.Hours.Length));
        Assert.Equal([false, true, true], stay.Hours.Select(hour => hour.IsLabelled));
        Assert.Equal(
            [(Variable.HeartRate, 80m), (Variable.Glucose, 10m), (Variable.Lactate, 2.5m)],
            stay.Hours[0].Findings.Cast<Measured>().Select(found => (found.Variable, found.Value)));
        Assert.Empty(stay.Hours[1].Findings);
        Assert.Equal(
            [(Variable.Magnesium, 1m), (Variable.Leukocytes, 12.5m), (Variable.OxygenSaturation, 91m)],
            stay.Hours[2].Findings.Cast<Measured>().Select(found => (found.Variable, found.Value)));
        Assert.All(stay.Hours[2].Findings.Cast<Measured>(), found => Assert.Equal(SepsisStay.TimeOf(3), found.At));
    }

    [Fact]
    public void The_onset_is_six_hours_after_the_first_label_as_the_scorer_counts()
    {
        Assert.Equal(7, SepsisStay.Read("p", Psv.Lines(1, "", "", "")).OnsetRow);
        Assert.Equal(6, SepsisStay.Read("p", Psv.Lines(0, "")).OnsetRow);
        Assert.Null(SepsisStay.Read("p", Psv.Lines(null, "")).OnsetRow);
    }

    [Fact]
    public void The_pulse_oximeter_goes_before_the_arterial_saturation_and_the_impossible_is_set_aside()
    {
        var stay = SepsisStay.Read("p", Psv.Lines(null, "O2Sat=95 SaO2=70", "FiO2=50 Calcium=1.1 HR=-1e27"));
        Assert.Equal(95, stay.Hours[0].Findings.Cast<Measured>().Single().Value);
        var doubted = stay.Hours[1].Findings.Cast<Doubted>();
        Assert.Equal([Doubt.Implausible, Doubt.Implausible, Doubt.Implausible], doubted.Select(finding => finding.Doubt));
    }

    [Fact]
    public void What_is_no_such_file_is_told_by_line()
    {
        Assert.Equal(1, LineOf());
        Assert.Equal(1, LineOf(SepsisColumns.Header));
        Assert.Equal(1, LineOf("HR|O2Sat", Psv.Line("", 1)));
        Assert.Equal(1, LineOf(Psv.Line("", 1)));
        string[] good = [SepsisColumns.Header, Psv.Line("HR=80", 1)];
        Assert.Equal(3, LineOf([.. good, "1|2|3"]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("", 2) + "|1"]));
        Assert.Equal(3, LineOf([.. good, ""]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("HR=fast", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("HR=", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("HR=1e99", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("HR=inf", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("SepsisLabel=0.5", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("SepsisLabel=NaN", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("ICULOS=NaN", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("ICULOS=1.5", 2)]));
        Assert.Equal(3, LineOf([.. good, Psv.Line("", 1)]));
        Assert.Equal(2, LineOf(SepsisColumns.Header, Psv.Line("Age=NaN", 1)));
        Assert.Equal(2, LineOf(SepsisColumns.Header, Psv.Line("Age=-3", 1)));
    }

    private static int LineOf(params string[] lines)
    {
        var malformed = Assert.Throws<MalformedStayException>(() => SepsisStay.Read("p", lines));
        Assert.DoesNotContain("fast", malformed.Message);
        return malformed.Line;
    }
}

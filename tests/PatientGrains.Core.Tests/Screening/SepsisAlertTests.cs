using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>Sepsis as alerts of a record, by all rules that run.</summary>
public class SepsisAlertTests
{
    private readonly PatientRecord _record = new();
    private int _messages;

    [Fact]
    public void An_antimicrobial_that_comes_after_the_last_value_raises_the_alert_at_once()
    {
        Say(0, "Observation/platelets", new Measured { Variable = Variable.Platelets, Value = 90, At = Course.At(0) });
        Assert.Empty(Say(1, "Specimen/blood", new Cultured { At = Course.At(1) }));
        var raised = Assert.IsType<AlertRaised>(Assert.Single(Say(2, "MedicationAdministration/cefepime", Antimicrobial(2))));
        Assert.Equal(("sepsis3", Severity.Urgent, Course.At(2)), (raised.Rule, raised.Severity, raised.Reason.AssessedAt));
        Assert.Equal(
            ["Specimen/blood", "MedicationAdministration/cefepime", "Observation/platelets"],
            raised.Reason.Criteria.Select(met => met.Key.ToString()));
    }

    [Fact]
    public void A_culture_that_was_anothers_takes_the_alert_back()
    {
        Say(0, "Observation/platelets", new Measured { Variable = Variable.Platelets, Value = 90, At = Course.At(0) });
        Say(1, "Specimen/blood", new Cultured { At = Course.At(1) });
        Say(2, "MedicationAdministration/cefepime", Antimicrobial(2));
        var withdrawn = Assert.IsType<AlertWithdrawn>(Assert.Single(Do(3, Delete("Specimen/blood"))));
        Assert.Equal(("sepsis3", "Specimen/blood", 2), (withdrawn.Rule, withdrawn.Corrected.ToString(), withdrawn.CorrectedVersion));
        Assert.Empty(_record.Episodes.Open);
    }

    [Fact]
    public void Shock_makes_it_critical()
    {
        Say(0, "Observation/platelets", new Measured { Variable = Variable.Platelets, Value = 90, At = Course.At(0) });
        Say(1, "Specimen/blood", new Cultured { At = Course.At(1) });
        Say(2, "MedicationAdministration/cefepime", Antimicrobial(2));
        Say(3, "MedicationAdministration/norepinephrine",
            new Given { Drug = Drug.Norepinephrine, At = Course.At(3), RateMcgPerKgMin = 0.05m, IsRunning = true });
        var events = Say(4, "Observation/lactate", new Measured { Variable = Variable.Lactate, Value = 2.1m, At = Course.At(4) });
        var worsened = Assert.Single(events, happened => happened.Rule == "sepsis3");
        Assert.Equal(Severity.Critical, Assert.IsType<AlertWorsened>(worsened).Severity);
    }

    private static Given Antimicrobial(double at) => new() { Drug = Drug.Antimicrobial, At = Course.At(at) };

    private ImmutableArray<AlertEvent> Say(double hour, string key, Finding finding) =>
        Do(hour, Update(key, Body($"{{\"n\":{_messages}}}") with { Findings = [finding] }));

    private ImmutableArray<AlertEvent> Do(double hour, Change change)
    {
        var decision = RecordDecider.Decide(_record, Submission($"m{++_messages}", change), new Facts(Course.At(hour), $"e{_messages}"));
        Assert.IsType<Accepted>(decision.Outcome);
        foreach (var happened in decision.Events)
            RecordFold.Evolve(_record, happened);
        return [.. decision.Events.OfType<AlertEvent>()];
    }
}

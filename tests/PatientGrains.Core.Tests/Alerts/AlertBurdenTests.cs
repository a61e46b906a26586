using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests.Alerts;

public class AlertBurdenTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly AlertBurden _burden = new(Start, Start.AddDays(10));

    [Fact]
    public void Days_are_counted_within_the_time_and_where_the_patient_lay()
    {
        Lies("p", "e1", 1, "icu", -2, 3);
        Lies("q", "e2", 1, "icu", 4, null);
        // A transfer: the stay that began last counts, the ward's goes on when it is over.
        Lies("r", "e3", 1, "ward", 0, 6);
        Lies("r", "e4", 1, "icu", 2, 4);
        Assert.Equal([("icu", 11.0), ("ward", 4.0)], _burden.Report().Select(row => (row.Unit, row.PatientDays!.Value)));
    }

    [Fact]
    public void A_corrected_stay_replaces_what_was_said_before()
    {
        Lies("p", "e1", 1, "icu", 0, null);
        Lies("p", "e1", 2, "icu", 0, 2);
        Assert.Equal(2, Assert.Single(_burden.Report()).PatientDays);
    }

    [Fact]
    public void Rates_shares_and_the_median_are_of_the_episodes_raised_in_the_time()
    {
        Lies("p", "e1", 1, "icu", 0, 2);
        Raise("p", 1, "heart", "icu", 0);
        Raise("p", 2, "heart", "icu", 1);
        Raise("p", 3, "heart", "icu", 1);
        Raise("p", 4, "lactate", "icu", 1);
        Raise("p", 5, "heart", "icu", -1);
        Raise("p", 6, "heart", "icu", 10);
        Raise("q", 1, "heart", null, 1);
        Acknowledge("p", 1, Start.AddMinutes(10));
        Acknowledge("p", 1, Start.AddMinutes(90));
        Acknowledge("p", 2, Start.AddDays(1).AddMinutes(20));
        Add("p", new AlertEscalated { Alert = 3, Number = 0, At = Start, Rule = "heart", Severity = Severity.Urgent, Step = 1 });
        Add("p", new AlertEscalated { Alert = 3, Number = 0, At = Start, Rule = "heart", Severity = Severity.Urgent, Step = 2 });
        Add("p", new AlertWithdrawn
        {
            Alert = 3, Number = 0, At = Start, Rule = "heart", Severity = Severity.Urgent, Corrected = new("Observation", "a"),
            CorrectedVersion = 2,
        });
        Add("p", new AlertOverridden
        {
            Alert = 4, Number = 0, At = Start, Rule = "lactate", Severity = Severity.Urgent, By = "x", Reason = "y", Until = Start,
        });
        Acknowledge("p", 5, Start);

        var rows = _burden.Report();
        Assert.Equal([(null, "heart"), (null, null), ("icu", "heart"), ("icu", "lactate"), ("icu", null)],
            rows.Select(row => (row.Unit, row.Rule)));
        Assert.Null(rows[0].AlertsPerPatientDay);
        var heart = rows[2];
        Assert.Equal((3, 1.5, TimeSpan.FromMinutes(15)), (heart.Alerts, heart.AlertsPerPatientDay, heart.MedianToAcknowledge));
        Assert.Equal((2, 1, 0, 1), (heart.Acknowledged, heart.Escalated, heart.Overridden, heart.Withdrawn));
        Assert.Equal(2.0 / 3, heart.ShareOf(heart.Acknowledged));
        Assert.Equal((1, 1, null), (rows[3].Alerts, rows[3].Overridden, rows[3].MedianToAcknowledge));
        Assert.Equal((4, 2.0), (rows[4].Alerts, rows[4].AlertsPerPatientDay));
    }

    [Fact]
    public void A_line_that_comes_twice_counts_once()
    {
        for (int i = 0; i < 2; i++)
        {
            Lies("p", "e1", 1, "icu", 0, 2);
            Raise("p", 1, "heart", "icu", 1);
            Acknowledge("p", 1, Start.AddDays(1).AddMinutes(5));
        }
        var row = _burden.Report()[0];
        Assert.Equal((1, 1, 2.0), (row.Alerts, row.Acknowledged, row.PatientDays));
    }

    [Fact]
    public void Nothing_makes_an_empty_report() => Assert.Empty(_burden.Report());

    private void Lies(string patient, string encounter, int version, string unit, double from, double? until)
    {
        var placed = new Placed { Unit = unit, From = Start.AddDays(from), Until = until is { } days ? Start.AddDays(days) : null };
        var stored = Stored("Encounter/" + encounter, version);
        Add(patient, stored with { Body = stored.Body with { Findings = [placed] } });
    }

    private void Raise(string patient, int alert, string rule, string? unit, double day) => Add(patient, new AlertRaised
    {
        Alert = alert, Number = alert, At = Start.AddDays(day), Rule = rule, Severity = Severity.Urgent, Unit = unit,
        Reason = new AlertReason { RuleVersion = 1, Publication = "ours", AssessedAt = Start.AddDays(day) },
    });

    private void Acknowledge(string patient, int alert, DateTimeOffset at) => Add(patient, new AlertAcknowledged
    {
        Alert = alert, Number = 0, At = at, Rule = "heart", Severity = Severity.Urgent, By = "dr-grey",
    });

    private void Add(string patient, Event happened) => _burden.Add(patient, happened);
}

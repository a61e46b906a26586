using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>The part of <see cref="Vocabulary"/> that speaks of findings, alerts and feeds.</summary>
internal static class AlertVocabulary
{
    private static readonly ResourceKey A = new("Observation", "a");

    public static Event[] Events { get; } =
    [
        Stored("Observation/a", 3) with { Body = Body() with { Findings = Findings } },
        new AlertRaised
        {
            Alert = 2, Number = 3, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu", Reason = Reason,
            EscalatesAt = At.AddMinutes(15),
        },
        new AlertWorsened
        {
            Alert = 2, Number = 4, At = At, Rule = "news2", Severity = Severity.Critical, Unit = "Location/icu", Reason = Reason,
            EscalatesAt = At.AddMinutes(5),
        },
        new AlertClosed
        {
            Alert = 2, Number = 5, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu", End = AlertEnd.Recovered,
            Reason = Reason,
        },
        new AlertWithdrawn
        {
            Alert = 2, Number = 5, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu", Corrected = A,
            CorrectedVersion = 2,
        },
        new AlertAcknowledged
        {
            Alert = 2, Number = 5, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu", By = "dr-grey",
            Note = "on my way",
        },
        new AlertEscalated
        {
            Alert = 2, Number = 5, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu", Step = 1,
            EscalatesAt = At.AddMinutes(15),
        },
        new AlertSnoozed
        {
            Alert = 2, Number = 5, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu", By = "dr-grey",
            Until = At.AddHours(1), Reason = "in theatre",
        },
        new AlertResumed
        {
            Alert = 2, Number = 6, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu",
            EscalatesAt = At.AddMinutes(15),
        },
        new AlertOverridden
        {
            Alert = 2, Number = 6, At = At, Rule = "news2", Severity = Severity.Urgent, Unit = "Location/icu", By = "dr-grey",
            Reason = "palliative", Until = At.AddHours(8),
        },
    ];

    public static Command[] Commands { get; } =
    [
        new AcknowledgeAlert { Who = Clinician, RequestId = "r", Alert = 2, Note = "on my way" },
        new SnoozeAlert { Who = Clinician, RequestId = "r", Alert = 2, For = TimeSpan.FromHours(1), Reason = "in theatre" },
        new OverrideAlert { Who = Clinician, RequestId = "r", Alert = 2, Reason = "palliative" },
        new ReadAlerts { Who = Clinician, RequestId = "r", WithEnded = true },
        new WakeUp { Who = null },
        new ReleaseFeed
        {
            Who = null,
            Feed = Feed.Alerts,
            Seqs = [3, 5],
            To =
            [
                new FeedDelivery
                {
                    Who = Clinician, RequestId = "r",
                    Filter = new FeedFilter
                    {
                        Patients = ["p"], Units = ["Location/icu"], Rules = ["news2"], MinSeverity = Severity.Warning,
                    },
                },
            ],
        },
    ];

    public static Outcome[] Outcomes { get; } =
    [
        new AlertAnswered(Alert),
        new AlertsReleased([Alert]),
        new FeedReleased(
            [new FeedItem(3, Events[^1]), new FeedItem(5, null)],
            [new DeliveryResult([0], null), new DeliveryResult([], Rule.RoleNotPermitted)]),
        new Woken(),
    ];

    private static ImmutableArray<Finding> Findings =>
    [
        new Measured { Variable = Variable.UrineOutput, Value = 35.5m, At = At, From = At.AddHours(-1), IsPreliminary = true },
        new Given { Drug = Drug.Norepinephrine, At = At, Until = At.AddHours(1), RateMcgPerKgMin = 0.1m, IsRunning = true },
        new Cultured { At = At },
        new Placed { Unit = "Location/icu", From = At, Until = At.AddDays(1) },
        new Born { On = new DateOnly(1950, 2, 3), IsDeceased = true },
        new Doubted { Variable = Variable.Potassium, Doubt = Doubt.WrongUnit, Written = "4.5 mg" },
    ];

    private static AlertReason Reason => new()
    {
        RuleVersion = 1,
        Publication = "RCP 2017",
        AssessedAt = At,
        Score = 7,
        Criteria =
        [
            new MetCriterion
            {
                Name = "respiratory rate >= 25/min", Variable = Variable.RespiratoryRate, Value = 26, Unit = "/min", Points = 3,
                At = At, Key = A, Version = 1,
            },
        ],
        Missing = [Variable.Consciousness],
    };

    private static Alert Alert => new()
    {
        Number = 2, Rule = "news2", Severity = Severity.Urgent, Status = AlertStatus.Withdrawn, Unit = "Location/icu", RaisedAt = At,
        Reason = Reason, ChangedAt = At, AcknowledgedAt = At, AcknowledgedBy = "dr-grey", EscalatesAt = At, Escalations = 1, SnoozedAt = At,
        SnoozedBy = "dr-grey", SnoozedUntil = At, Said = "in theatre", EndedAt = At, EndedBecause = "Observation/a/_history/2",
    };
}

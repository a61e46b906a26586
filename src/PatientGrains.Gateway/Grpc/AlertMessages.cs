using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Feeds;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>Alerts as messages of the contract. SSE sends the same messages as JSON.</summary>
internal static class AlertMessages
{
    public static V1.AlertLine Line(FeedEntry entry)
    {
        if (entry.Happened is null)
        {
            return new V1.AlertLine
            {
                Number = entry.Number,
                PatientId = FeedAsk.PatientOf(entry.Log) ?? entry.Log,
                Unreadable = new() { CursorBefore = entry.CursorBefore },
            };
        }
        var happened = (AlertEvent)entry.Happened;
        var line = new V1.AlertLine
        {
            Number = entry.Number,
            PatientId = FeedAsk.PatientOf(entry.Log) ?? entry.Log,
            PatientNumber = happened.Number,
            Alert = happened.Alert,
            At = At(happened.At),
            Rule = happened.Rule,
            Severity = (V1.Severity)happened.Severity,
        };
        if (happened.Unit is { } unit)
            line.Unit = unit;
        Tell(line, happened);
        return line;
    }

    private static void Tell(V1.AlertLine line, AlertEvent happened)
    {
        switch (happened)
        {
            case AlertRaised raised:
                line.Raised = new() { Reason = Reason(raised.Reason), EscalatesAt = At(raised.EscalatesAt) };
                break;
            case AlertWorsened worsened:
                line.Worsened = new() { Reason = Reason(worsened.Reason), EscalatesAt = At(worsened.EscalatesAt) };
                break;
            case AlertClosed closed:
                line.Closed = new() { End = (V1.AlertEnd)closed.End, Reason = Reason(closed.Reason) };
                break;
            case AlertWithdrawn gone:
                line.Withdrawn = new() { Type = gone.Corrected.Type, Id = gone.Corrected.Id, Version = gone.CorrectedVersion };
                break;
            case AlertAcknowledged taken:
                line.Acknowledged = new() { By = taken.By };
                if (taken.Note is { } note)
                    line.Acknowledged.Note = note;
                break;
            case AlertEscalated escalated:
                line.Escalated = new() { Step = escalated.Step, EscalatesAt = At(escalated.EscalatesAt) };
                break;
            case AlertSnoozed snoozed:
                line.Snoozed = new() { By = snoozed.By, Until = At(snoozed.Until), Reason = snoozed.Reason };
                break;
            case AlertResumed resumed:
                line.Resumed = new() { EscalatesAt = At(resumed.EscalatesAt) };
                break;
            case AlertOverridden overridden:
                line.Overridden = new() { By = overridden.By, Reason = overridden.Reason, Until = At(overridden.Until) };
                break;
            default:
                throw new InvalidOperationException($"{happened.GetType().Name} has no message in the contract.");
        }
    }

    public static V1.AlertState State(string patient, Alert alert)
    {
        var state = new V1.AlertState
        {
            PatientId = patient,
            Alert = alert.Number,
            Rule = alert.Rule,
            Severity = (V1.Severity)alert.Severity,
            Status = (V1.AlertStatus)alert.Status,
            RaisedAt = At(alert.RaisedAt),
            Reason = Reason(alert.Reason),
            AcknowledgedAt = At(alert.AcknowledgedAt),
            EscalatesAt = At(alert.EscalatesAt),
            Escalations = alert.Escalations,
            SnoozedUntil = At(alert.SnoozedUntil),
            EndedAt = At(alert.EndedAt),
        };
        if (alert.Unit is { } unit)
            state.Unit = unit;
        if (alert.AcknowledgedBy is { } by)
            state.AcknowledgedBy = by;
        if (alert.EndedBecause is { } because)
            state.EndedBecause = because;
        return state;
    }

    private static V1.AlertReason Reason(AlertReason reason)
    {
        var message = new V1.AlertReason
        {
            RuleVersion = reason.RuleVersion,
            Publication = reason.Publication,
            AssessedAt = At(reason.AssessedAt),
            Criteria = { reason.Criteria.Select(Criterion) },
            Missing = { reason.Missing.Select(variable => variable.ToString()) },
        };
        if (reason.Score is { } score)
            message.Score = score.ToString(CultureInfo.InvariantCulture);
        return message;
    }

    private static V1.AlertCriterion Criterion(MetCriterion met)
    {
        var message = new V1.AlertCriterion
        {
            Name = met.Name,
            At = At(met.At),
            Type = met.Key.Type,
            Id = met.Key.Id,
            Version = met.Version,
        };
        if (met.Variable is { } variable)
            message.Variable = variable.ToString();
        if (met.Value is { } value)
            message.Value = value.ToString(CultureInfo.InvariantCulture);
        if (met.Unit is { } unit)
            message.Unit = unit;
        if (met.Points is { } points)
            message.Points = points;
        return message;
    }

    private static Timestamp At(DateTimeOffset at) => Timestamp.FromDateTimeOffset(at);

    private static Timestamp? At(DateTimeOffset? at) => at is { } known ? At(known) : null;
}

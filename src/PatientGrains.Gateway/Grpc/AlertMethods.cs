using Google.Protobuf.Reflection;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Grpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>A human's answers to alerts, and the alerts of a patient.</summary>
internal sealed class AlertMethods(GrpcLogin logins, Entrance entrance, RecordDoor records, AccessNotes notes)
{
    private const int MaxTextChars = 500;

    public IEnumerable<GrpcMethod> All()
    {
        var service = V1.AlertsReflection.Descriptor.FindTypeByName<ServiceDescriptor>("AlertService");
        yield return GrpcMethod.Unary<V1.AcknowledgeAlertRequest, V1.AlertState>(service.FindMethodByName("AcknowledgeAlert"), Acknowledge);
        yield return GrpcMethod.Unary<V1.SnoozeAlertRequest, V1.AlertState>(service.FindMethodByName("SnoozeAlert"), Snooze);
        yield return GrpcMethod.Unary<V1.OverrideAlertRequest, V1.AlertState>(service.FindMethodByName("OverrideAlert"), Override);
        yield return GrpcMethod.Unary<V1.ListAlertsRequest, V1.ListAlertsResponse>(service.FindMethodByName("ListAlerts"), List);
    }

    private async Task<V1.AlertState> Acknowledge(V1.AcknowledgeAlertRequest request, GrpcCall call)
    {
        var caller = await logins.Open(call);
        string? note = request.HasNote ? request.Note : null;
        Check("note", note ?? "");
        return await Answer(request.PatientId, caller, call, new AcknowledgeAlert
        {
            Who = caller.Who, RequestId = caller.RequestId, Alert = request.Alert, Note = note,
        });
    }

    private async Task<V1.AlertState> Snooze(V1.SnoozeAlertRequest request, GrpcCall call)
    {
        var caller = await logins.Open(call);
        Check("reason", request.Reason);
        var time = DurationOf(request.Duration);
        return await Answer(request.PatientId, caller, call, new SnoozeAlert
        {
            Who = caller.Who, RequestId = caller.RequestId, Alert = request.Alert, For = time, Reason = request.Reason,
        });
    }

    private async Task<V1.AlertState> Override(V1.OverrideAlertRequest request, GrpcCall call)
    {
        var caller = await logins.Open(call);
        Check("reason", request.Reason);
        return await Answer(request.PatientId, caller, call, new OverrideAlert
        {
            Who = caller.Who, RequestId = caller.RequestId, Alert = request.Alert, Reason = request.Reason,
        });
    }

    private async Task<V1.ListAlertsResponse> List(V1.ListAlertsRequest request, GrpcCall call)
    {
        var caller = await logins.Open(call);
        var command = new ReadAlerts { Who = caller.Who, RequestId = caller.RequestId, WithEnded = request.WithEnded };
        return await Ask(request.PatientId, caller, call, command, AccessKind.ReceiveAlerts) is AlertsReleased released
            ? new V1.ListAlertsResponse { Alerts = { released.Alerts.Select(alert => AlertMessages.State(request.PatientId, alert)) } }
            : throw new InvalidOperationException("Alerts were answered with something else.");
    }

    private async Task<V1.AlertState> Answer(string patient, Caller caller, GrpcCall call, AnswerAlert answer) =>
        await Ask(patient, caller, call, answer, AccessKind.AnswerAlerts) is AlertAnswered answered
            ? AlertMessages.State(patient, answered.Alert)
            : throw new InvalidOperationException("An answer to an alert was answered with something else.");

    /// <exception cref="GrpcException">It was refused.</exception>
    private async Task<Outcome> Ask(string patient, Caller caller, GrpcCall call, Command command, AccessKind kind)
    {
        using var visit = entrance.Visit(Lane.Alerts, caller.Who.Source, isStream: false, call.Token);
        if (!await visit.Enter(0))
            throw StatusTable.Busy();
        var key = new ResourceKey("Patient", patient);
        if (!References.IsId(patient))
            throw StatusTable.BadField("patient_id", "The id is no R4 id: 1 to 64 letters, digits, '-' and '.'.");
        if (await records.Holding(key) is { } record)
        {
            var outcome = await record.Ask(command);
            return outcome is Refused refused ? throw StatusTable.Of(refused) : outcome;
        }
        // No record logs what nobody holds; who may not ask does not hear whether it exists.
        var rule = AccessPolicy.RefusalFor(caller.Who, kind) ?? Rule.ResourceUnknown;
        await notes.Note(caller.Who, caller.RequestId, "operation", $"alerts of {key}", rule.ToString());
        throw StatusTable.Of(new Refused(rule, key));
    }

    private static void Check(string field, string text)
    {
        if (text.Length > MaxTextChars)
            throw StatusTable.BadField(field, FormattableString.Invariant($"At most {MaxTextChars} characters."));
    }

    private static TimeSpan DurationOf(Google.Protobuf.WellKnownTypes.Duration? duration)
    {
        try
        {
            return duration?.ToTimeSpan() ?? TimeSpan.Zero;
        }
        catch (InvalidOperationException)
        {
            throw StatusTable.BadField("duration", "The duration is out of range.");
        }
    }
}

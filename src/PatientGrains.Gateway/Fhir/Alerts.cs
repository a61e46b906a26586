using System.Globalization;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// Operations of our own on a patient's alerts: <c>Patient/[id]/$alerts</c> reads them, <c>$acknowledge-alert</c>, <c>$snooze-alert</c> and
/// <c>$override-alert</c> answer one. They are not among the stored resources: no version of theirs is anybody's statement.
/// </summary>
internal sealed class Alerts(RecordDoor records, AlertWriter writer, GatewayOptions options)
{
    /// <summary>The open alerts, with <c>ended=true</c> those that ended too: a searchset of DetectedIssue, Flag and Provenance.</summary>
    public async Task<Answer> Read(FhirCall sent)
    {
        var (call, badBody) = await Forms.WithParameters(sent, options);
        if (badBody is not null)
            return badBody;
        if (Queries.Unknown(call, "ended") is { } unknown)
            return unknown;
        string ended = call.Query.First("ended") ?? "false";
        if (ended is not ("true" or "false"))
            return Wrong("ended", "true or false");
        if (await Holding(call) is not { } record)
            return RecordDoor.Unknown(call, AccessKind.ReceiveAlerts);
        var read = new ReadAlerts { Who = call.Who, RequestId = call.RequestId, WithEnded = ended == "true" };
        return await RecordDoor.Ask(record, read, call) switch
        {
            AlertsReleased released => Show(call, released),
            Refused refused => Fhir.Answer.Of(refused),
            var other => throw new InvalidOperationException($"Alerts were answered with {other.GetType().Name}."),
        };
    }

    /// <summary>Parameters: <c>alert</c>, its number, and optionally <c>note</c>.</summary>
    public Task<Answer> Acknowledge(FhirCall call) => Answer(call, ["note"], (asked, alert) => (new AcknowledgeAlert
    {
        Who = asked.Who, RequestId = asked.RequestId, Alert = alert, Note = asked.Query.First("note"),
    }, null));

    /// <summary>Parameters: <c>alert</c>, <c>minutes</c> and <c>reason</c>.</summary>
    public Task<Answer> Snooze(FhirCall call) => Answer(call, ["minutes", "reason"], (asked, alert) =>
        Number(asked, "minutes") is { } minutes
            ? (new SnoozeAlert
            {
                Who = asked.Who, RequestId = asked.RequestId, Alert = alert, For = TimeSpan.FromMinutes(minutes), Reason = Reason(asked),
            }, null)
            : (null, Wrong("minutes", "a positive whole number")));

    /// <summary>Parameters: <c>alert</c> and <c>reason</c>.</summary>
    public Task<Answer> Override(FhirCall call) => Answer(call, ["reason"], (asked, alert) => (new OverrideAlert
    {
        Who = asked.Who, RequestId = asked.RequestId, Alert = alert, Reason = Reason(asked),
    }, null));

    private async Task<Answer> Answer(
        FhirCall sent, string[] parameters, Func<FhirCall, int, (AnswerAlert? Command, Answer? Problem)> understand)
    {
        var (call, badBody) = await Forms.WithParameters(sent, options);
        if (badBody is not null)
            return badBody;
        if (Queries.Unknown(call, ["alert", .. parameters]) is { } unknown)
            return unknown;
        if (Number(call, "alert") is not { } alert)
            return Wrong("alert", "the number of an alert");
        var (command, problem) = understand(call, alert);
        if (problem is not null)
            return problem;
        if (await Holding(call) is not { } record)
            return RecordDoor.Unknown(call, AccessKind.AnswerAlerts);
        return await RecordDoor.Ask(record, command!, call) switch
        {
            AlertAnswered answered => new Answer(200) { Body = writer.Issue(Patient(call), answered.Alert) },
            Refused refused => Fhir.Answer.Of(refused),
            var other => throw new InvalidOperationException($"An alert was answered with {other.GetType().Name}."),
        };
    }

    private Answer Show(FhirCall call, AlertsReleased released)
    {
        // The total counts resources, as entries with the search mode match do (R4 Bundle.total).
        var bundle = new BundleWriter("searchset", released.Alerts.Length * 3, new BundleLink("self", $"{call.BaseUrl}/{call.Asked}"));
        var patient = Patient(call);
        foreach (var alert in released.Alerts)
        {
            bundle.Match(AlertWriter.UrnOf(patient, alert.Number, "DetectedIssue"), writer.Issue(patient, alert).Span);
            bundle.Match(AlertWriter.UrnOf(patient, alert.Number, "Flag"), writer.Flag(patient, alert).Span);
            bundle.Match(AlertWriter.UrnOf(patient, alert.Number, "Provenance"), writer.Provenance(patient, alert).Span);
        }
        return new Answer(200) { Body = bundle.Finish() };
    }

    private async Task<Contracts.IRecordGrain?> Holding(FhirCall call) =>
        References.IsId(call.Path[1]) ? await records.Holding(Patient(call)) : null;

    private static ResourceKey Patient(FhirCall call) => new("Patient", call.Path[1]);

    private static string Reason(FhirCall call) => call.Query.First("reason") ?? "";

    private static int? Number(FhirCall call, string name) =>
        int.TryParse(call.Query.First(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : null;

    private static Answer Wrong(string name, string what) => Fhir.Answer.Problem(400, "value", $"The value of '{name}' must be {what}.");
}

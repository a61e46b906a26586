using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// <c>AuditEvent?patient=</c>: who accessed a patient's record, newest first, for privacy officers. Looking is logged in the same log
/// before it is answered.
/// </summary>
internal sealed class AuditEventSearch(RecordDoor records, AuditEventWriter events, GatewayOptions options)
{
    public async Task<Answer> Answer(FhirCall sent)
    {
        var (call, badForm) = await Forms.WithForm(sent, options);
        if (badForm is not null)
            return badForm;
        if (Queries.Unknown(call, "patient", "_count", Cursor.Parameter) is { } unknown)
            return unknown;
        if (Pages.Parse(call, options.DefaultPageSize, options.MaxPageSize, out var page) is { } bad)
            return bad;
        if (call.Query.All.Count(parameter => parameter.Name == "patient") != 1)
            return Fhir.Answer.Problem(403, "too-costly",
                "Access logs are shown of one patient at a time: AuditEvent?patient=Patient/[id].");
        string reference = References.Relative(call.Query.First("patient")!, call.BaseUrl);
        string id = reference.StartsWith("Patient/", StringComparison.Ordinal) ? reference["Patient/".Length..] : reference;
        if (!References.IsId(id))
            return Fhir.Answer.Problem(400, "value", "The value of 'patient' must be a reference to one patient.");
        var key = new ResourceKey("Patient", id);
        if (await records.Holding(key) is not { } record)
        {
            var nobody = RecordDoor.Unknown(call, AccessKind.ReadAccessLog);
            return nobody.Status == 404 ? Show(call, key, page, [], 0) : nobody;
        }
        var command = new ReadAccessLog
        {
            Who = call.Who,
            RequestId = call.RequestId,
            BeforeSeq = page.Cursor.BeforeSeq > 0 ? page.Cursor.BeforeSeq : null,
            Skip = page.Cursor.Skip,
            // One more than shown tells whether there is a next page.
            Count = page.Count + 1,
        };
        return await RecordDoor.Ask(record, command, call) switch
        {
            AccessLogReleased released => Show(call, key, page, released.Entries, released.BeforeSeq),
            Refused refused => Fhir.Answer.Of(refused),
            var other => throw new InvalidOperationException($"An access log was answered with {other.GetType().Name}."),
        };
    }

    private Answer Show(FhirCall call, ResourceKey patient, Paging page, IReadOnlyList<AccessEntry> entries, long beforeSeq)
    {
        int shown = Math.Min(entries.Count, page.Count);
        Cursor? next = shown > 0 && entries.Count > shown ? new Cursor(page.Cursor.Skip + shown, beforeSeq) : null;
        var parameters = call.Query.All.Where(parameter => parameter.Name != Cursor.Parameter);
        // How many there are in all is not counted: the log would have to be read to its beginning.
        var bundle = new BundleWriter("searchset", null, Pages.Links(call, parameters, page.Cursor, next));
        for (int i = 0; i < shown; i++)
            bundle.Match($"{call.BaseUrl}/AuditEvent/{entries[i].Id}", events.Write(entries[i], patient).Span);
        return new Answer(200) { Body = bundle.Finish() };
    }
}

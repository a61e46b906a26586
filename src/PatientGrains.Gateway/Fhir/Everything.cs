using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// <c>Patient/[id]/$everything</c> (R4 operation-patient-everything): the whole record, page by page. What the record refers to outside of
/// it (practitioners, organisations)
/// is read by its reference; R4 leaves it to the server. <c>start</c> and <c>end</c> are refused: a date of care means something else in
/// each type.
/// </summary>
internal sealed class Everything(RecordDoor records, ResourceWriter resources, GatewayOptions options)
{
    public async Task<Answer> Answer(FhirCall sent)
    {
        var (call, badBody) = await Forms.WithParameters(sent, options);
        if (badBody is not null)
            return badBody;
        if (Queries.Unknown(call, "_count", "_since", "_type", Cursor.Parameter) is { } unknown)
            return unknown;
        if (Pages.Parse(call, options.MaxEverythingPageSize, options.MaxEverythingPageSize, out var page) is { } bad)
            return bad;
        if (Pages.Since(call, out var since) is { } badSince)
            return badSince;
        var typeParameters = call.Query.All.Where(parameter => parameter.Name == "_type");
        string[] types = [.. typeParameters.SelectMany(parameter => parameter.Value.Split(','))];
        if (types.Any(type => !FhirTypes.IsResourceType(type)))
            return Fhir.Answer.Problem(400, "value", "The values of '_type' must be resource types of R4.");
        var key = new ResourceKey("Patient", call.Path[1]);
        var question = new SearchRecord
        {
            Who = call.Who,
            RequestId = call.RequestId,
            Types = [.. types],
            Criteria = since is { } from ? [Since(from)] : [],
            Skip = page.Cursor.Skip,
            Count = page.Count,
            Asked = call.Asked,
            Interaction = "operation",
        };
        return (References.IsId(key.Id) ? await records.AskHolder(key, question, call) : null) switch
        {
            null => RecordDoor.Unknown(call, AccessKind.ReadRecord),
            Released released => Show(call, page, released),
            Refused refused => Fhir.Answer.Of(refused),
            var other => throw new InvalidOperationException($"An operation was answered with {other.GetType().Name}."),
        };
    }

    private static LastUpdatedCriterion Since(DateTimeOffset from) =>
        new([new DateValue(DateComparison.GreaterOrEqual, from.UtcTicks, from.UtcTicks + 1)]);

    private Answer Show(FhirCall call, Paging page, Released released)
    {
        int shown = page.Cursor.Skip + released.Versions.Length;
        bool isMore = !released.Versions.IsEmpty && shown < released.Total;
        var bundle = new BundleWriter("searchset", released.Total, Pages.Links(call, page, isMore ? shown : null));
        foreach (var version in released.Versions)
            bundle.Match($"{call.BaseUrl}/{version.Key}", version, resources);
        return new Answer(200) { Body = bundle.Finish() };
    }
}

using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>history-instance (R4 3.1.0.12): the versions of a resource, newest first, deletions among them.</summary>
internal sealed class History(RecordDoor records, ResourceWriter resources, GatewayOptions options)
{
    public async Task<Answer> Answer(FhirCall call)
    {
        var key = new ResourceKey(call.Path[0], call.Path[1]);
        if (Queries.Unknown(call, "_count", "_since", Cursor.Parameter) is { } unknown)
            return unknown;
        if (Pages.Parse(call, options.DefaultPageSize, options.MaxPageSize, out var page) is { } bad)
            return bad;
        if (Pages.Since(call, out var since) is { } badSince)
            return badSince;
        if (!References.IsId(key.Id) || await records.Holding(key) is not { } record)
            return RecordDoor.Unknown(call, AccessKind.ReadRecord);
        var command = new ReadHistory
        {
            Who = call.Who,
            RequestId = call.RequestId,
            Key = key,
            Skip = page.Cursor.Skip,
            // One more than shown: it tells whether a version brought a deleted resource back.
            Count = page.Count == 0 ? 0 : page.Count + 1,
        };
        return await RecordDoor.Ask(record, command, call) switch
        {
            Released released => Show(call, key, page, since, released),
            Refused refused => Fhir.Answer.Of(refused),
            var other => throw new InvalidOperationException($"A history was answered with {other.GetType().Name}."),
        };
    }

    private Answer Show(FhirCall call, ResourceKey key, Paging page, DateTimeOffset? since, Released released)
    {
        var versions = released.Versions;
        int shown = Math.Min(page.Count, versions.Length);
        int recent = since is { } from ? versions.TakeWhile(version => version.At >= from).Count() : shown;
        // With _since the total is known only once the first older version is seen, or the end.
        int? total = since is null ? released.Total : recent < versions.Length ? page.Cursor.Skip + recent : null;
        if (since is not null && total is null && page.Cursor.Skip + versions.Length >= released.Total)
            total = released.Total;
        shown = Math.Min(shown, recent);
        bool isMore = shown > 0 && page.Cursor.Skip + shown < (total ?? released.Total);
        var bundle = new BundleWriter("history", total, Pages.Links(call, page, isMore ? page.Cursor.Skip + shown : null));
        string fullUrl = $"{call.BaseUrl}/{key}";
        for (int i = 0; i < shown; i++)
            bundle.Version(fullUrl, versions[i], IsMaking(versions, i), resources);
        return new Answer(200) { Body = bundle.Finish() };
    }

    private static bool IsMaking(ImmutableArray<StoredVersion> versions, int at) =>
        versions[at].Version == 1 || (at + 1 < versions.Length && versions[at + 1].Deleted);
}

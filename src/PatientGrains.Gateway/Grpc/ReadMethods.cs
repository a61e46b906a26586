using System.Collections.Immutable;
using Google.Protobuf.Reflection;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Grpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>
/// Reading: each page of a stream is a question of its own to the record, with an access entry that is durable before it leaves.
/// </summary>
internal sealed class ReadMethods(
    GrpcLogin logins, Entrance entrance, RecordDoor records, Search search, ResourceWriter resources, AccessNotes notes,
    GatewayOptions options)
{
    public IEnumerable<GrpcMethod> All()
    {
        var service = V1.RecordsReflection.Descriptor.FindTypeByName<ServiceDescriptor>("RecordService");
        yield return GrpcMethod.Unary<V1.ReadRequest, V1.ResourceVersion>(service.FindMethodByName("Read"), Read);
        yield return GrpcMethod.ServerStreaming<V1.HistoryRequest, V1.ResourceVersion>(service.FindMethodByName("History"), History);
        yield return GrpcMethod.ServerStreaming<V1.EverythingRequest, V1.ResourceVersion>(
            service.FindMethodByName("Everything"), Everything);
        yield return GrpcMethod.ServerStreaming<V1.SearchRequest, V1.ResourceVersion>(service.FindMethodByName("Search"), Find);
        yield return GrpcMethod.ServerStreaming<V1.AccessLogRequest, V1.AccessEntry>(service.FindMethodByName("AccessLog"), AccessLog);
    }

    private async Task<V1.ResourceVersion> Read(V1.ReadRequest request, GrpcCall grpc)
    {
        V1.ResourceVersion? found = null;
        var key = new ResourceKey(request.Type, request.Id);
        await Logged(grpc, request.HasVersion ? "vread" : "read", key.ToString(), async call =>
        {
            Command command = request.HasVersion
                ? new ReadVersion { Who = call.Who, RequestId = call.RequestId, Key = key, Version = request.Version }
                : new ReadResource { Who = call.Who, RequestId = call.RequestId, Key = key };
            Check(key);
            var released = Expect<Released>(
                await records.AskHolder(key, command, call) ?? Unknown(call, key, AccessKind.ReadRecord), command);
            found = RecordMessages.Version(released.Versions[0], resources);
        });
        return found!;
    }

    private Task History(V1.HistoryRequest request, GrpcResponses<V1.ResourceVersion> to, GrpcCall grpc)
    {
        var key = new ResourceKey(request.Type, request.Id);
        return Logged(grpc, "history-instance", $"{key}/_history", async call =>
        {
            var record = await Holding(call, key, AccessKind.ReadRecord);
            await Pages(LimitOf(request.HasLimit, request.Limit), options.MaxPageSize, async (skip, count) =>
            {
                var command = new ReadHistory { Who = call.Who, RequestId = call.RequestId, Key = key, Skip = skip, Count = count };
                var released = await Ask<Released>(record, command, call);
                await Send(to, released.Versions);
                return (released.Versions.Length, released.Total);
            });
        });
    }

    private Task Everything(V1.EverythingRequest request, GrpcResponses<V1.ResourceVersion> to, GrpcCall grpc)
    {
        var key = new ResourceKey("Patient", request.PatientId);
        string asked = $"{key}/$everything";
        return Logged(grpc, "operation", asked, async call =>
        {
            if (request.Types_.FirstOrDefault(type => !FhirTypes.IsResourceType(type)) is not null)
                throw StatusTable.BadField("types", "The types must be resource types of R4.");
            var record = await Holding(call, key, AccessKind.ReadRecord);
            await Pages(int.MaxValue, options.MaxEverythingPageSize, async (skip, count) =>
            {
                var released = await Ask<Released>(record, new SearchRecord
                {
                    Who = call.Who, RequestId = call.RequestId, Types = [.. request.Types_], Skip = skip, Count = count, Asked = asked,
                    Interaction = "operation",
                }, call);
                await Send(to, released.Versions);
                return (released.Versions.Length, released.Total);
            });
        });
    }

    private Task Find(V1.SearchRequest request, GrpcResponses<V1.ResourceVersion> to, GrpcCall grpc) =>
        Logged(grpc, "search-type", Parameters.Shown(request.Type), async call =>
        {
            if (!FhirTypes.IsResourceType(request.Type))
                throw StatusTable.BadField("type", "The type must be a resource type of R4.");
            if (request.Query.Length > options.MaxSearchChars)
                throw StatusTable.BadField("query", "The query is too long.");
            var asked = call with { Path = [request.Type], Query = Parameters.Parse(request.Query) };
            if (SearchParser.Parse(request.Type, null, asked, options, out var understood) is { } problem)
                throw StatusTable.Of(problem);
            await Pages(LimitOf(request.HasLimit, request.Limit), options.MaxPageSize, async (skip, count) =>
            {
                var (matches, total, refused) = await search.Find(asked, understood with { Page = new Paging(count, new Cursor(skip)) });
                if (refused is not null)
                    throw StatusTable.Of(refused);
                await Send(to, matches);
                return (matches.Length, total);
            });
        });

    private Task AccessLog(V1.AccessLogRequest request, GrpcResponses<V1.AccessEntry> to, GrpcCall grpc)
    {
        var key = new ResourceKey("Patient", request.PatientId);
        return Logged(grpc, "search-type", "AuditEvent", async call =>
        {
            var record = await Holding(call, key, AccessKind.ReadAccessLog);
            long? before = null;
            await Pages(LimitOf(request.HasLimit, request.Limit), options.MaxPageSize, async (skip, count) =>
            {
                var released = await Ask<AccessLogReleased>(record, new ReadAccessLog
                {
                    Who = call.Who, RequestId = call.RequestId, BeforeSeq = before, Skip = skip, Count = count,
                }, call);
                before = released.BeforeSeq;
                foreach (var entry in released.Entries)
                    to.Add(RecordMessages.Entry(entry));
                await to.Flush();
                // How many there are is not counted; a page that is not full is the last.
                return (released.Entries.Length, released.Entries.Length < count ? 0 : int.MaxValue);
            });
        });
    }

    /// <summary>Page by page until the limit or the end.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="most">How many on a page.</param>
    /// <param name="page">Sends those behind so many, at most so many; says how many it sent, and how many there are.</param>
    private static async Task Pages(int limit, int most, Func<int, int, Task<(int Sent, int Total)>> page)
    {
        int sent = 0;
        while (sent < limit)
        {
            var (more, total) = await page(sent, Math.Min(most, limit - sent));
            sent += more;
            if (more == 0 || sent >= total)
                return;
        }
    }

    private async Task Send(GrpcResponses<V1.ResourceVersion> to, ImmutableArray<StoredVersion> versions)
    {
        const int Together = 64;
        for (int i = 0; i < versions.Length; i++)
        {
            to.Add(RecordMessages.Version(versions[i], resources));
            if (i % Together == Together - 1)
                await to.Flush();
        }
        await to.Flush();
    }

    private async Task<PatientGrains.Contracts.IRecordGrain> Holding(FhirCall call, ResourceKey key, AccessKind kind)
    {
        Check(key);
        return await records.Holding(key) ?? throw StatusTable.Of(Unknown(call, key, kind));
    }

    private static void Check(ResourceKey key)
    {
        if (!FhirTypes.IsResourceType(key.Type))
            throw StatusTable.BadField("type", "The type must be a resource type of R4.");
        if (!References.IsId(key.Id))
            throw StatusTable.BadField("id", "The id is no R4 id: 1 to 64 letters, digits, '-' and '.'.");
    }

    private static Refused Unknown(FhirCall call, ResourceKey key, AccessKind kind) =>
        new(AccessPolicy.RefusalFor(call.Who, kind) ?? Rule.ResourceUnknown, key);

    private static async Task<T> Ask<T>(PatientGrains.Contracts.IRecordGrain record, Command command, FhirCall call)
        where T : Outcome => Expect<T>(await RecordDoor.Ask(record, command, call), command);

    private static T Expect<T>(Outcome outcome, Command command)
        where T : Outcome => outcome switch
    {
        T wanted => wanted,
        Refused refused => throw StatusTable.Of(refused),
        var other => throw new InvalidOperationException($"{command.GetType().Name} was answered with {other.GetType().Name}."),
    };

    /// <summary>What no record logged is noted before its answer, or its refusal, leaves.</summary>
    private async Task Logged(GrpcCall grpc, string interaction, string asked, Func<FhirCall, Task> run)
    {
        var caller = await logins.Open(grpc);
        using var visit = entrance.Visit(Lane.Reads, caller.Who.Source, isStream: false, grpc.Token);
        if (!await visit.Enter(0, UnitsOf(interaction)))
            throw StatusTable.Busy();
        var call = caller.Asks(options.BaseUrl ?? "about:blank", [], Parameters.None);
        GrpcException? refused = null;
        try
        {
            await run(call);
        }
        catch (GrpcException failure)
        {
            refused = failure;
        }
        string? reason = refused?.Find<PatientGrains.Grpc.Rpc.ErrorInfo>()?.Reason;
        if (!call.IsLogged && reason != nameof(Rule.Busy))
            await notes.Note(caller.Who, caller.RequestId, interaction, asked, reason);
        if (refused is not null)
            throw refused;
    }

    private static int UnitsOf(string interaction) => interaction switch
    {
        "read" or "vread" => 1,
        "operation" => Route.WholeUnits,
        _ => Route.PageUnits,
    };

    private static int LimitOf(bool isSet, int limit) =>
        !isSet ? int.MaxValue : limit >= 0 ? limit : throw StatusTable.BadField("limit", "The limit must not be negative.");
}

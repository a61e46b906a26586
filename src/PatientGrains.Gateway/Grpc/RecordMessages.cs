using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Gateway.Fhir;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>Versions, results and access entries as messages of the contract.</summary>
internal static class RecordMessages
{
    public static V1.ResourceVersion Version(StoredVersion version, ResourceWriter resources) => new()
    {
        Type = version.Key.Type,
        Id = version.Key.Id,
        Version = version.Version,
        At = Timestamp.FromDateTimeOffset(version.At),
        Source = version.Source,
        Deleted = version.Deleted,
        // What was just written for this message belongs to nobody else.
        Body = version.Deleted ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(resources.Body(version)),
    };

    public static V1.ChangeResult Result(ChangeResult result) => new()
    {
        Type = result.Key.Type,
        Id = result.Key.Id,
        Version = result.Version,
        Effect = (V1.ChangeEffect)result.Effect,
        At = result.Version > 0 ? Timestamp.FromDateTimeOffset(result.At) : null,
    };

    public static V1.AccessEntry Entry(AccessEntry entry)
    {
        var message = new V1.AccessEntry
        {
            Id = entry.Id,
            At = Timestamp.FromDateTimeOffset(entry.At),
            Interaction = entry.Interaction,
            Asked = entry.Asked,
            Versions = { entry.Versions.Select(one => new V1.VersionName { Type = one.Key.Type, Id = one.Key.Id, Version = one.Version }) },
        };
        if (entry.Who is { } who)
        {
            message.Subject = who.Subject;
            message.Purpose = who.Purpose;
            message.Source = who.Source;
            message.Roles.AddRange(who.Roles.Select(role => role.ToString()));
        }
        if (entry.RefusedBy is { } rule)
            message.RefusedBy = rule;
        if (entry.RequestId is { } request)
            message.RequestId = request;
        return message;
    }

    public static V1.QualityLine Quality(FeedEntry entry)
    {
        var stored = (ResourceStored)entry.Happened!;
        return new V1.QualityLine
        {
            PatientId = FeedAsk.PatientOf(entry.Log) ?? "",
            Type = stored.Key.Type,
            Id = stored.Key.Id,
            Version = stored.Version,
            Source = stored.Source,
            At = Timestamp.FromDateTimeOffset(stored.At),
            Doubts = { stored.Body.Findings.OfType<Doubted>().Select(Doubt) },
        };
    }

    public static V1.SecurityLine Security(FeedEntry entry)
    {
        var line = new V1.SecurityLine { Entry = Entry(((AccessRecorded)entry.Happened!).Entry) };
        if (FeedAsk.PatientOf(entry.Log) is { } patient)
            line.PatientId = patient;
        return line;
    }

    public static V1.UnreadableLine Unreadable(FeedEntry entry)
    {
        var line = new V1.UnreadableLine { CursorBefore = entry.CursorBefore };
        if (FeedAsk.PatientOf(entry.Log) is { } patient)
            line.PatientId = patient;
        return line;
    }

    private static V1.QualityDoubt Doubt(Doubted doubted)
    {
        var message = new V1.QualityDoubt { Variable = doubted.Variable.ToString(), Doubt = doubted.Doubt.ToString() };
        if (doubted.Written is { } written)
            message.Written = written;
        return message;
    }
}

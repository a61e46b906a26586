using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;
using PatientGrains.Grpc.Rpc;

namespace PatientGrains.Gateway.Grpc;

/// <summary>
/// The one table from refusals to gRPC statuses; tests walk every enum. Reasons are names of rules; words never hold anything of the
/// request.
/// </summary>
internal static class StatusTable
{
    public const string Domain = "patientgrains";

    /// <summary>Violations that one status names: trailers have room for a few kilobytes.</summary>
    private const int MaxViolations = 20;

    /// <summary>The code of a rule, and words where those of HTTP speak of headers.</summary>
    public static (GrpcCode Code, string? Words) CodeOf(Rule rule) => rule switch
    {
        Rule.ResourceUnknown or Rule.ResourceDeleted or Rule.VersionUnknown or Rule.AlertUnknown => (GrpcCode.NotFound, null),
        Rule.VersionStale => (GrpcCode.Aborted,
            "Another version than if_version is current; read the resource again and apply the change to that."),
        Rule.ConditionAmbiguous => (GrpcCode.FailedPrecondition, "if_none_exist matches several resources; it is not selective enough."),
        Rule.ConditionIdTaken => (GrpcCode.Aborted, null),
        Rule.MessageIdReused => (GrpcCode.AlreadyExists,
            "The same message_id came before with other content. Use a new one for new content."),
        Rule.ResourceExists => (GrpcCode.AlreadyExists, null),
        Rule.ChangedTwice => (GrpcCode.InvalidArgument, null),
        Rule.BelongsElsewhere or Rule.RecordFull or Rule.AlertEnded or Rule.AnswerNotAllowed => (GrpcCode.FailedPrecondition, null),
        Rule.RoleNotPermitted or Rule.PurposeNotPermitted => (GrpcCode.PermissionDenied, null),
        Rule.RequesterUnknown => (GrpcCode.Unauthenticated, null),
        Rule.Busy or Rule.StorageFull => (GrpcCode.ResourceExhausted, null),
        Rule.Interrupted => (GrpcCode.Unavailable,
            "The request was interrupted before it was acknowledged. Try again with the same message_id."),
        _ => throw new InvalidOperationException($"{rule} has no status in the table."),
    };

    public static GrpcCode CodeOf(RejectionKind kind) => kind switch
    {
        RejectionKind.Malformed or RejectionKind.Invalid or RejectionKind.TooLarge => GrpcCode.InvalidArgument,
        RejectionKind.Unsupported => GrpcCode.Unimplemented,
        RejectionKind.Unresolved or RejectionKind.Ambiguous or RejectionKind.PreconditionFailed => GrpcCode.FailedPrecondition,
        RejectionKind.Contended => GrpcCode.Aborted,
        _ => throw new InvalidOperationException($"{kind} has no status in the table."),
    };

    public static GrpcCode CodeOf(FeedProblem problem) => problem switch
    {
        FeedProblem.TooManySubscribers or FeedProblem.TooManyOfRequester => GrpcCode.ResourceExhausted,
        FeedProblem.CursorUnreadable or FeedProblem.CursorOfOtherFeed or FeedProblem.CursorOfOtherStore or FeedProblem.CursorBeyondHead
            or FeedProblem.FilterTooLarge or FeedProblem.FilterNotOfFeed => GrpcCode.InvalidArgument,
        _ => throw new InvalidOperationException($"{problem} has no status in the table."),
    };

    /// <param name="refused">From a record.</param>
    /// <param name="entry">The entry of a transaction that it is about.</param>
    public static GrpcException Of(Refused refused, int? entry = null)
    {
        var (code, words) = CodeOf(refused.Rule);
        var how = RefusalTable.For(refused.Rule);
        var info = Info(refused.Rule.ToString());
        if (refused.Version is { } version)
            info.Metadata["version"] = version.ToString(CultureInfo.InvariantCulture);
        if (entry is { } index)
            info.Metadata["entry"] = index.ToString(CultureInfo.InvariantCulture);
        var details = new List<IMessage> { info };
        if (how.RetryAfterSeconds is { } seconds)
            details.Add(Retry(seconds));
        if (refused.Key is { } key)
            details.Add(new ResourceInfo { ResourceType = key.Type, ResourceName = key.ToString() });
        if (code == GrpcCode.InvalidArgument)
            details.Add(Bad(entry is { } i ? FormattableString.Invariant($"Bundle.entry[{i}]") : "body", how.Diagnostics));
        return new GrpcException(code, words ?? how.Diagnostics, [.. details]);
    }

    public static GrpcException Of(Rejected rejected)
    {
        var bad = new BadRequest();
        foreach (var issue in rejected.Issues.Take(MaxViolations))
        {
            bad.FieldViolations.Add(new BadRequest.Types.FieldViolation
            {
                Field = issue.Location.Length > 0 ? issue.Location : "body",
                Description = $"{issue.Message} [{issue.Rule}]",
            });
        }
        string words = rejected.Issues.Count > 0 ? rejected.Issues[0].Message : "The submission was rejected.";
        return rejected.Kind == RejectionKind.Contended
            ? new GrpcException(CodeOf(rejected.Kind), words, Info(rejected.Kind.ToString()), bad, Retry(1))
            : new GrpcException(CodeOf(rejected.Kind), words, Info(rejected.Kind.ToString()), bad);
    }

    public static GrpcException Of(Denial denial) => new(
        denial.IsNamed ? GrpcCode.PermissionDenied : GrpcCode.Unauthenticated,
        denial.Diagnostics,
        Info(denial.IsNamed ? "SourceUnknown" : denial.TokenError is null ? "TokenMissing" : "TokenInvalid"));

    public static GrpcException Of(FeedRefusal refusal)
    {
        if (refusal.Problem is not { } problem)
            return Of(new Refused(refusal.Rule!.Value));
        var code = CodeOf(problem);
        string words = FeedWords.Of(problem);
        return code == GrpcCode.ResourceExhausted
            ? new GrpcException(code, words, Info(problem.ToString()), Retry(5))
            : new GrpcException(code, words, Info(problem.ToString()), Bad(FeedWords.FieldOf(problem), words));
    }

    public static GrpcException Of(FeedEnd end) => end switch
    {
        FeedEnd.TokenExpired => TokenExpired(),
        FeedEnd.ServerStops => ServerStops(),
        _ => throw new InvalidOperationException($"{end} has no status in the table."),
    };

    /// <summary>Something broke: what it was stands in the log.</summary>
    public static GrpcException Failure(Exception failed) => failed switch
    {
        TimeoutException => new(GrpcCode.Unavailable, "It took too long. Nothing was acknowledged; try again with the same message_id.",
            Info("Timeout"), Retry(1)),
        // A grain's mailbox is full.
        Orleans.Runtime.OrleansMessageRejectionException => Of(new Refused(Rule.Interrupted)),
        _ => new(GrpcCode.Internal, "The server failed. Nothing was acknowledged.", Info("Failure")),
    };

    /// <summary>It was not let in.</summary>
    public static GrpcException Busy() => Of(new Refused(Rule.Busy));

    public static GrpcException TokenExpired() =>
        new(GrpcCode.Unauthenticated, "The token has expired; go on with a new one.", Info("TokenExpired"));

    public static GrpcException ServerStops() =>
        new(GrpcCode.Unavailable, "The server stops. What was answered is kept; go on from there.", Info("ServerStops"), Retry(1));

    /// <summary>A field of the request that cannot be understood.</summary>
    public static GrpcException BadField(string field, string words, string reason = "Malformed") =>
        new(GrpcCode.InvalidArgument, words, Info(reason), Bad(field, words));

    /// <summary>An answer of an interaction that HTTP has too.</summary>
    public static GrpcException Of(Answer answer)
    {
        if (System.Enum.TryParse<Rule>(answer.RefusedBy, out var rule))
            return Of(new Refused(rule, Version: answer.Version));
        string words = answer.Diagnostics ?? "The request was refused.";
        return answer.Status switch
        {
            // What the standard calls forbidden here is a search that this server never answers, whoever asks (R4 3.1.0.9).
            403 => new GrpcException(GrpcCode.FailedPrecondition, words, Info(answer.RefusedBy ?? "")),
            404 => new GrpcException(GrpcCode.NotFound, words, Info(answer.RefusedBy ?? "")),
            _ => BadField("query", words, answer.RefusedBy ?? "Malformed"),
        };
    }

    private static ErrorInfo Info(string reason) => new() { Reason = reason, Domain = Domain };

    private static RetryInfo Retry(int seconds) => new() { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) };

    private static BadRequest Bad(string field, string words) => new()
    {
        FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = words } },
    };
}

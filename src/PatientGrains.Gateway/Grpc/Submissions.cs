using Microsoft.Extensions.Logging;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>
/// One submission of the contract, handed to the intake as the FHIR front would: its message id is what the Idempotency-Key is there, so
/// that a submission may be begun over one front and repeated over the other.
/// </summary>
internal sealed partial class Submissions(
    SubmissionIntake intake, Entrance entrance, ResourceWriter resources, AccessNotes notes, GatewayOptions options,
    ILogger<Submissions> log)
{
    /// <summary>Whatever it answers is durable.</summary>
    /// <exception cref="GrpcException">It was refused, and nothing was changed; the refusal is logged.</exception>
    public async Task<V1.SubmissionAnswer> Take(V1.Submission sent, Caller caller)
    {
        try
        {
            var (answer, refusal, isLogged) = await Decide(sent, caller);
            // A note for each that came at a bad time would be the flood itself.
            if (!isLogged && ReasonOf(refusal) != nameof(Rule.Busy))
            {
                string asked = $"{InteractionOf(sent.Kind)} {Parameters.Shown(sent.Type)}";
                await notes.Note(caller.Who, caller.RequestId, InteractionOf(sent.Kind), asked, ReasonOf(refusal));
            }
            return answer ?? throw refusal!;
        }
        catch (Exception failed) when (failed is not GrpcException)
        {
            Failed(log, failed, caller.RequestId);
            throw StatusTable.Failure(failed);
        }
    }

    private async Task<(V1.SubmissionAnswer? Answer, GrpcException? Refusal, bool IsLogged)> Decide(V1.Submission sent, Caller caller)
    {
        if (Wrong(sent) is { } wrong)
            return (null, wrong, false);
        var s = new Submission(caller.Who, sent.MessageId, caller.RequestId, sent.WantBodies);
        if (sent.Kind == V1.SubmissionKind.Delete)
            return Of(sent, await intake.Delete(new ResourceKey(sent.Type, sent.Id), IfVersion(sent), s));
        var resource = await entrance.Scan(caller.Who.Source, sent.Body.Memory);
        if (resource.Type.Length == 0 && resource.Issues.Count == 0)
            return (null, StatusTable.BadField("body", "The body is not a resource of R4."), false);
        if (sent.Type.Length > 0 && sent.Type != resource.Type)
            return (null, StatusTable.BadField("type", "The resourceType of the body is another."), false);
        return sent.Kind switch
        {
            V1.SubmissionKind.Create => Of(sent, await intake.Create(resource, sent.IfNoneExist.Length > 0 ? sent.IfNoneExist : null, s)),
            V1.SubmissionKind.Update => Of(sent, await intake.Update(resource, sent.Id, IfVersion(sent), s)),
            _ => await Transaction(sent, resource, s),
        };
    }

    private async Task<(V1.SubmissionAnswer?, GrpcException?, bool)> Transaction(V1.Submission sent, ScannedResource bundle, Submission s)
    {
        if (bundle.Bundle is { } content && content.Type != "transaction")
        {
            const string Wanted = "The Bundle must be of type transaction; entries of a batch are submissions of their own.";
            return (null, StatusTable.BadField("body", Wanted), false);
        }
        if (bundle.Bundle?.Entries.Any(entry => entry.Method is "GET" or "HEAD") == true)
            return (null, StatusTable.BadField("body", "A submission does not read; use Read or Search."), false);
        var answer = await intake.Bundle(bundle, s,
            (_, _, _) => throw new InvalidOperationException("The Bundle has no entry that reads."));
        if (answer is not BundleDone done)
            return Of(sent, ((BundleFailed)answer).Why, ((BundleFailed)answer).Entry);
        var all = done.Entries.Select(entry => (Done)((EntryChanged)entry).Answer).ToList();
        return (AnswerOf(sent, all), null, true);
    }

    private (V1.SubmissionAnswer?, GrpcException?, bool) Of(V1.Submission sent, IntakeAnswer answer, int? entry = null) => answer switch
    {
        Done done => (AnswerOf(sent, [done]), null, true),
        // The intake itself finds out about owners, and no record could write about the other three.
        RuleBroken broken => (null, StatusTable.Of(broken.Refused, entry),
            broken.Refused.Rule is not (Rule.Busy or Rule.Interrupted or Rule.StorageFull or Rule.BelongsElsewhere)),
        Rejected rejected => (null, StatusTable.Of(rejected), false),
        _ => throw new InvalidOperationException($"The intake answered with {answer.GetType().Name}."),
    };

    private V1.SubmissionAnswer AnswerOf(V1.Submission sent, List<Done> all)
    {
        bool isRepeat = all.Count > 0 && all.TrueForAll(done => done.Repeated);
        var answer = new V1.SubmissionAnswer { MessageId = sent.MessageId, IsRepeat = isRepeat };
        foreach (var done in all)
        {
            answer.Results.Add(RecordMessages.Result(done.Result));
            if (sent.WantBodies && done.Version is { Deleted: false, Body: not null } version)
                answer.Versions.Add(RecordMessages.Version(version, resources));
        }
        return answer;
    }

    /// <summary>What can be told without looking into the body.</summary>
    private GrpcException? Wrong(V1.Submission sent)
    {
        bool named = sent.Kind is V1.SubmissionKind.Update or V1.SubmissionKind.Delete;
        if (sent.MessageId.Length == 0 || sent.MessageId.Length > options.MaxMessageIdChars)
            return StatusTable.BadField(
                "message_id", FormattableString.Invariant($"1 to {options.MaxMessageIdChars} characters are needed."));
        if (sent.Kind is < V1.SubmissionKind.Create or > V1.SubmissionKind.Transaction)
            return StatusTable.BadField("kind", "The kind is needed.");
        if (named != sent.Id.Length > 0 || (named && !References.IsId(sent.Id)))
            return StatusTable.BadField("id", "An update or a delete needs an R4 id, nothing else has one.");
        if (named && !FhirTypes.IsResourceType(sent.Type))
            return StatusTable.BadField("type", "An update or a delete needs a resource type of R4.");
        if (sent.Kind == V1.SubmissionKind.Delete != sent.Body.IsEmpty)
            return StatusTable.BadField("body", "A body is needed, except for a delete.");
        if (sent.HasIfVersion && !named)
            return StatusTable.BadField("if_version", "Only an update or a delete has a condition on the version.");
        return sent.IfNoneExist.Length > 0 && sent.Kind != V1.SubmissionKind.Create
            ? StatusTable.BadField("if_none_exist", "Only a create has such a condition.")
            : null;
    }

    private static int? IfVersion(V1.Submission sent) => sent.HasIfVersion ? sent.IfVersion : null;

    private static string ReasonOf(GrpcException? refusal) => refusal?.Find<PatientGrains.Grpc.Rpc.ErrorInfo>()?.Reason ?? "";

    private static string InteractionOf(V1.SubmissionKind kind) => kind switch
    {
        V1.SubmissionKind.Create => "create",
        V1.SubmissionKind.Update => "update",
        V1.SubmissionKind.Delete => "delete",
        _ => "transaction",
    };

    [LoggerMessage(LogLevel.Error, "A submission of request {RequestId} failed.")]
    private static partial void Failed(ILogger log, Exception failed, string requestId);
}

using Google.Protobuf.Reflection;
using PatientGrains.Gateway.Admission;
using PatientGrains.Grpc;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Grpc;

/// <summary>Submissions, one or many.</summary>
internal sealed class SubmitMethods(
    GrpcLogin logins, Entrance entrance, Submissions submissions, GatewayOptions options, TimeProvider time)
{
    /// <summary>A submission is its body and a few short fields.</summary>
    private const int FieldBytes = 64 << 10;

    public IEnumerable<GrpcMethod> All()
    {
        var service = V1.RecordsReflection.Descriptor.FindTypeByName<ServiceDescriptor>("RecordService");
        yield return GrpcMethod.Unary<V1.Submission, V1.SubmissionAnswer>(service.FindMethodByName("Submit"), Submit) with
        {
            MaxRequestBytes = options.MaxBodyBytes + FieldBytes,
        };
        yield return GrpcMethod.Bidi<V1.Submission, V1.SubmissionAnswer>(service.FindMethodByName("SubmitStream"), SubmitStream) with
        {
            MaxRequestBytes = options.MaxBodyBytes + FieldBytes,
        };
    }

    private async Task<V1.SubmissionAnswer> Submit(V1.Submission sent, GrpcCall call)
    {
        var caller = await logins.Open(call);
        var meter = new AnswerMeter(caller.Who.Source, time);
        long read = meter.Now();
        using var visit = await Enter(sent, caller, isStream: false, call);
        var answer = await submissions.Take(sent, caller);
        meter.Left([read]);
        return answer;
    }

    private async Task SubmitStream(GrpcRequests<V1.Submission> requests, GrpcResponses<V1.SubmissionAnswer> responses, GrpcCall call)
    {
        var caller = await logins.Open(call);
        var stream = new SubmissionStream(
            async sent => await Enter(sent, caller, isStream: true, call), sent => submissions.Take(sent, caller),
            requests.Next, responses.Add, responses.Flush, options.MaxUnanswered, new AnswerMeter(caller.Who.Source, time));
        await stream.Run(() => MayGoOn(caller, call), call.Stopping);
    }

    private async ValueTask<Visit> Enter(V1.Submission sent, Caller caller, bool isStream, GrpcCall call)
    {
        var visit = entrance.Visit(Lane.Submissions, caller.Who.Source, isStream, call.Token);
        return await visit.Enter(sent.Body.Length) ? visit : throw StatusTable.Busy();
    }

    private void MayGoOn(Caller caller, GrpcCall call)
    {
        if (call.Stopping.IsCancellationRequested)
            throw StatusTable.ServerStops();
        if (time.GetUtcNow() >= caller.Until)
            throw StatusTable.TokenExpired();
    }
}

using Google.Protobuf;
using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc.Tests.Client;

/// <summary>A server whose SubmitStream is a test's own, and what is pushed to it: submissions m0, m1, ...</summary>
internal static class SubmitStreams
{
    private static readonly MethodDescriptor Method = RecordsReflection.Descriptor.Services[0].FindMethodByName("SubmitStream");

    public static Task<EchoServer> Serve(Func<GrpcRequests<Submission>, GrpcResponses<SubmissionAnswer>, GrpcCall, Task> handler) =>
        EchoServer.Start([GrpcMethod.Bidi(Method, handler)]);

    public static async Task<List<SubmissionAnswer>> Push(EchoServer server, int count, PushOptions options)
    {
        var answers = new List<SubmissionAnswer>();
        await foreach (var answer in new PatientGrainsClient(server.Channel()).SubmitStream(Many(count), options))
            answers.Add(answer);
        return answers;
    }

    public static async IAsyncEnumerable<Submission> Many(int count)
    {
        foreach (string id in Ids(count))
        {
            yield return new Submission { MessageId = id, Kind = SubmissionKind.Create, Body = ByteString.CopyFromUtf8("{}") };
            if (id.EndsWith('0'))
                await Task.Yield();
        }
    }

    public static IEnumerable<string> Ids(int count) => Enumerable.Range(0, count).Select(i => $"m{i}");
}

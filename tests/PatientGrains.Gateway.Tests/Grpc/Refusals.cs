using PatientGrains.Grpc;
using PatientGrains.Grpc.Rpc;

namespace PatientGrains.Gateway.Tests.Grpc;

/// <summary>Calls that must be refused, and streams as lists.</summary>
internal static class Refusals
{
    public static async Task Refused<T>(GrpcCode code, string reason, Func<Task<T>> call)
    {
        var refused = await Assert.ThrowsAsync<GrpcException>(call);
        Assert.Equal((code, reason), (refused.Code, refused.Find<ErrorInfo>()?.Reason));
    }

    public static async Task<List<T>> All<T>(this IAsyncEnumerable<T> stream)
    {
        var all = new List<T>();
        await foreach (var one in stream)
            all.Add(one);
        return all;
    }

    public static async Task<T> First<T>(this IAsyncEnumerable<T> stream)
    {
        await foreach (var one in stream)
            return one;
        throw new InvalidOperationException("The stream is empty.");
    }
}

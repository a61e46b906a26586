using PatientGrains.Grpc.Tests.Echo;

namespace PatientGrains.Grpc.Tests.Server;

/// <summary>What floods cost in memory. The runtime counts for the whole process, so no other test runs beside these.</summary>
[Collection(nameof(MemoryTests))]
public class MemoryTests
{
    private static readonly TimeSpan Patience = EchoServer.Patience;

    [Fact]
    public async Task Ten_thousand_calls_on_many_connections_are_held_in_bounded_memory_and_refused_beyond_the_limit()
    {
        const int Connections = 50;
        const int MaxCalls = 5_000;
        int running = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EchoServer.Start(
            [
                GrpcMethod.Bidi<Piece, Piece>(EchoServer.Talk, async (_, _, call) =>
                {
                    if (Interlocked.Increment(ref running) == MaxCalls)
                        all.SetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, call.Token);
                }),
                GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (piece, _) => Task.FromResult(piece)),
            ], new GrpcLimits { MaxCalls = MaxCalls });
        long before = GC.GetTotalMemory(true);
        var clients = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawHttp2.Connect(server.Address)));
        foreach (var client in clients)
        {
            for (int i = 0; i < 200; i++)
                client.Open(2 * i + 1, "/patientgrains.tests.EchoService/Talk");
            await client.Flush();
        }
        await all.Task.WaitAsync(Patience);
        // 50 x 200 streams: half of them run, the other half has been answered.
        Assert.Equal(MaxCalls, await CountRefusals(clients, 10_000 - MaxCalls));
        long each = (GC.GetTotalMemory(true) - before) / 10_000;
        Assert.True(each <= 32 << 10, $"{each} bytes each");
        var error = await Assert.ThrowsAsync<GrpcException>(() => server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece()));
        Assert.Equal(GrpcCode.Unavailable, error.Code);
        foreach (var client in clients)
            await client.DisposeAsync();
        // Their calls end with their connections; then others are served again.
        while (await server.IsRefused())
            await Task.Yield();
    }

    [Fact]
    public async Task A_bomb_stops_at_the_limit()
    {
        await using var server = await EchoServer.Start(new GrpcLimits { MaxRequestBytes = 1 << 20 });
        using var http = server.Raw();
        byte[] bomb = RawCall.Gzip(new byte[300 << 20]);
        Assert.InRange(bomb.Length, 1, 1 << 20);
        long before = GC.GetTotalAllocatedBytes();
        var answer = await (RawCall.Once(RawCall.Frame(bomb, 1)) with { Headers = [("grpc-encoding", "gzip")] }).Send(http, server.Address);
        Assert.Equal((GrpcCode.ResourceExhausted, "A message is longer than 1048576 bytes."), (answer.Code, answer.Message));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    /// <summary>Those that all clients together read, until there are so many.</summary>
    private static async Task<int> CountRefusals(IEnumerable<RawHttp2> clients, int expected)
    {
        using var enough = new CancellationTokenSource(Patience);
        int seen = 0;
        await Task.WhenAll(clients.Select(async client =>
        {
            while (await client.Read().WaitAsync(enough.Token) is { } frame)
            {
                bool isRefusal = frame.Type == RawHttp2.Headers && (frame.Flags & RawHttp2.EndStream) != 0;
                if (isRefusal && Interlocked.Increment(ref seen) == expected)
                    await enough.CancelAsync();
            }
        }).Select(async task => await Task.WhenAny(task)));
        return seen;
    }
}

[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTestsCollection;

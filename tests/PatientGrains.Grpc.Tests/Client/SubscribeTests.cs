using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc.Tests.Client;

public class SubscribeTests
{
    private static readonly MethodDescriptor Method = AlertsReflection.Descriptor.Services[0].FindMethodByName("SubscribeAlerts");

    private static readonly ResumeOptions AtOnce = new() { Delay = _ => TimeSpan.Zero };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_subscription_that_breaks_at_random_has_no_gap_and_no_line_twice(int seed)
    {
        var random = new Random(seed);
        int calls = 0;
        await using var server = await Serve(async (request, responses, call) =>
        {
            calls++;
            int life = random.Next(0, 40);
            // At least once: a server may begin before its cursor.
            int from = Math.Max(1, (request.HasCursor ? int.Parse(request.Cursor) : 0) + 1 - random.Next(0, 3));
            await responses.Write(Heartbeat(from - 1));
            for (int number = from; number <= 1_000; number++)
            {
                if (life-- == 0)
                    throw new GrpcException(GrpcCode.Unavailable, "broken");
                await responses.Write(new() { Cursor = $"{number}", Line = new AlertLine { Number = number } });
            }
            await Task.Delay(Timeout.InfiniteTimeSpan, call.Token);
        });
        var numbers = new List<long>();
        await foreach (var response in new PatientGrainsClient(server.Channel()).SubscribeAlerts(new(), AtOnce))
        {
            if (response.Line is { } line)
                numbers.Add(line.Number);
            if (numbers.Count == 1_000)
                break;
        }
        Assert.Equal(Enumerable.Range(1, 1_000).Select(number => (long)number), numbers);
        Assert.InRange(calls, 10, 1_000);
    }

    [Fact]
    public async Task Without_being_asked_to_it_does_not_resume()
    {
        await using var server = await Serve(async (_, responses, _) =>
        {
            await responses.Write(Heartbeat(0));
            throw new GrpcException(GrpcCode.Unavailable, "broken");
        });
        int seen = 0;
        await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            await foreach (var _ in new PatientGrainsClient(server.Channel()).SubscribeAlerts(new()))
                seen++;
        });
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task A_token_that_runs_out_is_renewed_and_one_that_never_was_good_is_not_tried_again()
    {
        int tokens = 0;
        await using var server = await Serve(async (_, responses, call) =>
        {
            if (call.Metadata.Find("authorization") == "bad")
                throw new GrpcException(GrpcCode.Unauthenticated, "bad token");
            await responses.Write(Heartbeat(0));
            throw new GrpcException(GrpcCode.Unauthenticated, "expired");
        });
        var channel = server.Channel(new GrpcChannelOptions
        {
            Metadata = () => new() { { "authorization", tokens++ < 5 ? $"t{tokens}" : "bad" } },
        });
        int seen = 0;
        var error = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            await foreach (var _ in new PatientGrainsClient(channel).SubscribeAlerts(new(), AtOnce))
                seen++;
        });
        Assert.Equal((5, 6, "bad token"), (seen, tokens, error.Message));
    }

    [Fact]
    public async Task The_subscriber_may_stop_it()
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await Serve(async (_, responses, call) =>
        {
            await using var registration = call.Token.Register(left.SetResult);
            await responses.Write(Heartbeat(0));
            await Task.Delay(Timeout.InfiniteTimeSpan, call.Token);
        });
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in new PatientGrainsClient(server.Channel()).SubscribeAlerts(new(), AtOnce, stop.Token))
                await stop.CancelAsync();
        });
        await left.Task.WaitAsync(EchoServer.Patience);
    }

    private static SubscribeAlertsResponse Heartbeat(long position) =>
        new() { Cursor = $"{position}", Heartbeat = new Heartbeat { Position = position, Head = 1_000, Lag = 1_000 - position } };

    private static Task<EchoServer> Serve(Func<SubscribeAlertsRequest, GrpcResponses<SubscribeAlertsResponse>, GrpcCall, Task> handler) =>
        EchoServer.Start([GrpcMethod.ServerStreaming(Method, handler)]);
}

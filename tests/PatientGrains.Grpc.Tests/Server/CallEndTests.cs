using PatientGrains.Grpc.Health;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Log.Tests;

namespace PatientGrains.Grpc.Tests.Server;

/// <summary>Calls that end before their time: deadlines, cancellation, resets, a server that stops.</summary>
public class CallEndTests
{
    private static readonly TimeSpan Patience = EchoServer.Patience;

    [Fact]
    public async Task A_deadline_that_passes_ends_the_handler_and_the_call()
    {
        var clock = new ManualClock();
        var (begun, ended) = (Signal(), Signal());
        await using var server = await EchoServer.Start([Hanging(begun, ended)], clock: clock);
        using var http = server.Raw();
        var calling = (RawCall.Once(RawCall.Frame(new Piece())) with { Headers = [("grpc-timeout", "50m")] }).Send(http, server.Address);
        await begun.Task.WaitAsync(Patience);
        clock.Move(TimeSpan.FromMilliseconds(50));
        var answer = await calling.WaitAsync(Patience);
        Assert.Equal((GrpcCode.DeadlineExceeded, "The deadline has passed."), (answer.Code, answer.Message));
        await ended.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_client_knows_its_own_deadline()
    {
        var clock = new ManualClock();
        var begun = Signal();
        // The server's own clock stands: it is not the server that ends the call.
        await using var server = await EchoServer.Start([Hanging(begun, Signal())], clock: new ManualClock());
        var calling = server.Channel(new GrpcChannelOptions { Clock = clock }).Unary<Piece, Piece>(
            EchoServer.Once, new Piece(), new GrpcCallOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        await begun.Task.WaitAsync(Patience);
        clock.Move(TimeSpan.FromMilliseconds(50));
        var error = await Assert.ThrowsAsync<GrpcException>(() => calling.WaitAsync(Patience));
        Assert.Equal(GrpcCode.DeadlineExceeded, error.Code);
    }

    [Theory]
    [InlineData("0n", GrpcCode.DeadlineExceeded)]
    [InlineData("0H", GrpcCode.DeadlineExceeded)]
    [InlineData("-1S", GrpcCode.Internal)]
    [InlineData("soon", GrpcCode.Internal)]
    [InlineData("123456789S", GrpcCode.Internal)]
    [InlineData("99999999H", GrpcCode.Ok)]
    [InlineData("1H", GrpcCode.Ok)]
    public async Task A_deadline_in_the_past_or_malformed_ends_the_call_before_its_handler(string timeout, GrpcCode code)
    {
        int handled = 0;
        await using var server = await EchoServer.Start([GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (piece, call) =>
        {
            handled++;
            Assert.True(call.Deadline > TimeProvider.System.GetUtcNow());
            return Task.FromResult(piece);
        })]);
        using var http = server.Raw();
        var raw = RawCall.Once(RawCall.Frame(new Piece())) with { Headers = [("grpc-timeout", timeout)] };
        var answer = await raw.Send(http, server.Address);
        Assert.Equal((code, code == GrpcCode.Ok ? 1 : 0), (answer.Code, handled));
    }

    [Fact]
    public async Task Cancellation_reaches_the_handler()
    {
        var (begun, ended) = (Signal(), Signal());
        await using var server = await EchoServer.Start([Hanging(begun, ended)]);
        using var stop = new CancellationTokenSource();
        var calling = server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece(), null, stop.Token);
        await begun.Task.WaitAsync(Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling.WaitAsync(Patience));
        await ended.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_a_stream_ends_it()
    {
        var ended = Signal();
        await using var server = await EchoServer.Start([GrpcMethod.ServerStreaming<Piece, Piece>(EchoServer.Split, async (_, pieces, _) =>
        {
            try
            {
                while (true)
                    await pieces.Write(new Piece());
            }
            finally
            {
                ended.SetResult();
            }
        })]);
        await foreach (var _ in server.Channel().ServerStream<Piece, Piece>(EchoServer.Split, new Piece()))
            break;
        await ended.Task.WaitAsync(Patience);
        await server.Stop();
        Assert.Empty(server.Log.Lines);
    }

    [Fact]
    public async Task A_reset_within_a_message_ends_the_call_and_nothing_else()
    {
        var ended = Signal();
        await using var server = await EchoServer.Start([GrpcMethod.Bidi<Piece, Piece>(EchoServer.Talk, async (pieces, answers, call) =>
        {
            call.Token.Register(() => ended.TrySetResult());
            while (await pieces.Next() is { } piece)
                await answers.Write(piece);
        })]);
        await using var client = await RawHttp2.Connect(server.Address);
        byte[] frame = RawCall.Frame(new Piece { Text = "whole" });
        client.Open(1, "/patientgrains.tests.EchoService/Talk");
        client.Open(3, "/patientgrains.tests.EchoService/Talk");
        client.Write(RawHttp2.Data, 0, 1, frame.AsSpan(0, 7));
        client.Write(RawHttp2.Reset, 0, 1, [0, 0, 0, 8]);
        client.Write(RawHttp2.Data, RawHttp2.EndStream, 3, frame);
        await client.Flush();
        Assert.Equal(frame, (await client.ReadTo(RawHttp2.Data, 3)).Payload);
        await ended.Task.WaitAsync(Patience);
        await server.Stop();
        Assert.Empty(server.Log.Lines);
    }

    [Fact]
    public async Task A_call_that_the_client_has_not_half_closed_may_end_first()
    {
        await using var server = await EchoServer.Start(
            [GrpcMethod.Bidi<Piece, Piece>(EchoServer.Talk, (_, _, _) => throw new GrpcException(GrpcCode.NotFound, "gone"))]);
        await using var call = server.Channel().Open<Piece, Piece>(EchoServer.Talk);
        bool taken = true;
        while (taken)
            taken = await call.Write(new Piece { Text = new string('x', 1_000) });
        var error = await Assert.ThrowsAsync<GrpcException>(async () => await call.Next());
        Assert.Equal((GrpcCode.NotFound, "gone"), (error.Code, error.Message));
    }

    [Fact]
    public async Task A_server_that_stops_tells_streams_without_end()
    {
        var health = new GrpcHealth();
        health.Set("", true);
        await using var server = await EchoServer.Start(health.Methods);
        await using var call = server.Channel().Open<HealthCheckRequest, HealthCheckResponse>(health.Methods[1].Descriptor);
        await call.Write(new HealthCheckRequest());
        call.CloseRequests();
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await call.Next())!.Status);
        var stopping = server.Stop();
        var error = await Assert.ThrowsAsync<GrpcException>(async () => await call.Next().AsTask().WaitAsync(Patience));
        Assert.Equal(GrpcCode.Unavailable, error.Code);
        await stopping.WaitAsync(Patience);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(12)]
    public async Task A_request_that_never_comes_whole_ends_the_call_and_not_the_connection(int bytes)
    {
        var clock = new ManualClock();
        var limits = new GrpcLimits();
        await using var server = await EchoServer.Start(limits, clock);
        await using var client = await RawHttp2.Connect(server.Address);
        byte[] frame = RawCall.Frame(new Piece { Text = "whole" });
        client.Open(1, "/patientgrains.tests.EchoService/Once");
        client.Write(RawHttp2.Data, 0, 1, frame.AsSpan(0, bytes));
        await client.Flush();
        await clock.TimerWithin(limits.RequestTimeout).WaitAsync(Patience);
        clock.Move(limits.RequestTimeout);
        Assert.Equal(RawHttp2.EndStream, (await client.ReadTo(RawHttp2.Headers, 1)).Flags & RawHttp2.EndStream);
        client.Open(3, "/patientgrains.tests.EchoService/Once");
        client.Write(RawHttp2.Data, RawHttp2.EndStream, 3, frame);
        await client.Flush();
        Assert.Equal(frame, (await client.ReadTo(RawHttp2.Data, 3)).Payload);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static GrpcMethod Hanging(TaskCompletionSource begun, TaskCompletionSource ended) =>
        GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, async (piece, call) =>
        {
            await using var registration = call.Token.Register(() => ended.TrySetResult());
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, call.Token);
            return piece;
        });
}

using Google.Protobuf;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Log.Tests;

namespace PatientGrains.Grpc.Tests.Server;

/// <summary>Clients that do not read, open too much, or send too much at once: it costs a bounded amount, and others are served.</summary>
public class FloodTests
{
    private const string Talk = "/patientgrains.tests.EchoService/Talk";
    private const string Split = "/patientgrains.tests.EchoService/Split";
    private static readonly TimeSpan Patience = EchoServer.Patience;

    [Fact]
    public async Task A_client_that_never_reads_is_reset_and_has_cost_little()
    {
        long written = 0;
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = new ManualClock();
        // Kestrel's own clock is the system's: it must not close the connection before the call is reset.
        var limits = new GrpcLimits { WriteTimeout = TimeSpan.FromHours(1) };
        await using var server = await EchoServer.Start([Endless(() => written += 1_000, ended), Echoing], limits, clock);
        await using var client = await RawHttp2.Connect(server.Address, initialWindow: 0);
        client.Open(1, Split);
        client.Write(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new Piece()));
        await client.Flush();
        await clock.TimerWithin(limits.WriteTimeout).WaitAsync(Patience);
        clock.Move(limits.WriteTimeout);
        var error = Assert.IsType<GrpcException>(await ended.Task.WaitAsync(Patience));
        Assert.Equal(GrpcCode.ResourceExhausted, error.Code);
        Assert.InRange(written, 1, 200_000);
        // ENHANCE_YOUR_CALM.
        Assert.Equal(0xbu, (await client.ReadTo(RawHttp2.Reset, 1)).Number);
        Assert.Equal("ok", (await server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece { Text = "ok" })).Text);
    }

    [Fact]
    public async Task A_response_that_nobody_takes_ends_with_its_connection()
    {
        var limits = new GrpcLimits { WriteTimeout = TimeSpan.FromMilliseconds(600) };
        await using var server = await EchoServer.Start([Echoing], limits);
        await using var client = await RawHttp2.Connect(server.Address, initialWindow: 0);
        client.Open(1, "/patientgrains.tests.EchoService/Once");
        client.Write(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new Piece { Text = "x" }));
        await client.Flush();
        while (await client.Read().WaitAsync(Patience) is { } frame)
            Assert.NotEqual(RawHttp2.Data, frame.Type);
    }

    [Fact]
    public async Task A_client_that_reads_slowly_delays_nobody_on_its_connection()
    {
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EchoServer.Start([Endless(() => { }, ended), Echoing]);
        var channel = server.Channel();
        await using var slow = channel.Open<Piece, Piece>(EchoServer.Split);
        await slow.Write(new Piece());
        slow.CloseRequests();
        Assert.NotNull(await slow.Next());
        for (int i = 0; i < 100; i++)
            Assert.Equal(i, (await channel.Unary<Piece, Piece>(EchoServer.Once, new Piece { Count = i }).WaitAsync(Patience)).Count);
    }

    [Fact]
    public async Task What_a_handler_does_not_read_waits_at_the_client()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EchoServer.Start([GrpcMethod.Bidi<Piece, Piece>(EchoServer.Talk, async (pieces, _, _) =>
        {
            await gate.Task;
            await pieces.Next();
        }), Echoing]);
        await using var client = await RawHttp2.Connect(server.Address);
        // RFC 9113 6.9.2: the window of a connection begins with 64 KB; the server enlarges it.
        await client.ReadTo(RawHttp2.WindowUpdate, 0);
        client.Open(1, Talk);
        byte[] most = RawCall.Frame(new Piece { Content = ByteString.CopyFrom(new byte[new GrpcLimits().StreamWindowBytes - 100]) });
        foreach (byte[] part in most.Chunk(16_384))
            client.Write(RawHttp2.Data, 0, 1, part);
        // Frames of a connection are worked on one after the other: when this is answered, all of the above has been taken.
        client.Open(3, "/patientgrains.tests.EchoService/Once");
        client.Write(RawHttp2.Data, RawHttp2.EndStream, 3, RawCall.Frame(new Piece()));
        await client.Flush();
        Http2Frame frame;
        do
        {
            frame = (await client.Read().WaitAsync(Patience))!;
            Assert.False(frame is { Type: RawHttp2.WindowUpdate, Stream: 1 }, "The client may send more than nobody has read.");
        }
        while (frame is not { Type: RawHttp2.Data, Stream: 3 });
        gate.SetResult();
        Assert.InRange((await client.ReadTo(RawHttp2.WindowUpdate, 1)).Number, 1u, (uint)most.Length);
    }

    [Fact]
    public async Task Ten_thousand_streams_on_one_connection_are_refused_beyond_the_limit()
    {
        int running = 0;
        int most = 0;
        var counting = Waiting(() => most = Math.Max(most, Interlocked.Increment(ref running)));
        await using var server = await EchoServer.Start([counting, Echoing]);
        await using var client = await RawHttp2.Connect(server.Address);
        // The server may have closed the connection before all are written.
        var writing = Task.Run(async () =>
        {
            for (int i = 0; i < 10_000; i++)
                client.Open(2 * i + 1, Talk);
            await client.Flush();
        });
        // Streams over the limit are refused one by one; when they do not cease, the server ends the connection (ENHANCE_YOUR_CALM).
        int refused = 0;
        while (refused < 1_000 && await client.Read().WaitAsync(Patience) is { } frame && frame.Type != RawHttp2.GoAway)
        {
            Assert.NotEqual(RawHttp2.Data, frame.Type);
            // REFUSED_STREAM: it was not looked at, and may be sent again.
            if (frame.Type == RawHttp2.Reset && frame.Number == 0x7)
                refused++;
        }
        // What it still writes goes nowhere.
        await client.DisposeAsync();
        await Task.WhenAny(writing);
        Assert.InRange(most, 0, new GrpcLimits().MaxCallsPerConnection);
        Assert.False(await server.IsRefused());
    }

    [Fact]
    public async Task Many_large_messages_that_never_end_are_refused_together()
    {
        await using var server = await EchoServer.Start(new GrpcLimits { MaxHeldBytes = 3 << 20, MaxRequestBytes = 2 << 20 });
        await using var client = await RawHttp2.Connect(server.Address);
        byte[] first = new byte[16_384];
        RawCall.Frame([], length: 2 << 20).CopyTo(first, 0);
        byte[] more = new byte[16_384];
        var ends = new List<int>();
        // RFC 9113 6.9.2: the window of a connection begins so; the server enlarges it.
        int credit = 65_535;
        // Each sends 48 KiB of 2 MiB; what the server has looked at it credits back, however it goes on.
        for (int stream = 1; stream < 400 && ends.Count == 0; stream += 2)
        {
            client.Open(stream, Talk);
            foreach (byte[] part in (byte[][])[first, more, more])
                client.Write(RawHttp2.Data, 0, stream, part);
            credit -= 3 * 16_384;
            await client.Flush();
            while (credit < 3 * 16_384 && await client.Read().WaitAsync(Patience) is { } frame)
            {
                if (frame.Type == RawHttp2.WindowUpdate && frame.Stream == 0)
                    credit += (int)frame.Number;
                if (frame.Type == RawHttp2.Headers && (frame.Flags & RawHttp2.EndStream) != 0)
                    ends.Add(frame.Stream);
            }
        }
        Assert.NotEmpty(ends);
        Assert.False(await server.IsRefused());
    }

    private static GrpcMethod Echoing { get; } = GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (piece, _) => Task.FromResult(piece));

    private static GrpcMethod Waiting(Action begun) => GrpcMethod.Bidi<Piece, Piece>(EchoServer.Talk, async (_, _, call) =>
    {
        begun();
        await Task.Delay(Timeout.InfiniteTimeSpan, call.Token);
    });

    private static GrpcMethod Endless(Action written, TaskCompletionSource<Exception?> ended) =>
        GrpcMethod.ServerStreaming<Piece, Piece>(EchoServer.Split, async (_, pieces, _) =>
        {
            var piece = new Piece { Content = ByteString.CopyFrom(new byte[1_000]) };
            try
            {
                while (true)
                {
                    await pieces.Write(piece);
                    written();
                }
            }
            catch (Exception e)
            {
                ended.TrySetResult(e);
                throw;
            }
        });
}

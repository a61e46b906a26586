using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using PatientGrains.Grpc.Rpc;
using PatientGrains.Grpc.Tests.Echo;

namespace PatientGrains.Grpc.Tests.Server;

public class CallTests
{
    [Fact]
    public async Task A_unary_call_is_answered()
    {
        await using var server = await EchoServer.Start();
        var answer = await server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece { Text = "naïve ☃", Count = 7 });
        Assert.Equal(new Piece { Text = "naïve ☃", Count = 7 }, answer);
    }

    [Fact]
    public async Task An_empty_message_is_a_message()
    {
        await using var server = await EchoServer.Start();
        Assert.Equal(new Piece(), await server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000)]
    public async Task A_stream_of_responses_comes_whole_and_in_order(int count)
    {
        await using var server = await EchoServer.Start();
        var numbers = new List<int>();
        await foreach (var piece in server.Channel().ServerStream<Piece, Piece>(EchoServer.Split, new Piece { Count = count }))
            numbers.Add(piece.Count);
        Assert.Equal(Enumerable.Range(0, count), numbers);
    }

    [Fact]
    public async Task A_stream_of_requests_is_answered_at_its_end()
    {
        await using var server = await EchoServer.Start();
        await using var call = server.Channel().Open<Piece, Piece>(EchoServer.Join);
        foreach (string text in (string[])["a", "b", "c"])
            Assert.True(await call.Write(new Piece { Text = text }));
        call.CloseRequests();
        Assert.Equal(new Piece { Text = "abc", Count = 3 }, await call.Next());
        Assert.Null(await call.Next());
    }

    [Fact]
    public async Task Both_sides_of_a_stream_talk_in_turns()
    {
        await using var server = await EchoServer.Start();
        await using var call = server.Channel().Open<Piece, Piece>(EchoServer.Talk);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(await call.Write(new Piece { Count = i }));
            Assert.Equal(i, (await call.Next())!.Count);
        }
        call.CloseRequests();
        Assert.Null(await call.Next());
    }

    [Fact]
    public async Task A_large_message_is_carried_both_ways()
    {
        await using var server = await EchoServer.Start(new GrpcLimits { MaxRequestBytes = 64 << 20 });
        byte[] content = new byte[20_000_000];
        new Random(1).NextBytes(content);
        var answer = await server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece { Content = ByteString.CopyFrom(content) });
        Assert.True(answer.Content.Span.SequenceEqual(content));
    }

    [Fact]
    public async Task A_refusal_arrives_with_its_details_and_trailers()
    {
        await using var server = await EchoServer.Start([GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (_, call) =>
        {
            call.Trailers.Add("kind", "refusal");
            throw new GrpcException(GrpcCode.FailedPrecondition, "100 % of “it” is stale\n",
                new ErrorInfo { Reason = "VersionStale", Domain = "patientgrains", Metadata = { ["version"] = "3" } },
                new ResourceInfo { ResourceType = "Observation", ResourceName = "Observation/x" });
        })]);
        var error = await Assert.ThrowsAsync<GrpcException>(() => server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece()));
        Assert.Equal(GrpcCode.FailedPrecondition, error.Code);
        Assert.Equal("100 % of “it” is stale\n", error.Message);
        Assert.Equal("VersionStale", error.Find<ErrorInfo>()!.Reason);
        Assert.Equal("3", error.Find<ErrorInfo>()!.Metadata["version"]);
        Assert.Equal("Observation/x", error.Find<ResourceInfo>()!.ResourceName);
        Assert.Null(error.Find<RetryInfo>());
        Assert.Equal("refusal", error.Trailers!.Find("kind"));
    }

    [Fact]
    public async Task A_refusal_after_responses_comes_behind_them()
    {
        await using var server = await EchoServer.Start([GrpcMethod.ServerStreaming<Piece, Piece>(EchoServer.Split, async (_, pieces, _) =>
        {
            await pieces.Write(new Piece { Count = 1 });
            pieces.Add(new Piece { Count = 2 });
            throw new GrpcException(GrpcCode.Aborted, "lost", new ErrorInfo { Reason = "Lost" });
        })]);
        await using var call = server.Channel().Open<Piece, Piece>(EchoServer.Split);
        await call.Write(new Piece());
        call.CloseRequests();
        Assert.Equal(1, (await call.Next())!.Count);
        Assert.Equal(2, (await call.Next())!.Count);
        var error = await Assert.ThrowsAsync<GrpcException>(async () => await call.Next());
        Assert.Equal((GrpcCode.Aborted, "lost", "Lost"), (error.Code, error.Message, error.Find<ErrorInfo>()!.Reason));
    }

    [Fact]
    public async Task A_bug_is_INTERNAL_and_says_nothing_of_itself()
    {
        await using var server = await EchoServer.Start([GrpcMethod.Unary<Piece, Piece>(EchoServer.Once,
            (_, _) => throw new InvalidOperationException("Jane Doe has sepsis"))]);
        var error = await Assert.ThrowsAsync<GrpcException>(() => server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece()));
        Assert.Equal((GrpcCode.Internal, "The call failed."), (error.Code, error.Message));
        Assert.Contains(server.Log.Lines, line => line.Contains(nameof(InvalidOperationException)));
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("Jane"));
    }

    [Fact]
    public async Task Details_too_large_for_a_trailer_are_dropped_from_the_end()
    {
        await using var server = await EchoServer.Start([GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (_, _) => throw new GrpcException(
            GrpcCode.InvalidArgument, new string('x', 5_000), new ErrorInfo { Reason = "Invalid" },
            new BadRequest { FieldViolations = { Enumerable.Repeat(new BadRequest.Types.FieldViolation { Field = "body" }, 5_000) } }))]);
        var error = await Assert.ThrowsAsync<GrpcException>(() => server.Channel().Unary<Piece, Piece>(EchoServer.Once, new Piece()));
        Assert.Equal("Invalid", error.Find<ErrorInfo>()!.Reason);
        Assert.Null(error.Find<BadRequest>());
        Assert.Equal(1_000, error.Message.Length);
    }

    [Fact]
    public async Task Metadata_travels_both_ways()
    {
        byte[] bytes = [0, 1, 255];
        await using var server = await EchoServer.Start([GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (piece, call) =>
        {
            call.ResponseHeaders.Add("seen", call.Metadata.Find("ask") + " " + call.Metadata.Find("authorization"));
            call.Trailers.Add("back-bin", call.Metadata.FindBytes("data-bin"));
            Assert.Null(call.Metadata.Find("te"));
            Assert.StartsWith("127.0.0.1:", call.Peer);
            return Task.FromResult(piece);
        })]);
        var channel = server.Channel(new GrpcChannelOptions { Metadata = () => new() { { "authorization", "Bearer t" } } });
        await using var call = channel.Open<Piece, Piece>(EchoServer.Once,
            new GrpcCallOptions { Metadata = new() { { "ask", "why" }, { "data-bin", bytes } } });
        await call.Write(new Piece());
        call.CloseRequests();
        Assert.NotNull(await call.Next());
        Assert.Null(await call.Next());
        Assert.Equal("why Bearer t", call.Headers!.Find("seen"));
        Assert.Equal(bytes, call.Trailers!.FindBytes("back-bin"));
    }

    [Fact]
    public async Task It_works_over_TLS()
    {
        await using var server = await EchoServer.Start(
            [GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (piece, _) => Task.FromResult(piece))], tls: true);
        var channel = server.Channel(new GrpcChannelOptions { Tls = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        Assert.Equal("secret", (await channel.Unary<Piece, Piece>(EchoServer.Once, new Piece { Text = "secret" })).Text);
    }

    [Fact]
    public async Task Nobody_there_is_UNAVAILABLE()
    {
        // A port that is taken, so that nobody else comes to it, and where nobody listens.
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var channel = new GrpcChannel(new Uri($"http://{taken.LocalEndPoint}"));
        var error = await Assert.ThrowsAsync<GrpcException>(() => channel.Unary<Piece, Piece>(EchoServer.Once, new Piece()));
        Assert.Equal(GrpcCode.Unavailable, error.Code);
    }
}

using Google.Protobuf;
using PatientGrains.Grpc.Tests.Echo;

namespace PatientGrains.Grpc.Tests.Server;

public class CompressionTests
{
    private static readonly Piece Long = new() { Text = new string('x', 5_000) };
    private static readonly (string, string)[] GzipHeaders = [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity, gzip")];

    [Fact]
    public async Task A_client_and_a_server_that_compress_understand_each_other()
    {
        await using var server = await EchoServer.Start();
        var channel = server.Channel(new GrpcChannelOptions { Compresses = true });
        foreach (var piece in (Piece[])[Long, new Piece { Text = "short" }, new Piece()])
            Assert.Equal(piece, await channel.Unary<Piece, Piece>(EchoServer.Once, piece));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_response_that_is_made_once_arrives_like_any_other(bool compresses)
    {
        Piece[] pieces = [Long, new Piece { Text = "short" }, new Piece()];
        GrpcWritten<Piece>[] once = [.. pieces.Select(piece => new GrpcWritten<Piece>(piece))];
        var split = GrpcMethod.ServerStreaming<Piece, Piece>(EchoServer.Split, async (_, to, _) =>
        {
            foreach (var each in once)
                to.Add(each);
            await to.Flush();
        });
        await using var server = await EchoServer.Start([split]);
        for (int i = 0; i < 2; i++)
        {
            var channel = server.Channel(new GrpcChannelOptions { Compresses = compresses });
            await using var call = channel.Open<Piece, Piece>(EchoServer.Split);
            await call.Write(new Piece());
            call.CloseRequests();
            foreach (var piece in pieces)
                Assert.Equal(piece, await call.Next());
            Assert.Null(await call.Next());
        }
    }

    [Fact]
    public async Task Long_responses_to_compressed_requests_are_compressed_and_short_ones_are_not()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        byte[] longer = RawCall.Frame(RawCall.Gzip(Long.ToByteArray()), 1);
        var answer = await (RawCall.Once(longer) with { Headers = GzipHeaders }).Send(http, server.Address);
        Assert.Equal((GrpcCode.Ok, "gzip", 1), (answer.Code, answer.Headers["grpc-encoding"], answer.Body[0]));
        Assert.InRange(answer.Body.Length, 10, 500);
        byte[] shorter = RawCall.Frame(RawCall.Gzip(new Piece { Text = "y" }.ToByteArray()), 1);
        answer = await (RawCall.Once(shorter) with { Headers = GzipHeaders }).Send(http, server.Address);
        Assert.Equal((GrpcCode.Ok, 0), (answer.Code, answer.Body[0]));
    }

    [Fact]
    public async Task A_client_that_takes_no_gzip_gets_none()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        byte[] frame = RawCall.Frame(RawCall.Gzip(Long.ToByteArray()), 1);
        var answer = await (RawCall.Once(frame) with { Headers = [("grpc-encoding", "gzip")] }).Send(http, server.Address);
        Assert.Equal((GrpcCode.Ok, 0), (answer.Code, answer.Body[0]));
        Assert.False(answer.Headers.ContainsKey("grpc-encoding"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("identity")]
    public async Task A_compressed_message_without_an_encoding_is_refused(string? encoding)
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        var call = RawCall.Once(RawCall.Frame(RawCall.Gzip(Long.ToByteArray()), 1)) with
        {
            Headers = encoding is null ? [] : [("grpc-encoding", encoding)],
        };
        Assert.Equal(GrpcCode.Internal, (await call.Send(http, server.Address)).Code);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("GZIP")]
    [InlineData("")]
    public async Task An_unknown_encoding_is_UNIMPLEMENTED_and_the_known_ones_are_named(string encoding)
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        var answer = await (RawCall.Once(RawCall.Frame(Long)) with { Headers = [("grpc-encoding", encoding)] }).Send(http, server.Address);
        Assert.Equal((GrpcCode.Unimplemented, "identity,gzip"), (answer.Code, answer.Headers["grpc-accept-encoding"]));
    }

    [Fact]
    public async Task Gzip_that_is_damaged_or_cut_anywhere_is_refused()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        byte[] gzip = RawCall.Gzip(Long.ToByteArray());
        for (int length = 0; length < gzip.Length; length++)
            Assert.Equal(GrpcCode.Internal, await Code(gzip[..length]));
        byte[] damaged = [.. gzip];
        damaged[0] ^= 1;
        Assert.Equal(GrpcCode.Internal, await Code(damaged));
        Assert.Equal(GrpcCode.Ok, await Code(gzip));
        Assert.Empty(server.Log.Lines);

        async Task<GrpcCode> Code(byte[] bytes) =>
            (await (RawCall.Once(RawCall.Frame(bytes, 1)) with { Headers = GzipHeaders }).Send(http, server.Address)).Code;
    }
}

using System.Net;
using Google.Protobuf;
using PatientGrains.Grpc.Tests.Echo;

namespace PatientGrains.Grpc.Tests.Server;

/// <summary>Whatever the bytes are, the answer says what is wrong, and the server goes on.</summary>
public class BadFrameTests
{
    private static readonly Piece Good = new() { Text = "good", Count = 300 };

    [Fact]
    public async Task A_request_that_is_cut_anywhere_is_refused()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        byte[] whole = RawCall.Frame(Good);
        for (int length = 0; length < whole.Length; length++)
        {
            var answer = await RawCall.Once(whole[..length]).Send(http, server.Address);
            // No message at all is a wrong number of messages; a cut one is a broken stream.
            Assert.Equal(length == 0 ? GrpcCode.Unimplemented : GrpcCode.Internal, answer.Code);
            Assert.Equal(HttpStatusCode.OK, answer.Http);
            Assert.Empty(answer.Body);
        }
        Assert.Equal(GrpcCode.Ok, (await RawCall.Once(whole).Send(http, server.Address)).Code);
    }

    [Fact]
    public async Task A_stream_that_is_cut_anywhere_answers_what_was_whole()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        byte[] frame = RawCall.Frame(Good);
        byte[] two = [.. frame, .. frame];
        for (int length = 0; length <= two.Length; length++)
        {
            var answer = await RawCall.Talk(two[..length]).Send(http, server.Address);
            Assert.Equal(length % frame.Length == 0 ? GrpcCode.Ok : GrpcCode.Internal, answer.Code);
            Assert.Equal(two[..(length / frame.Length * frame.Length)], answer.Body);
        }
    }

    [Fact]
    public async Task Two_messages_for_a_unary_call_are_one_too_many()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        var answer = await RawCall.Once(RawCall.Frame(Good), RawCall.Frame(Good)).Send(http, server.Address);
        Assert.Equal(GrpcCode.Unimplemented, answer.Code);
    }

    [Theory]
    [InlineData(1_001)]
    [InlineData(uint.MaxValue)]
    public async Task A_message_over_the_limit_is_refused_by_its_length(uint length)
    {
        await using var server = await EchoServer.Start(new GrpcLimits { MaxRequestBytes = 1_000 });
        using var http = server.Raw();
        var answer = await RawCall.Once(RawCall.Frame(new byte[10], length: length)).Send(http, server.Address);
        Assert.Equal((GrpcCode.ResourceExhausted, "A message is longer than 1000 bytes."), (answer.Code, answer.Message));
    }

    [Fact]
    public async Task A_response_over_the_limit_is_refused_on_both_sides()
    {
        await using var server = await EchoServer.Start(new GrpcLimits { MaxResponseBytes = 1_000 });
        var large = new Piece { Content = ByteString.CopyFrom(new byte[1_001]) };
        var sent = await Assert.ThrowsAsync<GrpcException>(() => server.Channel().Unary<Piece, Piece>(EchoServer.Once, large));
        Assert.Equal(GrpcCode.ResourceExhausted, sent.Code);
        await using var other = await EchoServer.Start();
        var received = await Assert.ThrowsAsync<GrpcException>(() =>
            other.Channel(new() { MaxResponseBytes = 1_000 }).Unary<Piece, Piece>(EchoServer.Once, large));
        Assert.Equal(GrpcCode.ResourceExhausted, received.Code);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(255)]
    public async Task A_flag_that_means_nothing_is_refused(byte flag)
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        Assert.Equal(GrpcCode.Internal, (await RawCall.Once(RawCall.Frame(Good.ToByteArray(), flag)).Send(http, server.Address)).Code);
    }

    [Fact]
    public async Task Bytes_that_are_no_message_of_the_type_are_refused()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        byte[][] bad = [[0x0a, 0x05, (byte)'x'], [0xff], [0x0b], [0x07], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]];
        foreach (byte[] message in bad)
            Assert.Equal(GrpcCode.Internal, (await RawCall.Once(RawCall.Frame(message)).Send(http, server.Address)).Code);
    }

    [Fact]
    public async Task Random_bytes_never_break_the_server()
    {
        await using var server = await EchoServer.Start(new GrpcLimits { MaxRequestBytes = 10_000 });
        using var http = server.Raw();
        var random = new Random(11);
        for (int i = 0; i < 300; i++)
        {
            byte[] body = RawCall.Frame(Good);
            foreach (int _ in Enumerable.Range(0, random.Next(1, 4)))
                body[random.Next(body.Length)] = (byte)random.Next(256);
            var answer = await RawCall.Once(body).Send(http, server.Address);
            Assert.Contains(answer.Code, new[] { GrpcCode.Ok, GrpcCode.Internal, GrpcCode.ResourceExhausted, GrpcCode.Unimplemented });
        }
        Assert.Empty(server.Log.Lines);
    }
}

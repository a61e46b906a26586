using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PatientGrains.Grpc.Tests.Echo;

namespace PatientGrains.Grpc.Tests.Server;

public class AddressTests
{
    [Theory]
    [InlineData("/patientgrains.tests.EchoService/Gone")]
    [InlineData("/patientgrains.tests.EchoService/once")]
    [InlineData("/patientgrains.tests.Other/Once")]
    [InlineData("/Once")]
    [InlineData("/")]
    [InlineData("/a/b/c%2fd")]
    public async Task An_unknown_method_is_UNIMPLEMENTED(string path)
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        var answer = await new RawCall(path) { Body = RawCall.Frame(new Piece()) }.Send(http, server.Address);
        Assert.Equal((HttpStatusCode.OK, GrpcCode.Unimplemented), (answer.Http, answer.Code));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("application/grpc+json")]
    [InlineData("application/grpcx")]
    [InlineData("text/plain")]
    public async Task Another_content_type_is_415_without_a_status(string? type)
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        var answer = await (RawCall.Once(RawCall.Frame(new Piece())) with { ContentType = type }).Send(http, server.Address);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Http);
        Assert.False(answer.Headers.ContainsKey("grpc-status") || answer.Trailers.ContainsKey("grpc-status"));
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    [InlineData("Application/gRPC")]
    public async Task Spellings_of_the_content_type_are_taken(string type)
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        var answer = await (RawCall.Once(RawCall.Frame(new Piece())) with { ContentType = type }).Send(http, server.Address);
        Assert.Equal((HttpStatusCode.OK, GrpcCode.Ok), (answer.Http, answer.Code));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    public async Task Another_HTTP_method_is_405(string method)
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await (RawCall.Once() with { Method = method }).Send(http, server.Address)).Http);
    }

    [Fact]
    public async Task Http_1_is_told_to_upgrade()
    {
        await using var server = await EchoServer.Start();
        using var http = server.Raw();
        var raw = RawCall.Once(RawCall.Frame(new Piece())) with { Version = HttpVersion.Version11 };
        var answer = await raw.Send(http, server.Http1Address);
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.Http);
    }

    [Fact]
    public async Task What_is_not_gRPC_is_left_to_others()
    {
        var echo = GrpcMethod.Unary<Piece, Piece>(EchoServer.Once, (piece, _) => Task.FromResult(piece));
        await using var server = await EchoServer.Start([echo], also: app => app.Run(http =>
        {
            http.Response.StatusCode = StatusCodes.Status418ImATeapot;
            return Task.CompletedTask;
        }));
        using var http = server.Raw();
        var other = new RawCall("/fhir/Patient") { ContentType = "application/fhir+json" };
        Assert.Equal((HttpStatusCode)418, (await other.Send(http, server.Address)).Http);
        Assert.Equal((HttpStatusCode)418, (await (other with { Version = HttpVersion.Version11 }).Send(http, server.Http1Address)).Http);
    }
}

using PatientGrains.Grpc.Health;
using PatientGrains.Grpc.Tests.Echo;
using ServingStatus = PatientGrains.Grpc.Health.HealthCheckResponse.Types.ServingStatus;

namespace PatientGrains.Grpc.Tests.Server;

public class HealthTests
{
    private readonly GrpcHealth _health = new();

    [Fact]
    public async Task Each_service_says_whether_it_serves()
    {
        _health.Set("", true);
        _health.Set("down", false);
        await using var server = await EchoServer.Start(_health.Methods);
        Assert.Equal(ServingStatus.Serving, (await Check(server, "")).Status);
        Assert.Equal(ServingStatus.NotServing, (await Check(server, "down")).Status);
        var error = await Assert.ThrowsAsync<GrpcException>(() => Check(server, "other"));
        Assert.Equal(GrpcCode.NotFound, error.Code);
    }

    [Fact]
    public async Task A_watcher_hears_of_changes_and_of_nothing_else()
    {
        await using var server = await EchoServer.Start(_health.Methods);
        await using var watch = server.Channel().Open<HealthCheckRequest, HealthCheckResponse>(_health.Methods[1].Descriptor);
        await watch.Write(new HealthCheckRequest { Service = "later" });
        watch.CloseRequests();
        Assert.Equal(ServingStatus.ServiceUnknown, (await watch.Next())!.Status);
        _health.Set("other", true);
        _health.Set("later", true);
        Assert.Equal(ServingStatus.Serving, (await watch.Next())!.Status);
        _health.Set("later", true);
        _health.Set("later", false);
        Assert.Equal(ServingStatus.NotServing, (await watch.Next())!.Status);
    }

    private Task<HealthCheckResponse> Check(EchoServer server, string service) =>
        server.Channel().Unary<HealthCheckRequest, HealthCheckResponse>(
            _health.Methods[0].Descriptor, new HealthCheckRequest { Service = service });
}

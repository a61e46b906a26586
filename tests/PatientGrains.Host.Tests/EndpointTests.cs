using System.Net;
using System.Text.Json;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Tests;

public class EndpointTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8090", "http://127.0.0.1:8091/")]
    [InlineData("http://localhost:5000", "http://localhost:5001/")]
    [InlineData("http://127.0.0.1:0", "http://127.0.0.1:0/")]
    public void Without_TLS_grpc_has_the_next_port(string url, string grpc) =>
        Assert.Equal(grpc, new HostSettings { Url = url }.CheckedGrpcUrl()!.ToString());

    [Fact]
    public void With_TLS_one_port_serves_both_unless_another_is_asked_for()
    {
        var secure = new HostSettings { Url = "https://records.example.org:8090", Certificate = "c.pem", CertificateKey = "k.pem" };
        Assert.Null(secure.CheckedGrpcUrl());
        Assert.Null((secure with { GrpcUrl = secure.Url }).CheckedGrpcUrl());
        Assert.Equal(8091, (secure with { GrpcUrl = "https://records.example.org:8091" }).CheckedGrpcUrl()!.Port);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8091")]
    [InlineData("http://records.example.org:8091")]
    [InlineData("https://127.0.0.1:8091")]
    [InlineData("tcp://127.0.0.1:8091")]
    [InlineData("here")]
    public void Grpc_beyond_loopback_needs_TLS_too(string url)
    {
        var refused = Assert.Throws<SettingsException>(() => new HostSettings { GrpcUrl = url }.CheckedGrpcUrl());
        Assert.StartsWith("GrpcUrl", refused.Message.Replace("An https ", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_program_serves_grpc_where_it_says_and_nothing_else_by_http_1_there()
    {
        using var folder = new TemporaryFolder();
        using var server = await Server.Start(folder);
        Assert.NotEqual(server.Url, server.GrpcUrl);
        var refused = await Assert.ThrowsAsync<GrpcException>(
            () => server.Grpc(folder).Read(new ReadRequest { Type = "Patient", Id = "nobody" }));
        Assert.Equal(GrpcCode.NotFound, refused.Code);
        using var health = await server.Http.GetAsync(new Uri(server.Url + "/health"));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        using var wrong = await server.Http.GetAsync(new Uri(server.GrpcUrl + "/health"));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        string announced = await File.ReadAllTextAsync(Path.Combine(folder["data"], "server.json"));
        Assert.Contains(server.GrpcUrl, announced);
    }

    [Fact]
    public async Task The_program_tells_a_health_check_whether_a_node_can_work()
    {
        using var folder = new TemporaryFolder();
        using (var server = await Server.Start(folder))
        {
            Ask(server.Url);
            // Probes ask again: an answer that takes seconds is none, and a busy machine may take them.
            Ran ran;
            while ((ran = await Tool.Run(folder, "ready")).Exit != 0)
                Assert.Contains("not ready", ran.Out);
            Assert.StartsWith("ready", ran.Out);
        }
        using var nobody = new Squatter(IPAddress.Loopback);
        Ask($"http://127.0.0.1:{nobody.Port}");
        Assert.Contains("no answer", (await Tool.Expect(1, folder, "ready")).Out);

        void Ask(string url) => File.WriteAllText(folder["patientgrains.json"], JsonSerializer.Serialize(new { Url = url }));
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using PatientGrains.Host.Composition;
using PatientGrains.TestServers;
using Xunit.Abstractions;

namespace PatientGrains.Cluster.Tests;

/// <summary>Silos and a gateway as processes of the real program, over one PostgreSQL for records and membership.</summary>
public sealed class NodeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string[] Patients = [.. Enumerable.Range(0, 24).Select(i => $"p{i}")];

    private readonly string _folder = Directory.CreateTempSubdirectory("patientgrains-nodes-").FullName;
    private PostgresServer _postgres = null!;
    private string _connection = null!;

    private string Ring => Path.Combine(_folder, "ring.json");

    public async Task InitializeAsync()
    {
        _postgres = await PostgresServer.Launch();
        _connection = await _postgres.CreateDatabase("records");
        await NodeProcess.Run(["keys", "init"], ("KeyRing", Ring));
    }

    public async Task DisposeAsync()
    {
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [PostgresFact]
    public async Task A_silo_killed_by_the_machine_loses_nothing_and_its_patients_are_served_again_within_seconds()
    {
        using var first = await Silo();
        using var second = await Silo();
        using var third = await Silo();
        using var gateway = await NodeProcess.Start("gateway", Shared);
        using var http = await Client(gateway);
        await http.PutPatients(Patients);
        var writers = new Writers(http, Patients, 8);
        using var stop = new CancellationTokenSource();
        var writing = writers.Run(stop.Token);
        await Waiting.Until(() => writers.Acknowledged.Count > 200, writing);
        long killed = Stopwatch.GetTimestamp();
        await second.Kill();
        await Waiting.Until(() => writers.HaveAllBeenServedAfter(killed), writing);
        var served = writers.AllServedAfter(killed);
        // A silo that comes back under the same address is another one.
        using var again = await Silo();
        int before = writers.Acknowledged.Count;
        await Waiting.Until(() => writers.Acknowledged.Count > before + 200, writing);
        // The oldest is told to leave, and nobody notices.
        int told = writers.Told503;
        Assert.Equal(0, await first.Stop());
        before = writers.Acknowledged.Count;
        await Waiting.Until(() => writers.Acknowledged.Count > before + 200, writing);
        Assert.Equal(told, writers.Told503);
        await stop.CancelAsync();
        await writing;
        await writers.FindEverything();
        output.WriteLine($"served again {served.TotalSeconds:F1} s after SIGKILL; {writers.Acknowledged.Count} acknowledged, 0 lost; "
            + $"the longest request took {writers.Longest.TotalSeconds:F1} s; 503: {told}");
        Assert.True(served < TimeSpan.FromSeconds(20));
        Assert.Equal(0, await gateway.Stop());
        Assert.Contains("All chains are sound", await NodeProcess.Run(["verify"], Shared));
    }

    [PostgresFact]
    public async Task A_gateway_is_ready_while_a_silo_answers_and_says_when_none_does()
    {
        // It is started before there is a silo, and waits for one.
        var starting = NodeProcess.Start("gateway", Shared);
        using var silo = await Silo();
        using var gateway = await starting;
        using var http = await Client(gateway);
        Assert.Equal((HttpStatusCode.OK, "ready"), await Ready(http, silo));
        Assert.Equal((HttpStatusCode.OK, "ready"), await Ready(http, gateway));
        await silo.Kill();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready: no silo answers"), await ReadyWhenStale(http, gateway));
        using (var health = await http.GetAsync(new Uri(gateway.Url, "/health")))
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        // A request meanwhile is told to come again, not that the server is broken.
        using var refused = await http.GetAsync("Patient/nobody");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    private static async Task<(HttpStatusCode, string)> ReadyWhenStale(HttpClient http, NodeProcess node)
    {
        // What a probe found is told for a second.
        var answer = await Ready(http, node);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (answer.Item1 == HttpStatusCode.OK)
        {
            await Task.Delay(100, deadline.Token);
            answer = await Ready(http, node);
        }
        return answer;
    }

    private static async Task<(HttpStatusCode, string)> Ready(HttpClient http, NodeProcess node)
    {
        using var answer = await http.GetAsync(new Uri(node.Url, "/ready"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [PostgresFact]
    public async Task Nodes_that_start_together_make_the_membership_tables_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MembershipTables.Create(_connection, CancellationToken.None)));
        using var silo = await Silo();
        Assert.Equal(0, await silo.Stop());
    }

    private Task<NodeProcess> Silo() => NodeProcess.Start("silo",
        [.. Shared, ("SiloPort", FreePort()), ("GatewayPort", FreePort()), ("AdvertisedAddress", "127.0.0.1")]);

    private (string, string)[] Shared =>
    [
        ("Store", "postgres"), ("Postgres", _connection), ("Clustering", "postgres"), ("KeyRing", Ring), ("ClusterNetwork", "trusted"),
    ];

    private async Task<HttpClient> Client(NodeProcess gateway)
    {
        string token = (await NodeProcess.Run(["token", "--subject", "dr-test"], Shared)).Trim();
        var http = new HttpClient { BaseAddress = new Uri(gateway.Url, "/fhir/"), Timeout = TimeSpan.FromMinutes(1) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static string FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>Needs a PostgreSQL server here; skipped with the reason where there is none, and failed in CI.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true")
            Skip = PostgresServer.Missing;
    }
}

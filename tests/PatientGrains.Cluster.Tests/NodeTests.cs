using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
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
    private Nodes _nodes = null!;

    public async Task InitializeAsync()
    {
        _postgres = await PostgresServer.Launch();
        _connection = await _postgres.CreateDatabase("records");
        _nodes = new Nodes(
            ("Store", "postgres"), ("Postgres", _connection), ("Clustering", "postgres"), ("ClusterNetwork", "trusted"),
            ("KeyRing", Path.Combine(_folder, "ring.json")));
        await NodeProcess.Run(["keys", "init"], _nodes.Shared);
    }

    public async Task DisposeAsync()
    {
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [PostgresFact]
    public Task A_silo_killed_by_the_machine_loses_nothing_and_its_patients_are_served_again_within_seconds() =>
        _nodes.LoseOneSiloAndLetAnotherGo(Patients, 200, output);

    [PostgresFact]
    public async Task A_gateway_is_ready_while_a_silo_answers_and_says_when_none_does()
    {
        // It is started before there is a silo, and waits for one.
        var starting = _nodes.Gateway();
        using var silo = await _nodes.Silo();
        using var gateway = await starting;
        using var http = await _nodes.Client(gateway);
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
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var deadline = new CancellationTokenSource(TestedCluster.Patience);
        while (answer.Item1 == HttpStatusCode.OK)
        {
            await pace.WaitForNextTickAsync(deadline.Token);
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
    public async Task Nodes_with_certificates_speak_TLS_and_know_nobody_whom_another_authority_vouches_for()
    {
        var authority = new Authority(Path.Combine(_folder, "ours"));
        var nodes = new Nodes([.. _nodes.Shared.Where(setting => setting.Name != "ClusterNetwork")]);
        string port = Nodes.FreePort();
        using var silo = await nodes.Silo([.. authority.Node(), ("GatewayPort", port)]);
        using var second = await nodes.Silo(authority.Node());
        var other = new Authority(Path.Combine(_folder, "theirs"));
        using var end = new CancellationTokenSource();
        var theirs = NodeProcess.Start("gateway", end.Token, [.. nodes.Shared, .. other.Node()]);
        try
        {
            using var gateway = await nodes.Gateway(authority.Node());
            using var http = await _nodes.Client(gateway);
            await http.PutPatients(Patients);
            // Whoever dials in without a certificate is hung up on.
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
            await using var stranger = new SslStream(socket.GetStream(), false, (_, _, _, _) => true);
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await stranger.AuthenticateAsClientAsync("node.patientgrains");
                await stranger.ReadExactlyAsync(new byte[1]);
            });
            // And so is a gateway with somebody else's: one that began after it serves, and it does not.
            using (await nodes.Gateway(authority.Node()))
                Assert.False(theirs.IsCompleted);
        }
        finally
        {
            await end.CancelAsync();
        }
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => theirs);
    }

    [PostgresFact]
    public async Task The_dashboard_is_for_operators_and_has_no_page_about_a_single_grain()
    {
        using var silo = await _nodes.Silo(("Dashboard", "true"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Look(silo, "/dashboard/DashboardCounters", null));
        Assert.Equal(HttpStatusCode.Forbidden, await Look(silo, "/dashboard/DashboardCounters", "clinician"));
        Assert.Equal(HttpStatusCode.OK, await Look(silo, "/dashboard/DashboardCounters", "operator"));
        foreach (string page in (string[])["GrainState", "grainstate", "Trace", "Reminders", "Reminders/1"])
            Assert.Equal(HttpStatusCode.NotFound, await Look(silo, "/dashboard/" + page, "operator"));
    }

    private async Task<HttpStatusCode> Look(NodeProcess silo, string path, string? role)
    {
        using var http = new HttpClient();
        if (role is not null)
        {
            string token = (await NodeProcess.Run(["token", "--subject", "somebody", "--role", role], _nodes.Shared)).Trim();
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        using var answer = await http.GetAsync(new Uri(silo.Url, path));
        return answer.StatusCode;
    }

    [PostgresFact]
    public async Task Nodes_that_start_together_make_the_membership_tables_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MembershipTables.Create(_connection, CancellationToken.None)));
        using var silo = await _nodes.Silo();
        Assert.Equal(0, await silo.Stop());
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

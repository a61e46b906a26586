using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.TestingHost;
using PatientGrains.Core.Access;
using PatientGrains.Gateway;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Cluster.Tests;

/// <summary>
/// Silos of this process over one log, with the codec, filters, probes and wakers that Host gives them; before them a client of theirs, and
/// on it the real front on Kestrel.
/// </summary>
internal sealed class TestedCluster : IAsyncDisposable
{
    /// <summary>Only what hangs for ever takes as long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly KeyRing _ring;
    private readonly HostSettings _settings = new();
    private WebApplication? _front;

    private TestedCluster(InProcessTestCluster silos, IPatientLog log, KeyRing ring) => (Silos, Log, _ring) = (silos, log, ring);

    public InProcessTestCluster Silos { get; }

    public IPatientLog Log { get; }

    public IGrainFactory Grains => Silos.Client;

    /// <summary>A clinician's client of the front.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <param name="count">How many silos.</param>
    /// <param name="log">Null for one in memory.</param>
    /// <param name="ring">Null for one of its own.</param>
    /// <param name="clock">The records' clock; null for the system's.</param>
    /// <param name="isSafe">No silo dies or leaves: then one that gets no time for a while is not taken for dead, and is waited for. A call
    /// that a leaving silo loses is one that is made again when <see cref="GrainCalls.Timeout"/> has passed.</param>
    public static async Task<TestedCluster> Start(
        short count, IPatientLog? log = null, KeyRing? ring = null, TimeProvider? clock = null, bool isSafe = true)
    {
        log ??= new InMemoryLog();
        ring ??= KeyRing.Ephemeral();
        clock ??= TimeProvider.System;
        var builder = new InProcessTestClusterBuilder(count);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton(KeyedService.AnyKey, TimeProvider.System);
            Services.AddRecordParts(silo.Services, log, ring, clock);
            Host.Composition.Cluster.AddStreamStorage(silo);
            Host.Composition.Cluster.SetProbes(silo);
            if (isSafe)
                silo.Configure<ClusterMembershipOptions>(membership => membership.ProbeTimeout = Patience);
            Engine.AddParts(silo);
            Services.AddWaker(silo.Services, clock);
        });
        builder.ConfigureClient(client =>
        {
            Engine.AddParts(client);
            if (isSafe)
                client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = Patience);
        });
        var cluster = new TestedCluster(builder.Build(), log, ring);
        await cluster.Silos.DeployAsync();
        await cluster.OpenFront(clock);
        return cluster;
    }

    private async Task OpenFront(TimeProvider clock)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, http => http.Protocols = HttpProtocols.Http1));
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(Grains);
        Services.AddGateway(builder, _settings, _ring);
        _front = builder.Build();
        _front.MapPatientGrains();
        await _front.StartAsync();
        var issuer = new TokenIssuer(Services.GatewayOptionsOf(_settings, _ring), clock);
        var who = new Requester { Subject = "dr-test", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" };
        Http = new HttpClient { BaseAddress = new Uri(_front.Urls.First() + "/fhir/"), Timeout = Patience };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issuer.Issue(who, TimeSpan.FromDays(365)));
    }

    /// <summary>How many grains of a type each silo hosts.</summary>
    public async Task<Dictionary<SiloAddress, int>> Hosted(string type)
    {
        var statistics = await Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return statistics.Where(grain => grain.GrainId.Type.ToString() == type).GroupBy(grain => grain.SiloAddress)
            .ToDictionary(silo => silo.Key, silo => silo.Count());
    }

    /// <summary>Patients of these names, so many that each silo hosts one: where they come to live is left to chance.</summary>
    public async Task<List<string>> PatientsOnAllSilos(string prefix)
    {
        var patients = new List<string>();
        do
        {
            string[] more = [.. Enumerable.Range(patients.Count, 12).Select(i => prefix + i)];
            await Http.PutPatients(more);
            patients.AddRange(more);
        }
        while ((await Hosted("patient")).Count < Silos.Silos.Count);
        return patients;
    }

    /// <summary>The silo that hosts a patient now.</summary>
    public async Task<InProcessSiloHandle> HostOf(string patient)
    {
        var statistics = await Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        var at = statistics.Single(grain => grain.GrainId.ToString() == "patient/" + patient).SiloAddress;
        return Silos.Silos.Single(silo => silo.SiloAddress.Equals(at));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _front!.DisposeAsync();
        await Silos.DisposeAsync();
    }
}

/// <summary>What tests ask the front.</summary>
internal static class Asking
{
    public static async Task<HttpResponseMessage> Put(this HttpClient http, string url, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, url);
        request.Content = new StringContent(body, Encoding.UTF8, "application/fhir+json");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        request.Headers.Add("Prefer", "return=minimal");
        return await http.SendAsync(request);
    }

    public static async Task PutPatients(this HttpClient http, IEnumerable<string> ids)
    {
        foreach (string id in ids)
            await http.Create("Patient/" + id, $$"""{"resourceType":"Patient","id":"{{id}}"}""");
    }

    /// <summary>A cluster that has just begun on a busy machine may say 503 to the first, as to any client.</summary>
    public static async Task Create(this HttpClient http, string url, string body)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var deadline = new CancellationTokenSource(TestedCluster.Patience);
        while (true)
        {
            using (var answer = await http.Put(url, body, url))
            {
                if (answer.StatusCode == HttpStatusCode.Created)
                    return;
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            }
            await pace.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>A weight, which no screen looks at.</summary>
    public static string Weight(string id, string patient, int kg) => $$$"""
        {"resourceType":"Observation","id":"{{{id}}}","status":"final","subject":{"reference":"Patient/{{{patient}}}"},
        "code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},
        "valueQuantity":{"value":{{{kg}}},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}
        """;

    /// <summary>A lactate that raises an alert, and an urgent one from 4 mmol/L on.</summary>
    public static string Lactate(string id, string patient, DateTimeOffset at) => $$$"""
        {"resourceType":"Observation","id":"{{{id}}}","status":"final","subject":{"reference":"Patient/{{{patient}}}"},
        "code":{"coding":[{"system":"http://loinc.org","code":"2524-7"}]},"effectiveDateTime":"{{{at:yyyy-MM-ddTHH:mm:ssZ}}}",
        "valueQuantity":{"value":4.5,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}
        """;
}

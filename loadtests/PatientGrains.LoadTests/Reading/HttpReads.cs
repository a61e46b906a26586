using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;

namespace PatientGrains.LoadTests.Reading;

/// <summary>The same reads through the FHIR front, client and server in one process on the same cores, beside an address that answers
/// without doing anything.</summary>
internal static class HttpReads
{
    public static async Task Measure(Settings settings, HostSettings host, Report report, Requester who, LargePatient whole)
    {
        await using var server = await RecordServer.StartWithFront(host, default);
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        var keys = await Everything.KeysOf(grains, await Everything.Patients(server), who);
        using var client = Client(server, host, who);
        Task Read(int i) => Get(client, "fhir/" + Pick(keys, i));
        Task Health(int i) => Get(client, "health");
        report.Line("-- HTTP: the same through Kestrel and the FHIR front, the client in the same process");
        await Loops.Closed(settings.Callers, settings.Seconds / 2, Read);
        var reads = new List<LoopResult>();
        var floors = new List<LoopResult>();
        for (int round = 0; round < Math.Max(1, settings.Rounds / 2); round++)
        {
            floors.Add(await Loops.Closed(settings.Callers, settings.Seconds, Health));
            reads.Add(await Loops.Closed(settings.Callers, settings.Seconds, Read));
        }
        report.Line($"   closed loop, {settings.Callers} callers            {ReadScenario.Median(reads)}");
        report.Line($"   GET /health, as many callers              {ReadScenario.Median(floors)}");
        report.Line($"   reads : health {Report.Median(reads.Zip(floors, (a, b) => a.PerSecond / b.PerSecond)):F2}");
        await Open(settings, report, Read, Health);
        string everything = $"fhir/Patient/{whole.Id}/$everything?_count={whole.Resources}";
        var all = await Loops.Closed(1, settings.Seconds, _ => Get(client, everything));
        report.Line($"   $everything of {whole.Resources}, one caller           {all}");
        report.Budget($"$everything of {whole.Resources} resources, HTTP, p50", all.P50, "ms", 10, atMost: true);
    }

    private static async Task Open(Settings settings, Report report, Func<int, Task> read, Func<int, Task> health)
    {
        var floor = await Loops.Open(settings.Rate, settings.Seconds, health);
        var open = await Loops.Open(settings.Rate, settings.Seconds, read);
        report.Line($"   open loop at {settings.Rate}/s                 {open}");
        report.Line($"   GET /health, open loop at {settings.Rate}/s    {floor}");
        report.Budget($"audited read, HTTP, p99 at {settings.Rate}/s", open.P99, "ms", 5, atMost: true);
    }

    private static ResourceKey Pick(List<(string Log, ResourceKey Key)> keys, int i) =>
        keys[(int)((uint)i * 2654435761u % (uint)keys.Count)].Key;

    private static HttpClient Client(RecordServer server, HostSettings host, Requester who)
    {
        string token = new TokenIssuer(Services.GatewayOptionsOf(host, server.Ring), TimeProvider.System).Issue(who, TimeSpan.FromHours(1));
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = new Uri(server.Url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static async Task Get(HttpClient client, string address)
    {
        using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await answer.Content.CopyToAsync(Stream.Null);
    }
}

using System.Net.Http.Headers;
using System.Text.Json;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Live;

/// <summary>
/// The server that runs on a data folder, if one does. It says where it listens in <c>server.json</c> there; whoever may read that and the key ring may talk to it as operator.
/// </summary>
internal sealed class LiveServer(HttpClient http, string url) : IDisposable
{
    private sealed record Address(string Url, int Pid);

    public string Url { get; } = url;

    public HttpClient Http { get; } = http;

    private static string FileOf(HostSettings settings) => Path.Combine(settings.Data, "server.json");

    public static async Task Announce(HostSettings settings, string url)
    {
        await File.WriteAllTextAsync(FileOf(settings), JsonSerializer.Serialize(new Address(url, Environment.ProcessId)));
    }

    public static void Withdraw(HostSettings settings) => File.Delete(FileOf(settings));

    /// <summary>Null when no server answers; its address may then be a leftover of one that was killed.</summary>
    public static async Task<LiveServer?> Find(HostSettings settings, KeyRing ring, Requester who, CancellationToken cancel)
    {
        if (!File.Exists(FileOf(settings)))
            return null;
        if (JsonSerializer.Deserialize<Address>(await File.ReadAllTextAsync(FileOf(settings), cancel)) is not { } address)
            return null;
        var http = new HttpClient { BaseAddress = new Uri(address.Url + "/"), Timeout = TimeSpan.FromMinutes(10) };
        try
        {
            using var health = await http.GetAsync("health", cancel);
            health.EnsureSuccessStatusCode();
        }
        catch (HttpRequestException)
        {
            http.Dispose();
            return null;
        }
        var issuer = new TokenIssuer(Services.GatewayOptionsOf(settings, ring), TimeProvider.System);
        string token = issuer.Issue(who, TimeSpan.FromHours(12));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new LiveServer(http, address.Url);
    }

    public void Dispose() => Http.Dispose();
}

using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Live;

/// <summary>
/// The server that runs on a data folder, if one does. It says where it listens in <c>server.json</c> there; whoever may read that and the
/// key ring may talk to it as operator.
/// </summary>
internal sealed class LiveServer(HttpClient http, string url) : IDisposable
{
    /// <summary>
    /// How long a server may take to say that it is up. One that was killed refuses at once; a busy one that was given up too early would
    /// make a verb say that the folder is in use.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <param name="Url">Where it listens.</param>
    /// <param name="GrpcUrl">Where it serves gRPC; null in what an older program wrote.</param>
    /// <param name="Fingerprint">SHA-256 of its certificate: whatever names that carries, and whoever signed it, this is the one.</param>
    private sealed record Address(string Url, int Pid, string? Fingerprint, string? GrpcUrl = null);

    public string Url { get; } = url;

    public HttpClient Http { get; } = http;

    private static string FileOf(HostSettings settings) => Path.Combine(settings.Data, "server.json");

    public static async Task Announce(HostSettings settings, string url, string grpcUrl, string? fingerprint)
    {
        // Whoever reads it finds all of it or none.
        string draft = FileOf(settings) + ".new";
        await File.WriteAllTextAsync(draft, JsonSerializer.Serialize(new Address(url, Environment.ProcessId, fingerprint, grpcUrl)));
        File.Move(draft, FileOf(settings), overwrite: true);
    }

    public static void Withdraw(HostSettings settings) => File.Delete(FileOf(settings));

    /// <summary>Null when no server answers; its address may then be a leftover of one that was killed.</summary>
    public static async Task<LiveServer?> Find(HostSettings settings, KeyRing ring, Requester who, CancellationToken cancel)
    {
        if (await Announced(settings, cancel) is not { } address)
            return null;
        var http = Client(address.Url, address.Fingerprint);
        http.Timeout = TimeSpan.FromMinutes(10);
        if (!await IsUp(http, cancel))
        {
            http.Dispose();
            return null;
        }
        var issuer = new TokenIssuer(Services.GatewayOptionsOf(settings, ring), TimeProvider.System);
        string token = issuer.Issue(who, TimeSpan.FromHours(12));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new LiveServer(http, address.Url);
    }

    /// <summary>Where the server of a data folder says that it serves gRPC, and the certificate that it has there.</summary>
    public static async Task<(Uri Url, string? Fingerprint)?> GrpcOf(HostSettings settings, CancellationToken cancel) =>
        await Announced(settings, cancel) is { GrpcUrl: { } grpc, Fingerprint: var fingerprint } ? (Reachable(grpc), fingerprint) : null;

    private static async Task<Address?> Announced(HostSettings settings, CancellationToken cancel)
    {
        // Whatever runs on the data folder does not serve a store that nodes share.
        if (!settings.IsEmbedded)
            return null;
        try
        {
            string file = FileOf(settings);
            return File.Exists(file) ? JsonSerializer.Deserialize<Address>(await File.ReadAllTextAsync(file, cancel)) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A client of a server on this machine that trusts one certificate, whatever names it carries and whoever signed it.</summary>
    public static HttpClient Client(string url, X509Certificate2? certificate) =>
        Client(url, certificate?.GetCertHashString(HashAlgorithmName.SHA256));

    private static HttpClient Client(string url, string? fingerprint)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is not null && certificate.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint;
        return new HttpClient(handler) { BaseAddress = Reachable(url) };
    }

    /// <summary>Who listens on every address of the machine is reached by the loopback.</summary>
    private static Uri Reachable(string url) =>
        new(url.TrimEnd('/').Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal)
            .Replace("//[::]:", "//[::1]:", StringComparison.Ordinal) + "/");

    private static async Task<bool> IsUp(HttpClient http, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            using var health = await http.GetAsync("health", patience.Token);
            return health.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => Http.Dispose();
}

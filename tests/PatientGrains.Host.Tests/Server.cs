using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Tests;

/// <summary><c>patientgrains serve</c> in a process of its own, on a free port of the loopback.</summary>
public sealed class Server : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = [];
    private readonly Task _errors;
    private Task _output = Task.CompletedTask;

    private Server(Process process)
    {
        _process = process;
        _errors = Collect(process.StandardError);
    }

    public string Url { get; private set; } = "";

    public string GrpcUrl { get; private set; } = "";

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Everything it said on both streams.</summary>
    public string Said => string.Join('\n', _said);

    public static Task<Server> Start(TemporaryFolder folder, params string[] arguments) =>
        Start(folder, new Dictionary<string, string>(), arguments);

    public static async Task<Server> Start(TemporaryFolder folder, Dictionary<string, string> environment, params string[] arguments)
    {
        string[] url = arguments.Contains("--url") || environment.ContainsKey("PATIENTGRAINS_URL") ? [] : ["--url", "http://127.0.0.1:0"];
        var server = new Server(Tool.Start(folder, environment, ["serve", .. url, .. arguments]));
        try
        {
            await server.Serves().WaitAsync(Tool.Patience);
            server.Http = Clients.For(server.Url, folder["data"]);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private async Task Serves()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _said.Enqueue(line);
            if (!line.StartsWith("PatientGrains serves ", StringComparison.Ordinal))
                continue;
            Url = line.Split(' ')[2][..^"/fhir".Length];
            GrpcUrl = line.Split(' ')[6];
            _output = Collect(_process.StandardOutput);
            return;
        }
        await _errors;
        await _process.WaitForExitAsync();
        throw new InvalidOperationException($"It did not serve: {_process.ExitCode} {Said}");
    }

    public void Kill() => _process.Kill();

    public void Terminate() => Tool.Send(_process, Tool.Terminate);

    public async Task<int> Ended()
    {
        await _process.WaitForExitAsync().WaitAsync(Tool.Patience);
        await Task.WhenAll(_output, _errors);
        return _process.ExitCode;
    }

    private async Task Collect(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
            _said.Enqueue(line);
    }

    public void Dispose()
    {
        Http?.Dispose();
        Tool.End(_process);
        _process.Dispose();
    }
}

/// <summary>HTTP clients with a token from the folder's key ring.</summary>
internal static class Clients
{
    public static HttpClient For(string url, string data, Role role = Role.Clinician, HttpMessageHandler? handler = null)
    {
        using var ring = KeyRing.Open(Path.Combine(data, "keyring.json"));
        return For(url, ring, role, handler);
    }

    public static HttpClient For(string url, KeyRing ring, Role role, HttpMessageHandler? handler = null)
    {
        var issuer = new TokenIssuer(Services.GatewayOptionsOf(new HostSettings(), ring), TimeProvider.System);
        var who = new Requester { Subject = "dr-test", Roles = [role], Purpose = "TREAT", Source = "local" };
        string token = issuer.Issue(who, TimeSpan.FromHours(1));
        var http = handler is null ? new HttpClient() : new HttpClient(handler);
        http.BaseAddress = new Uri(url + "/fhir/");
        http.Timeout = Tool.Patience;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    public static async Task<HttpResponseMessage> Fhir(
        this HttpClient http, HttpMethod method, string url, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, url);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/fhir+json");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request);
    }
}

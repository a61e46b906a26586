using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using PatientGrains.Core.Access;
using static PatientGrains.Host.Tests.Resources;

namespace PatientGrains.Host.Tests;

public sealed class ServeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("http://0.0.0.0:0", "TLS")]
    [InlineData("http://[::]:0", "TLS")]
    [InlineData("http://records.example.org:0", "TLS")]
    [InlineData("https://127.0.0.1:0", "Certificate")]
    [InlineData("ftp://127.0.0.1", "http")]
    [InlineData("http://localhost:0", "port")]
    public async Task An_address_that_would_put_records_on_a_wire_in_the_clear_or_makes_no_sense_is_refused(string url, string names)
    {
        var ran = await Tool.Expect(2, _folder, "serve", "--url", url);
        Assert.Contains(names, ran.Error);
        Assert.DoesNotContain("   at ", ran.Error);
    }

    [Fact]
    public async Task What_the_web_server_reads_from_its_own_settings_opens_nothing()
    {
        // Whoever tried to listen where somebody does already would not start.
        var squatters = Enumerable.Range(0, 4).Select(_ => new Squatter(IPAddress.Any)).ToArray();
        int[] ports = [.. squatters.Select(squatter => squatter.Port)];
        _folder.Write("appsettings.json", JsonSerializer.Serialize(
            new { urls = $"http://0.0.0.0:{ports[0]}",
                Kestrel = new { Endpoints = new { A = new { Url = $"http://0.0.0.0:{ports[1]}" } } } }));
        using var server = await Server.Start(_folder, new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://0.0.0.0:{ports[2]}",
            ["DOTNET_URLS"] = $"http://0.0.0.0:{ports[2]}",
            ["ASPNETCORE_HTTP_PORTS"] = ports[3].ToString(),
            ["Kestrel__Endpoints__B__Url"] = $"http://0.0.0.0:{ports[3]}",
        });
        Assert.StartsWith("http://127.0.0.1:", server.Url);
        Assert.True((await server.Http.GetAsync("metadata")).IsSuccessStatusCode);
        Array.ForEach(squatters, squatter => squatter.Dispose());
    }

    [Fact]
    public async Task With_a_certificate_it_speaks_TLS_and_the_verbs_find_it_by_that_certificate()
    {
        WriteCertificate("records.example.org");
        _folder.Write("patientgrains.json", """{"Certificate":"cert.pem","CertificateKey":"key.pem"}""");
        using var server = await Server.Start(_folder, "--url", "https://0.0.0.0:0");
        string port = server.Url[(server.Url.LastIndexOf(':') + 1)..];
        using var trusting = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, errors) =>
            errors != SslPolicyErrors.RemoteCertificateNotAvailable };
        using var http = Clients.For($"https://127.0.0.1:{port}", _folder["data"], Role.Clinician, trusting);
        Assert.Equal(HttpStatusCode.Created, (await http.Fhir(HttpMethod.Put, "Patient/p1", Patient("p1"))).StatusCode);

        _folder.Write("a.ndjson", Observation("o1", "p1"));
        Assert.Contains("https://", (await Tool.Expect(0, _folder, "import", "a.ndjson")).Out);
        Assert.Contains("sound", (await Tool.Expect(0, _folder, "verify")).Out);
    }

    [Fact]
    public async Task Another_program_at_the_address_of_a_TLS_server_gets_no_token()
    {
        WriteCertificate("localhost");
        _folder.Write("patientgrains.json", """{"Certificate":"cert.pem","CertificateKey":"key.pem"}""");
        using var server = await Server.Start(_folder, "--url", "https://127.0.0.1:0");
        // The same address with another certificate in its announcement: the verb must not talk to it.
        string announced = File.ReadAllText(_folder["data/server.json"]);
        var fingerprint = JsonSerializer.Deserialize<JsonElement>(announced).GetProperty("Fingerprint").GetString()!;
        File.WriteAllText(_folder["data/server.json"], announced.Replace(fingerprint, new string('0', fingerprint.Length)));
        var ran = await Tool.Expect(2, _folder, "verify");
        Assert.Contains("in use", ran.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Told_to_stop_it_answers_what_is_under_way_and_ends_well()
    {
        using var server = await Server.Start(_folder);
        var slow = new HeldContent(Patient("p1"));
        using var request = new HttpRequestMessage(HttpMethod.Put, "Patient/p1") { Content = slow };
        // The body begins when the server says that it reads it.
        request.Headers.ExpectContinue = true;
        using var patient = new SocketsHttpHandler { Expect100ContinueTimeout = Tool.Patience };
        using var http = Clients.For(server.Url, _folder["data"], Role.Clinician, patient);
        var answer = http.SendAsync(request);
        await slow.Begun;
        server.Terminate();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (await Listens(new Uri(server.Url).Port))
            await look.WaitForNextTickAsync();
        // Nothing is waited for here but time itself: the command line library would give up after two seconds, if it were not told.
        using var longer = new PeriodicTimer(TimeSpan.FromSeconds(2.5));
        await longer.WaitForNextTickAsync();
        slow.GoOn();
        Assert.Equal(HttpStatusCode.Created, (await answer).StatusCode);
        Assert.Equal(0, await server.Ended());
        Assert.False(File.Exists(_folder["data/server.json"]));
        Assert.Contains("Patient/p1/1", (await Store.Versions(Store.Settings(_folder))).Keys);
    }

    [Fact]
    public async Task What_a_killed_server_left_behind_is_in_nobodys_way()
    {
        int port;
        using (var server = await Server.Start(_folder))
        {
            Assert.Equal(HttpStatusCode.Created, (await server.Http.Fhir(HttpMethod.Put, "Patient/p1", Patient("p1"))).StatusCode);
            server.Kill();
            await server.Ended();
            port = new Uri(server.Url).Port;
        }
        using var other = new Squatter(IPAddress.Loopback, port);
        Assert.True(File.Exists(_folder["data/server.json"]));
        _folder.Write("a.ndjson", Observation("o1", "p1"));
        Assert.Contains("this process", (await Tool.Expect(0, _folder, "import", "a.ndjson")).Out);
        File.WriteAllText(_folder["data/server.json"], "{\"Url\":");
        Assert.Contains("sound", (await Tool.Expect(0, _folder, "verify")).Out);
        using var next = await Server.Start(_folder);
        Assert.Contains(next.Url, (await Tool.Expect(0, _folder, "import", "a.ndjson")).Out);
    }

    [Fact]
    public async Task A_second_process_on_the_folder_is_told_that_it_is_in_use()
    {
        using var server = await Server.Start(_folder);
        foreach (string[] verb in (string[][])[["serve", "--url", "http://127.0.0.1:0"], ["keys", "rotate"]])
            Assert.Contains("in use", (await Tool.Expect(2, _folder, verb)).Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("metadata")).StatusCode);
    }

    [Fact]
    public async Task Nothing_that_it_says_names_a_patient()
    {
        using var server = await Server.Start(_folder);
        await server.Http.Fhir(HttpMethod.Put, "Patient/secret-id-1", Patient("secret-id-1"));
        await server.Http.Fhir(HttpMethod.Put, "Patient/secret-id-1",
            "{\"resourceType\":\"Patient\",\"id\":\"secret-id-1\",\"name\":\"" + Family);
        await server.Http.Fhir(HttpMethod.Put, "Patient/secret-id-2", Patient("secret-id-1", ",\"secret-id-3\":1"));
        await server.Http.GetAsync("Patient/secret-id-1");
        await server.Http.GetAsync($"Patient?identifier=x|{Family}");
        await server.Http.GetAsync($"Patient?{Family}={Family}");
        await server.Http.GetAsync($"Nonsense/secret-id-4?{Family}");
        await server.Http.Fhir(HttpMethod.Post, "", Bundle("transaction", Entry("PUT", "Patient/secret-id-5", Patient("secret-id-6"))));
        using var nobody = new HttpClient();
        await nobody.GetAsync(server.Url + "/fhir/Patient/secret-id-7");
        server.Terminate();
        Assert.Equal(0, await server.Ended());
        Assert.DoesNotContain(Family, server.Said);
        Assert.DoesNotContain("secret-id", server.Said);
    }

    private void WriteCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _folder.Write("cert.pem", certificate.ExportCertificatePem());
        _folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task<bool> Listens(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A body whose last bytes wait.</summary>
    private sealed class HeldContent : HttpContent
    {
        private readonly byte[] _body;
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HeldContent(string body)
        {
            // The web server wants 240 bytes a second: so many are enough for an hour.
            _body = Encoding.UTF8.GetBytes(body.Insert(1, new string(' ', 1 << 20)));
            Headers.ContentType = new("application/fhir+json");
        }

        public Task Begun => _begun.Task;

        public void GoOn() => _held.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_body.AsMemory(0, _body.Length - 10));
            await stream.FlushAsync();
            _begun.SetResult();
            await _held.Task;
            await stream.WriteAsync(_body.AsMemory(_body.Length - 10));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Length;
            return true;
        }
    }
}

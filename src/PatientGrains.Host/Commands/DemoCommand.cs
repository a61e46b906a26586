using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using PatientGrains.Synthetic;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary>
/// <c>patientgrains demo</c>: generates and imports patients, updates one from two sources over the FHIR front, reads it back with its
/// history, shows who accessed it, and verifies every chain; then a ward, live. Nothing is staged: it is the server, on a folder of its
/// own, spoken to over HTTP and gRPC.
/// </summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var patients = new Option<int>("--patients") { Description = "How many patients.", DefaultValueFactory = _ => 50 };
        var keep = new Option<DirectoryInfo?>("--keep")
        {
            Description = "Keep files and store in this folder, which must be new or empty; default: a temporary folder, removed "
                + "at the end.",
        };
        return Common.Verb(
            "demo",
            "Watch synthetic patients being ingested, updated by two sources, read back, audited and verified; then a ward, live.",
            async (parsed, settings, cancel) =>
            {
                var folder = parsed.GetValue(keep) ?? Directory.CreateTempSubdirectory("patientgrains-demo-");
                if (folder.Exists && folder.EnumerateFileSystemInfos().Any())
                    throw new VerbException("--keep names a folder that is not empty.");
                try
                {
                    return await Run(settings, folder.FullName, parsed.GetValue(patients), cancel);
                }
                catch (ArgumentOutOfRangeException wrong)
                {
                    throw new VerbException(wrong.Message);
                }
                finally
                {
                    if (parsed.GetValue(keep) is null)
                        folder.Delete(recursive: true);
                }
            },
            patients, keep);
    }

    private static async Task<int> Run(HostSettings settings, string folder, int patients, CancellationToken cancel)
    {
        var demo = settings with
        {
            Data = Path.Combine(folder, "data"),
            KeyRing = null,
            Url = "http://127.0.0.1:0",
            GrpcUrl = null,
            Certificate = null,
            CertificateKey = null,
        };
        Title("1. Generate");
        string files = Path.Combine(folder, "files");
        await GenerateCommand.WriteAll(new SyntheticOptions { Patients = Math.Max(1, patients) }, files, cancel);
        await using var server = await RecordServer.StartWithFront(demo, cancel);

        Title("2. Import: validated, versioned, encrypted, logged, durable");
        await using var target = new InProcessTarget(server, Common.Operator(Role.Integrator), ownsServer: false);
        await using var rejects = new RejectFile(Path.Combine(folder, "rejects.ndjson"));
        int imported = await ImportCommand.Run(target, ImportFiles.Find([files]), rejects, lanes: 16, cancel);

        await new DemoVisit(server, demo).Show(cancel);

        Title("5. Verify every chain");
        int verified = VerifyCommand.Show(await Verification.Run(server.Log, server.Ring, null, null, cancel));
        int live = await new DemoWard(demo with { Data = Path.Combine(folder, "ward") }).Show(cancel);
        return Math.Max(imported, Math.Max(verified, live));
    }

    public static void Title(string text) => Common.Out.Write(new Rule(Markup.Escape(text)).LeftJustified());
}

/// <summary>The part of the demo that speaks FHIR over HTTP.</summary>
internal sealed class DemoVisit(RecordServer server, HostSettings settings)
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(server.Url + "/fhir/") };
    private readonly TokenIssuer _issuer = new(Services.GatewayOptionsOf(settings, server.Ring), TimeProvider.System);

    public async Task Show(CancellationToken cancel)
    {
        using var http = _http;
        DemoCommand.Title("3. One patient, updated by two sources, read back with its history");
        string search = $"Patient?identifier={Uri.EscapeDataString(SyntheticPopulation.Patients(new SyntheticOptions { Patients = 1 }).First().RecordNumber)}";
        var found = await Ask(HttpMethod.Get, search, Clinician, null, cancel);
        var patient = found["entry"]![0]!["resource"]!.AsObject();
        string id = patient["id"]!.GetValue<string>();
        Say($"GET {search}: Patient/{id}, version {patient["meta"]!["versionId"]}");

        patient["telecom"] = new JsonArray(new JsonObject { ["system"] = "phone", ["value"] = "555-0100", ["use"] = "mobile" });
        await Put(patient, id, Integrator("ehr"), cancel);
        patient["maritalStatus"] = new JsonObject { ["text"] = "Widowed" };
        await Put(patient, id, Integrator("lab"), cancel);

        var history = await Ask(HttpMethod.Get, $"Patient/{id}/_history", Clinician, null, cancel);
        foreach (var entry in history["entry"]!.AsArray())
        {
            var meta = entry!["resource"]!["meta"]!;
            Say($"  version {meta["versionId"]} at {meta["lastUpdated"]} by {meta["source"]}");
        }
        var everything = await Ask(HttpMethod.Get, $"Patient/{id}/$everything", Clinician, null, cancel);
        Say($"GET Patient/{id}/$everything: {everything["total"] ?? everything["entry"]!.AsArray().Count} resources");
        await Refused(id, cancel);

        DemoCommand.Title("4. Who accessed this patient, when, why");
        var audit = await Ask(HttpMethod.Get, $"AuditEvent?patient={id}&_count=12", Officer, null, cancel);
        foreach (var entry in audit["entry"]!.AsArray())
            Say("  " + AccessCommand.Summary(JsonSerializer.SerializeToElement(entry!["resource"])));
    }

    private async Task Put(JsonObject patient, string id, Requester who, CancellationToken cancel)
    {
        var answer = await Ask(HttpMethod.Put, $"Patient/{id}", who, patient.ToJsonString(), cancel);
        Say($"PUT Patient/{id} by source {who.Source}: version {answer["meta"]!["versionId"]}");
    }

    private async Task Refused(string id, CancellationToken cancel)
    {
        using var without = await _http.GetAsync($"Patient/{id}", cancel);
        Say($"GET Patient/{id} without a token: {(int)without.StatusCode} {without.StatusCode}");
        using var request = Request(HttpMethod.Get, $"Patient/{id}", Officer, null);
        using var officer = await _http.SendAsync(request, cancel);
        Say($"GET Patient/{id} as privacy officer: {(int)officer.StatusCode} {officer.StatusCode}");
    }

    private async Task<JsonNode> Ask(HttpMethod method, string url, Requester who, string? body, CancellationToken cancel)
    {
        using var request = Request(method, url, who, body);
        using var response = await _http.SendAsync(request, cancel);
        byte[] answer = await response.Content.ReadAsByteArrayAsync(cancel);
        return response.IsSuccessStatusCode ? JsonNode.Parse(answer)! : throw new VerbException($"the server answered {(int)response.StatusCode}: {Encoding.UTF8.GetString(answer)}");
    }

    private HttpRequestMessage Request(HttpMethod method, string url, Requester who, string? body)
    {
        var request = new HttpRequestMessage(method, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _issuer.Issue(who, TimeSpan.FromMinutes(10)));
        request.Headers.Add("Prefer", "return=representation");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/fhir+json");
        return request;
    }

    private static Requester Clinician => new() { Subject = "dr-grey", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" };

    private static Requester Officer => new() { Subject = "privacy-office", Roles = [Role.PrivacyOfficer], Purpose = "HOPERAT", Source = "local" };

    private static Requester Integrator(string source) => new() { Subject = $"interface-engine/{source}", Roles = [Role.Integrator], Purpose = "TREAT", Source = source };

    private static void Say(string line) => Common.Out.WriteLine(line);
}

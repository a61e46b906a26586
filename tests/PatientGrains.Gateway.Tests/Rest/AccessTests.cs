using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Auth;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>Who may ask, and that each asking is written down before it is answered.</summary>
public sealed class AccessTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task Without_a_token_there_is_401_with_a_challenge_and_a_durable_entry()
    {
        string id = "asked-" + Guid.NewGuid().ToString("N");
        var reply = await server.Send("GET", $"Patient/{id}", token: "");
        Assert.Equal((401, "login"), (reply.Status, reply.IssueCode));
        Assert.Equal("Bearer realm=\"patientgrains\"", reply.Header("WWW-Authenticate"));
        var entry = Assert.Single(await server.SecurityEntries(), entry => entry.Asked.Contains(id, StringComparison.Ordinal));
        Assert.Equal(("login", "TokenMissing"), (entry.Interaction, entry.RefusedBy));
        Assert.Null(entry.Who);
    }

    public static TheoryData<string> BadTokens =>
        ["garbage", "expired", "early", "other-key", "none", "hs512", "audience", "issuer", "no-jti", "basic", "tampered"];

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task A_token_that_proves_nothing_is_401(string kind)
    {
        var reply = await Send(kind);
        Assert.Equal((401, "login"), (reply.Status, reply.IssueCode));
        Assert.StartsWith("Bearer ", reply.Header("WWW-Authenticate"));
        Assert.Equal(kind != "basic", reply.Header("WWW-Authenticate")!.Contains("error=\"invalid_token\"", StringComparison.Ordinal));
    }

    private Task<Reply> Send(string kind)
    {
        if (kind == "basic")
            return server.Send("GET", "Patient/x", token: "", headers: ("Authorization", "Basic dXNlcjpwYXNz"));
        var options = server.Options;
        byte[] key = options.TokenKey.ToArray();
        string token = kind switch
        {
            "garbage" => "not.a.token",
            "expired" => server.Token(validFor: TimeSpan.FromMinutes(-5)),
            "early" => Made(key, SecurityAlgorithms.HmacSha256, notBefore: DateTime.UtcNow.AddMinutes(5)),
            "other-key" => Issued(options with { TokenKey = new byte[32] }),
            "none" => Unsigned(server.Token()),
            "hs512" => Made([.. key, .. key], SecurityAlgorithms.HmacSha512),
            "audience" => Issued(options with { TokenAudience = "others" }),
            "issuer" => Issued(options with { TokenIssuer = "others" }),
            "no-jti" => Made(key, SecurityAlgorithms.HmacSha256),
            _ => Tampered(server.Token()),
        };
        return server.Send("GET", "Patient/x", token: token);
    }

    [Fact]
    public async Task Our_own_token_made_by_hand_passes_so_the_refusals_above_are_about_what_they_name()
    {
        string token = Made(server.Options.TokenKey.ToArray(), SecurityAlgorithms.HmacSha256, jti: "1");
        Assert.Equal(404, (await server.Send("GET", "Patient/nobody", token: token)).Status);
    }

    [Fact]
    public async Task An_unknown_source_is_403_and_noted()
    {
        var reply = await server.Send("GET", "Patient/x", token: server.Token(source: "stranger", subject: "sub-stranger"));
        Assert.Equal((403, "forbidden"), (reply.Status, reply.IssueCode));
        Assert.Contains("source", reply.Diagnostics, StringComparison.Ordinal);
        Assert.Contains(await server.SecurityEntries(), entry => entry is { RefusedBy: "SourceUnknown", Who.Subject: "sub-stranger" });
    }

    [Theory]
    [InlineData(Role.PrivacyOfficer, "TREAT", "RoleNotPermitted")]
    [InlineData(Role.Clinician, "HMARKT", "PurposeNotPermitted")]
    public async Task A_role_or_purpose_that_does_not_permit_is_403_and_in_the_patients_log(Role role, string purpose, string rule)
    {
        string id = await server.NewPatient();
        var reply = await server.Send("GET", $"Patient/{id}", token: server.Token(role, purpose: purpose));
        Assert.Equal((403, "forbidden"), (reply.Status, reply.IssueCode));
        Assert.Contains(await server.AccessLog(id), entry => entry.RefusedBy == rule && entry.Interaction == "read");
    }

    [Fact]
    public async Task Each_access_is_an_entry_by_the_time_it_is_answered()
    {
        string id = await server.NewPatient();
        await server.Get($"Patient/{id}", ("X-Request-Id", "request-1"));
        await server.Get($"Patient/{id}", ("If-None-Match", "W/\"1\""));
        await server.Get($"Patient/{id}/_history/1");
        await server.Get($"Patient/{id}/_history");
        await server.Get($"Observation?patient={id}");
        await server.Get($"Patient/{id}/$everything");
        var entries = (await server.AccessLog(id)).Reverse().Select(entry => entry.Interaction);
        Assert.Equal(["update", "read", "read", "vread", "history-instance", "search-type", "operation", "search-type"], entries);
        Assert.Contains(await server.AccessLog(id), entry =>
            entry is { RequestId: "request-1", Who.Subject: "dr-test", Versions: [{ Version: 1 }] });
    }

    [Fact]
    public async Task Asking_for_what_is_not_there_is_noted_and_makes_no_record()
    {
        string id = "nobody-" + Guid.NewGuid().ToString("N");
        Assert.Equal(404, (await server.Get($"Patient/{id}")).Status);
        Assert.Equal(404, (await server.Get($"Observation/{id}")).Status);
        Assert.Equal(404, (await server.Get($"Patient/{id}/$everything")).Status);
        Assert.Equal(0, (int)(await server.Get($"Observation?patient={id}")).Json["total"]!);
        var noted = (await server.SecurityEntries()).Where(entry => entry.Asked.Contains(id, StringComparison.Ordinal)).ToList();
        Assert.Equal(4, noted.Count);
        Assert.All(noted, entry => Assert.Equal("dr-test", entry.Who!.Subject));
        Assert.Null(await server.Grains.GetGrain<PatientGrains.Contracts.ILocatorGrain>("0").Locate(new ResourceKey("Patient", id)));
    }

    [Fact]
    public async Task Who_may_not_read_does_not_hear_whether_something_exists()
    {
        string token = server.Token(Role.PrivacyOfficer);
        Assert.Equal(403, (await server.Send("GET", "Patient/nobody", token: token)).Status);
        Assert.Equal(403, (await server.Send("GET", "Observation?patient=nobody", token: token)).Status);
        Assert.Equal(403, (await server.Send("GET", "AuditEvent?patient=nobody")).Status);
    }

    [Fact]
    public async Task The_privacy_officer_sees_the_accesses_as_valid_AuditEvents_newest_first_and_is_seen_too()
    {
        string id = await server.NewPatient();
        await server.Get($"Patient/{id}", ("X-Request-Id", "balp-1"));
        await server.Get($"Observation?patient={id}&code=http://loinc.org|8867-4");
        await server.Get($"Observation/unknown-{id}");
        await server.Send("DELETE", $"Patient/{id}");
        string officer = server.Token(Role.PrivacyOfficer, purpose: "HOPERAT", subject: "officer-1");
        var reply = await server.Send("GET", $"AuditEvent?patient=Patient/{id}", token: officer);
        Assert.Equal(200, reply.Status);
        Assert.Equal(["E", "D", "E", "R", "U"], reply.Entries.Select(entry => (string)entry!["resource"]!["action"]!));
        var look = reply.Entries[0]!["resource"]!;
        Assert.Equal("officer-1", (string?)look["agent"]![2]!["who"]!["identifier"]!["value"]);
        var query = reply.Entries[2]!["resource"]!["entity"]![0]!;
        Assert.Contains("code=", Encoding.UTF8.GetString(Convert.FromBase64String((string)query["query"]!)), StringComparison.Ordinal);
        var read = reply.Entries[3]!["resource"]!;
        Assert.Equal($"Patient/{id}/_history/1", (string?)read["entity"]![0]!["what"]!["reference"]);
        Assert.Equal("TREAT", (string?)read["agent"]![2]!["purposeOfUse"]![0]!["coding"]![0]!["code"]);
        Assert.Empty(new FhirScanner().Scan(reply.Bytes).Issues.Select(issue => $"{issue.Location}: {issue.Rule}: {issue.Message}"));
    }

    [Fact]
    public async Task Pages_of_the_access_log_show_each_entry_once_although_looking_adds_entries()
    {
        string id = await server.NewPatient();
        for (int i = 0; i < 6; i++)
            await server.Get($"Patient/{id}");
        string officer = server.Token(Role.PrivacyOfficer, purpose: "HOPERAT");
        var seen = new List<string>();
        string? next = $"AuditEvent?patient={id}&_count=3";
        while (next is not null)
        {
            var page = await server.Send("GET", next, token: officer);
            Assert.Equal(200, page.Status);
            seen.AddRange(page.Entries.Select(entry => (string)entry!["resource"]!["id"]!));
            next = page.Link("next");
        }
        // One update, six reads, and the first look.
        Assert.Equal(8, seen.Count);
        Assert.Equal(8, seen.Distinct().Count());
    }

    [Fact]
    public async Task Metadata_and_health_need_no_token()
    {
        Assert.Equal(200, (await server.Send("GET", "metadata", token: "")).Status);
        Assert.Equal(200, (await server.Send("GET", "/health", token: "")).Status);
    }

    private static string Issued(GatewayOptions options) =>
        new TokenIssuer(options, TimeProvider.System).Issue(Someone(), TimeSpan.FromMinutes(5));

    private static Requester Someone() => new() { Subject = "someone", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" };

    private string Made(byte[] key, string algorithm, DateTime? notBefore = null, string? jti = null)
    {
        var claims = new Dictionary<string, object>
        {
            ["sub"] = "someone",
            ["roles"] = new[] { "clinician" },
            ["purpose"] = "TREAT",
            ["source"] = "local",
        };
        if (jti is not null || notBefore is not null)
            claims["jti"] = jti ?? "1";
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = server.Options.TokenIssuer,
            Audience = server.Options.TokenAudience,
            NotBefore = notBefore,
            Expires = DateTime.UtcNow.AddMinutes(10),
            Claims = claims,
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(key), algorithm),
        });
    }

    /// <summary>alg: none, with and without anything after the last dot, is the oldest trick.</summary>
    private static string Unsigned(string token) =>
        Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""") + "." + token.Split('.')[1] + ".";

    private static string Tampered(string token)
    {
        string[] parts = token.Split('.');
        var payload = JsonNode.Parse(Base64UrlEncoder.Decode(parts[1]))!;
        payload["roles"] = new JsonArray("clinician", "privacy-officer");
        return $"{parts[0]}.{Base64UrlEncoder.Encode(payload.ToJsonString())}.{parts[2]}";
    }
}

using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Tests.Grpc;
using PatientGrains.Gateway.Tests.Rest;

namespace PatientGrains.Gateway.Tests.Feeds;

public sealed class FeedEventsTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task Alerts_come_as_events_whose_ids_resume()
    {
        string patient = await server.NewPatient();
        string id;
        using (var first = await Open($"alerts?patient={patient}"))
        {
            await first.Position();
            await server.Lactate(patient, "3");
            var raised = await first.Event();
            Assert.Equal("raised", raised["event"]);
            var data = JsonNode.Parse(raised["data"])!;
            Assert.Equal((patient, "SEVERITY_WARNING", 1),
                ((string?)data["patientId"], (string?)data["severity"], (int?)data["patientNumber"]));
            Assert.Equal("3", (string?)data["raised"]!["reason"]!["criteria"]![0]!["value"]);
            id = raised["id"];
        }
        await server.Lactate(patient, "4.5");
        using var again = await Open($"alerts?patient={patient}", lastEventId: id);
        Assert.Equal("worsened", (await again.Event())["event"]);
    }

    [Fact]
    public async Task Doubted_values_and_refused_accesses_are_feeds_too()
    {
        string patient = await server.NewPatient();
        using var quality = await Open($"quality?patient={patient}&start=beginning");
        using var security = await Open($"security?patient={patient}&start=beginning", Role.PrivacyOfficer);
        await server.Lactate(patient, "400");
        var doubt = JsonNode.Parse((await quality.Event())["data"])!;
        Assert.Equal(("Lactate", "Implausible"), ((string?)doubt["doubts"]![0]!["variable"], (string?)doubt["doubts"]![0]!["doubt"]));
        Assert.Equal(403, (await server.Send("GET", $"Patient/{patient}", token: server.Token(Role.Alerting))).Status);
        var refused = JsonNode.Parse((await security.Event())["data"])!;
        Assert.Equal((patient, "RoleNotPermitted"), ((string?)refused["patientId"], (string?)refused["entry"]!["refusedBy"]));
    }

    [Theory]
    [InlineData("alerts?severity=loud", 400, "value")]
    [InlineData("alerts?colour=red", 400, "not-supported")]
    [InlineData("alerts?start=yesterday", 400, "value")]
    [InlineData("alerts?cursor=garbage", 400, "value")]
    [InlineData("quality?rule=news2", 400, "value")]
    [InlineData("census", 404, "not-found")]
    [InlineData("security", 403, "forbidden")]
    public async Task What_cannot_be_subscribed_to_says_why(string address, int status, string code)
    {
        var reply = await server.Send("GET", new Uri(server.Base, "/feeds/" + address).ToString());
        Assert.Equal((status, code), (reply.Status, reply.IssueCode));
    }

    [Fact]
    public async Task Nobody_gets_nothing()
    {
        var reply = await server.Send("GET", new Uri(server.Base, "/feeds/alerts").ToString(), token: "");
        Assert.Equal(401, reply.Status);
        Assert.NotNull(reply.Header("WWW-Authenticate"));
    }

    private async Task<EventStream> Open(string address, Role role = Role.Clinician, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Base, "/feeds/" + address));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.Token(role));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new EventStream(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>Reads fields as WHATWG HTML 9.2.6 tells a client to.</summary>
    private sealed class EventStream(HttpResponseMessage response, StreamReader lines) : IDisposable
    {
        /// <summary>The next event that has data.</summary>
        public async Task<Dictionary<string, string>> Event()
        {
            while (true)
            {
                var block = await Block();
                if (block.ContainsKey("data"))
                    return block;
            }
        }

        /// <summary>The next comment that tells the position.</summary>
        public async Task Position()
        {
            while (!(await Block()).GetValueOrDefault("", "").StartsWith("position", StringComparison.Ordinal))
            {
            }
        }

        private async Task<Dictionary<string, string>> Block()
        {
            var fields = new Dictionary<string, string>();
            using var patience = new CancellationTokenSource(Unhurried.Patience);
            while (await lines.ReadLineAsync(patience.Token) is { Length: > 0 } line)
            {
                int colon = line.IndexOf(':');
                fields[line[..colon]] = line[(colon + 1)..].TrimStart(' ');
            }
            return fields;
        }

        public void Dispose()
        {
            lines.Dispose();
            response.Dispose();
        }
    }
}

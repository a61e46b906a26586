using System.Globalization;
using System.Text.Json.Nodes;
using PatientGrains.Core.Access;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>From an observation over HTTP to an alert read over HTTP.</summary>
public class AlertTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    private static string Minutes(int ago) =>
        TimeProvider.System.GetUtcNow().AddMinutes(-ago).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Potassium(string patient, string id, string value, string unit = "mmol/L") => $$$"""
        {"resourceType":"Observation","id":"{{{id}}}","status":"final","subject":{"reference":"Patient/{{{patient}}}"},
        "code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}]},"effectiveDateTime":"{{{Minutes(5)}}}",
        "valueQuantity":{"value":{{{value}}},"unit":"{{{unit}}}","system":"http://unitsofmeasure.org","code":"{{{unit}}}"}}
        """;

    private static string Parameters(params (string Name, string Value)[] members)
    {
        var list = members.Select(x => x.Name == "alert"
            ? $$"""{"name":"{{x.Name}}","valueInteger":{{x.Value}}}"""
            : $$"""{"name":"{{x.Name}}","valueString":"{{x.Value}}"}""");
        return $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', list)}}]}""";
    }

    /// <summary>A patient with a life-threatening potassium in an observation's second version.</summary>
    private async Task<(string Patient, string Observation)> Alerted()
    {
        string patient = await server.NewPatient();
        string id = "k" + patient;
        Assert.Equal(201, (await server.Send("PUT", $"Observation/{id}", Potassium(patient, id, "4.1"))).Status);
        Assert.Equal(200, (await server.Send("PUT", $"Observation/{id}", Potassium(patient, id, "7.4"))).Status);
        return (patient, id);
    }

    private static JsonNode Resource(Reply reply, string type) =>
        reply.Entries.Select(entry => entry!["resource"]!).First(resource => (string?)resource["resourceType"] == type);

    private static void AssertValid(Reply reply)
    {
        var scanned = new FhirScanner().Scan(reply.Bytes);
        Assert.Empty(scanned.Issues);
        Assert.True(scanned.IsValid);
    }

    [Fact]
    public async Task An_alert_is_read_with_its_evidence_its_rule_and_its_publication()
    {
        var (patient, observation) = await Alerted();
        var reply = await server.Get($"Patient/{patient}/$alerts");
        Assert.Equal(200, reply.Status);
        AssertValid(reply);
        var issue = Resource(reply, "DetectedIssue");
        Assert.Equal("preliminary", (string?)issue["status"]);
        Assert.Equal("high", (string?)issue["severity"]);
        Assert.Equal($"Patient/{patient}", (string?)issue["patient"]!["reference"]);
        Assert.Equal($"Observation/{observation}/_history/2", (string?)issue["evidence"]![0]!["detail"]![0]!["reference"]);
        Assert.StartsWith("https://doi.org/10.", (string?)issue["reference"], StringComparison.Ordinal);
        Assert.Equal("active", (string?)Resource(reply, "Flag")["status"]);
        var provenance = Resource(reply, "Provenance");
        Assert.Equal($"Observation/{observation}/_history/2", (string?)provenance["entity"]![0]!["what"]!["reference"]);
        string rule = (string)issue["code"]!["coding"]![0]!["code"]!;
        Assert.StartsWith($"urn:patientgrains:rule:{rule}:", (string?)provenance["policy"]![0], StringComparison.Ordinal);
        Assert.NotEmpty((string)provenance["activity"]!["text"]!);
        var urls = reply.Entries.Select(entry => (string)entry!["fullUrl"]!).ToList();
        Assert.All(provenance["target"]!.AsArray(), target => Assert.Contains((string?)target!["reference"], urls));
        Assert.Equal(urls, (await server.Get($"Patient/{patient}/$alerts")).Entries.Select(entry => (string)entry!["fullUrl"]!));
        var entry = (await server.AccessLog(patient)).First(entry => entry.Asked == "alerts");
        Assert.Equal($"Observation/{observation}", Assert.Single(entry.Versions).Key.ToString());
    }

    [Fact]
    public async Task An_alert_is_acknowledged_once_and_says_by_whom()
    {
        var (patient, _) = await Alerted();
        var first = await server.Send("POST", $"Patient/{patient}/$acknowledge-alert", Parameters(("alert", "1"), ("note", "on my way")));
        Assert.Equal(200, first.Status);
        AssertValid(first);
        Assert.Equal("Acknowledged", (string?)first.Json["mitigation"]![0]!["action"]!["text"]);
        Assert.Equal("dr-test", (string?)first.Json["mitigation"]![0]!["author"]!["display"]);
        var again = await server.Send("POST", $"Patient/{patient}/$acknowledge-alert?alert=1");
        Assert.Equal(first.Text, again.Text);
        Assert.DoesNotContain(server.Logs.Lines, line => line.Contains("on my way", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_alert_that_is_overridden_ends_with_its_reason()
    {
        var (patient, _) = await Alerted();
        var overridden = await server.Send(
            "POST", $"Patient/{patient}/$override-alert", Parameters(("alert", "1"), ("reason", "hemolyzed sample")));
        Assert.Equal(200, overridden.Status);
        AssertValid(overridden);
        Assert.Equal("final", (string?)overridden.Json["status"]);
        Assert.Contains("hemolyzed sample", overridden.Text, StringComparison.Ordinal);
        Assert.Equal(0, (int)(await server.Get($"Patient/{patient}/$alerts")).Json["total"]!);
        var all = await server.Get($"Patient/{patient}/$alerts?ended=true");
        AssertValid(all);
        Assert.Equal("inactive", (string?)Resource(all, "Flag")["status"]);
        Assert.Equal(409, (await server.Send("POST", $"Patient/{patient}/$acknowledge-alert?alert=1")).Status);
    }

    [Fact]
    public async Task A_corrected_value_withdraws_its_alert()
    {
        var (patient, id) = await Alerted();
        Assert.Equal(200, (await server.Send("PUT", $"Observation/{id}", Potassium(patient, id, "4.2"))).Status);
        var all = await server.Get($"Patient/{patient}/$alerts?ended=true");
        AssertValid(all);
        Assert.Equal("entered-in-error", (string?)Resource(all, "DetectedIssue")["status"]);
        Assert.Equal("entered-in-error", (string?)Resource(all, "Flag")["status"]);
    }

    [Theory]
    [InlineData("7.4", "mosm/L")]
    [InlineData("7.4", "K")]
    [InlineData("74", "mmol/L")]
    public async Task What_is_doubted_alerts_nobody(string value, string unit)
    {
        string patient = await server.NewPatient();
        Assert.Equal(201, (await server.Send("PUT", $"Observation/k{patient}", Potassium(patient, "k" + patient, value, unit))).Status);
        Assert.Empty((await server.Get($"Patient/{patient}/$alerts?ended=true")).Entries);
    }

    [Theory]
    [InlineData("$acknowledge-alert", "{}", 400)]
    [InlineData("$acknowledge-alert?alert=0", null, 400)]
    [InlineData("$acknowledge-alert?alert=x", null, 400)]
    [InlineData("$acknowledge-alert?alert=1&other=2", null, 400)]
    [InlineData("$acknowledge-alert?alert=99", null, 404)]
    [InlineData("$snooze-alert?alert=1&minutes=481&reason=x", null, 422)]
    [InlineData("$snooze-alert?alert=1&reason=x", null, 400)]
    [InlineData("$override-alert?alert=1", null, 422)]
    public async Task An_answer_that_cannot_be_taken_says_why(string operation, string? body, int status)
    {
        var (patient, _) = await Alerted();
        Assert.Equal(status, (await server.Send("POST", $"Patient/{patient}/{operation}", body)).Status);
        Assert.Equal(3, (await server.Get($"Patient/{patient}/$alerts")).Entries.Count);
    }

    [Fact]
    public async Task Answers_are_for_clinicians_and_no_GET_and_unknown_patients_have_no_alerts()
    {
        var (patient, _) = await Alerted();
        string token = server.Token(Role.Alerting);
        Assert.Equal(200, (await server.Send("GET", $"Patient/{patient}/$alerts", token: token)).Status);
        Assert.Equal(403, (await server.Send("POST", $"Patient/{patient}/$acknowledge-alert?alert=1", token: token)).Status);
        Assert.Equal(403, (await server.Send("GET", $"Patient/{patient}/$alerts", token: server.Token(Role.PrivacyOfficer))).Status);
        Assert.Equal(405, (await server.Get($"Patient/{patient}/$acknowledge-alert?alert=1")).Status);
        Assert.Equal(404, (await server.Get("Patient/nobody/$alerts")).Status);
        Assert.Equal(404, (await server.Get("Patient/no%20id/$alerts")).Status);
        Assert.Equal(400, (await server.Get($"Patient/{patient}/$alerts?ended=maybe")).Status);
    }
}

using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>batch and transaction over HTTP; what they do to records is the intake's and tested there.</summary>
public sealed class BundleTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    private static string Entry(string method, string url, string? resource = null, string? fullUrl = null)
    {
        string address = fullUrl is null ? "" : $"\"fullUrl\":\"{fullUrl}\",";
        string body = resource is null ? "" : $"\"resource\":{resource},";
        return $"{{{address}{body}\"request\":{{\"method\":\"{method}\",\"url\":\"{url}\"}}}}";
    }

    private static string Bundle(string type, params string[] entries) =>
        $"{{\"resourceType\":\"Bundle\",\"type\":\"{type}\",\"entry\":[{string.Join(',', entries)}]}}";

    [Fact]
    public async Task A_transaction_answers_each_entry_in_order()
    {
        string patient = "urn:uuid:" + Guid.NewGuid();
        var reply = await server.Send("POST", "", Bundle("transaction",
            Entry("POST", "Patient", Samples.Patient(), patient),
            Entry("POST", "Observation", Samples.Observation("x").Replace("Patient/x", patient), "urn:uuid:" + Guid.NewGuid())));
        Assert.Equal(200, reply.Status);
        Assert.Equal("transaction-response", (string?)reply.Json["type"]);
        Assert.All(reply.Entries, entry => Assert.Equal("201 Created", (string?)entry!["response"]!["status"]));
        Assert.All(reply.Entries, entry => Assert.Equal("W/\"1\"", (string?)entry!["response"]!["etag"]));
        Assert.Equal("Patient", (string?)reply.Entries[0]!["resource"]!["resourceType"]);
        string id = (string)reply.Entries[0]!["resource"]!["id"]!;
        Assert.Equal($"Patient/{id}", (string?)reply.Entries[1]!["resource"]!["subject"]!["reference"]);
        Assert.StartsWith($"{server.Base}Patient/{id}/_history/1", (string?)reply.Entries[0]!["response"]!["location"]);
        Assert.Empty(new FhirScanner().Scan(reply.Bytes).Issues.Select(issue => $"{issue.Location}: {issue.Rule}"));
        Assert.Equal(1, (int)(await server.Get($"Observation?patient={id}")).Json["total"]!);
    }

    [Fact]
    public async Task A_batch_goes_on_after_a_failure_and_reads_as_the_address_does()
    {
        string id = await server.NewPatient();
        var reply = await server.Send("POST", "", Bundle("batch",
            Entry("GET", $"Patient/{id}"),
            Entry("GET", "Patient/nobody-" + id),
            Entry("GET", $"Observation?patient={id}"),
            Entry("PUT", $"Patient/{id}", Samples.Patient(id, "Neu")),
            Entry("DELETE", $"Observation/nothing-{id}")));
        Assert.Equal(200, reply.Status);
        Assert.Equal("batch-response", (string?)reply.Json["type"]);
        Assert.Equal(["200", "404", "200", "200", "204"], reply.Entries.Select(entry => ((string)entry!["response"]!["status"]!)[..3]));
        Assert.Equal("not-found", (string?)reply.Entries[1]!["response"]!["outcome"]!["issue"]![0]!["code"]);
        Assert.Equal("searchset", (string?)reply.Entries[2]!["resource"]!["type"]);
        Assert.Contains(await server.AccessLog(id), entry => entry.Interaction == "search-type");
        Assert.Contains(await server.SecurityEntries(), entry => entry.Asked.Contains("nobody-" + id, StringComparison.Ordinal));
        Assert.Empty(new FhirScanner().Scan(reply.Bytes).Issues.Select(issue => $"{issue.Location}: {issue.Rule}"));
    }

    [Fact]
    public async Task An_invalid_entry_of_a_batch_fails_alone_and_one_of_a_transaction_fails_it()
    {
        string bad = Samples.Patient().Replace("female", "no-such-code");
        string[] entries = [Entry("POST", "Patient", bad), Entry("POST", "Patient", Samples.Patient())];
        var batch = await server.Send("POST", "", Bundle("batch", entries));
        Assert.Equal(200, batch.Status);
        Assert.Equal(["422", "201"], batch.Entries.Select(entry => ((string)entry!["response"]!["status"]!)[..3]));
        Assert.Equal("OperationOutcome", (string?)batch.Entries[0]!["response"]!["outcome"]!["resourceType"]);
        var transaction = await server.Send("POST", "", Bundle("transaction", entries));
        Assert.Equal(422, transaction.Status);
        Assert.StartsWith("Bundle.entry[0]", (string?)transaction.Json["issue"]![0]!["expression"]![0]);
    }

    [Fact]
    public async Task Prefer_return_minimal_leaves_the_resources_out()
    {
        var reply = await server.Send("POST", "", Bundle("batch", Entry("POST", "Patient", Samples.Patient())), null,
            ("Prefer", "return=minimal"));
        Assert.Null(reply.Entries[0]!["resource"]);
        Assert.Equal("201 Created", (string?)reply.Entries[0]!["response"]!["status"]);
    }

    [Fact]
    public async Task A_transaction_over_two_patients_is_refused_and_writes_nothing()
    {
        string one = "one" + Guid.NewGuid().ToString("N");
        string two = "two" + Guid.NewGuid().ToString("N");
        var reply = await server.Send("POST", "", Bundle("transaction",
            Entry("PUT", $"Patient/{one}", Samples.Patient(one)), Entry("PUT", $"Patient/{two}", Samples.Patient(two))));
        Assert.Equal((422, "not-supported"), (reply.Status, reply.IssueCode));
        Assert.Equal(404, (await server.Get($"Patient/{one}")).Status);
    }

    [Theory]
    [InlineData("collection", 400)]
    [InlineData("history", 400)]
    public async Task Only_batches_and_transactions_are_taken_at_the_base(string type, int expected) =>
        Assert.Equal(expected, (await server.Send("POST", "", $"{{\"resourceType\":\"Bundle\",\"type\":\"{type}\"}}")).Status);

    [Fact]
    public async Task A_resource_that_is_no_Bundle_is_refused_at_the_base() =>
        Assert.Equal(400, (await server.Send("POST", "", Samples.Patient())).Status);
}

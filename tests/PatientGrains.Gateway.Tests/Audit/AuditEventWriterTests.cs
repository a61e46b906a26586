using System.Text.Json.Nodes;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Tests.Audit;

/// <summary>Access entries as AuditEvents, beside the profiles of IHE Basic Audit Log Patterns.</summary>
public sealed class AuditEventWriterTests
{
    private static readonly AuditEventWriter Writer =
        new(new GatewayOptions { TokenKey = new byte[32], Sources = [], BaseUrl = "https://x.example/fhir" });

    private static readonly Requester DrX = new()
    {
        Subject = "dr-x",
        Roles = [Role.Clinician, Role.Integrator],
        Purpose = "TREAT",
        Source = "ward",
    };

    private static AccessEntry Entry(
        string interaction, string asked = "Observation/o", string? refusedBy = null, bool named = true) => new()
    {
        Id = "entry-1",
        At = new DateTimeOffset(2026, 11, 22, 1, 2, 3, 456, TimeSpan.Zero),
        Who = named ? DrX : null,
        Interaction = interaction,
        Asked = asked,
        RefusedBy = refusedBy,
        RequestId = "request-1",
        Versions = refusedBy is null ? [new ReleasedVersion(new ResourceKey("Observation", "o"), 2)] : [],
    };

    private static JsonNode Write(AccessEntry entry) => JsonNode.Parse(Writer.Write(entry, new ResourceKey("Patient", "p")).Span)!;

    public static TheoryData<string, string> Interactions => new()
    {
        { "read", "R" }, { "vread", "R" }, { "history-instance", "R" }, { "search-type", "E" }, { "operation", "E" }, { "create", "C" },
        { "update", "U" }, { "delete", "D" }, { "transaction", "E" }, { "batch", "E" }, { "login", "E" },
    };

    [Theory]
    [MemberData(nameof(Interactions))]
    public void Every_interaction_is_a_valid_AuditEvent_granted_or_refused_named_or_not(string interaction, string action)
    {
        AccessEntry[] entries =
        [
            Entry(interaction),
            Entry(interaction, refusedBy: "RoleNotPermitted"),
            Entry(interaction, "5 changes", "VersionStale", named: false),
        ];
        foreach (var entry in entries)
        {
            var bytes = Writer.Write(entry, new ResourceKey("Patient", "p"));
            Assert.Empty(new FhirScanner().Scan(bytes).Issues.Select(issue => $"{issue.Location}: {issue.Rule}: {issue.Message}"));
            var json = JsonNode.Parse(bytes.Span)!;
            Assert.Equal((action, entry.RefusedBy is null ? "0" : "4"), ((string?)json["action"], (string?)json["outcome"]));
            Assert.Equal("2026-11-22T01:02:03.456Z", (string?)json["recorded"]);
        }
    }

    [BalpTheory]
    [InlineData("read", "Read")]
    [InlineData("create", "Create")]
    [InlineData("update", "Update")]
    [InlineData("delete", "Delete")]
    public void The_agents_are_those_of_the_BALP_profile(string interaction, string profile) => AgentsMatch(Entry(interaction), profile);

    [BalpFact]
    public void The_agents_and_the_query_of_a_search_are_those_of_the_BALP_profile()
    {
        var json = AgentsMatch(Entry("search-type", "Observation?code=1"), "Query");
        var query = json["entity"]!.AsArray().Single(entity => (string?)entity!["role"]?["code"] == "24")!;
        Assert.Equal("Observation?code=1", System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)query["query"]!)));
    }

    [Fact]
    public void A_refused_vread_names_the_version_that_was_asked_for()
    {
        var json = Write(Entry("vread", "Observation/o/_history/9", "VersionUnknown"));
        Assert.Equal("Observation/o/_history/9", (string?)json["entity"]![0]!["what"]!["reference"]);
    }

    /// <summary>The codes are read from the profile, so that the expectation is IHE's and not ours.</summary>
    private static JsonNode AgentsMatch(AccessEntry entry, string profile)
    {
        var json = Write(entry);
        string[] types = [.. json["agent"]!.AsArray().Select(agent => (string)agent!["type"]!["coding"]![0]!["code"]!)];
        var definition = BalpProfile.Find(profile);
        Assert.Equal(BalpProfile.AgentCode(definition, "client"), types[0]);
        Assert.Equal(BalpProfile.AgentCode(definition, "server"), types[1]);
        Assert.Equal([false, false, true], json["agent"]!.AsArray().Select(agent => (bool)agent!["requestor"]!));
        Assert.All(json["agent"]!.AsArray().Take(2), agent => Assert.NotNull(agent!["network"]));
        var patient = json["entity"]!.AsArray().Single(entity => (string?)entity!["type"]!["code"] == "1")!;
        Assert.Equal(("1", "Patient/p"), ((string?)patient["role"]!["code"], (string?)patient["what"]!["reference"]));
        return json;
    }
}

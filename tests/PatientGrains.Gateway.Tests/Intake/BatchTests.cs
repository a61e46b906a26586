using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using static PatientGrains.Gateway.Tests.Intake.Bundles;
using static PatientGrains.Gateway.Tests.Intake.IntakeCluster;
using static PatientGrains.Gateway.Tests.Intake.TransactionTests;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>R4 3.1.0.11.1.</summary>
public class BatchTests(IntakeCluster cluster) : IClassFixture<IntakeCluster>
{
    [Fact]
    public async Task Entries_stand_for_themselves_and_are_answered_in_their_order()
    {
        string a = Fresh("p");
        string b = Fresh("p");
        var done = Assert.IsType<BundleDone>(await cluster.Bundle(Of(
            "batch",
            Entry("GET", $"Patient/{a}"),
            Entry("PUT", $"Patient/{a}", Patient($",\"id\":\"{a}\"")),
            Entry("PUT", $"Patient/{b}", Patient($",\"id\":\"{b}\""), more: ",\"ifMatch\":\"W/\\\"4\\\"\""),
            Entry("POST", "Observation", Observation("Patient/" + b)),
            Entry("PATCH", $"Patient/{a}", Patient($",\"id\":\"{a}\"")))));
        Assert.Equal("batch-response", done.ResponseType);
        Assert.Equal(200, Assert.IsType<EntryRead>(done.Entries[0]).Status);
        Assert.Equal(ChangeEffect.Created, Result(done.Entries[1]).Effect);
        Assert.Equal(Rule.VersionStale, Assert.IsType<RuleBroken>(Assert.IsType<EntryChanged>(done.Entries[2]).Answer).Refused.Rule);
        Assert.Equal("Observation", Result(done.Entries[3]).Key.Type);
        Assert.Equal("entry-method", RuleOf(Assert.IsType<EntryChanged>(done.Entries[4]).Answer));
    }

    [Fact]
    public async Task A_repeated_batch_gets_the_same_answers()
    {
        string json = Of("batch", Entry("POST", "Patient", Patient()), Entry("POST", "Patient", Patient()));
        var message = Message();
        var first = Results(await cluster.Bundle(json, message));
        Assert.NotEqual(first[0].Key, first[1].Key);
        Assert.Equal(first, Results(await cluster.Bundle(json, message)));
    }

    [Fact]
    public async Task One_invalid_resource_does_not_touch_the_others()
    {
        var done = Assert.IsType<BundleDone>(await cluster.Bundle(Of(
            "batch", Entry("POST", "Patient", Patient(",\"gender\":\"nonsense\"")), Entry("POST", "Patient", Patient()))));
        Assert.Equal(RejectionKind.Invalid, Assert.IsType<Rejected>(Assert.IsType<EntryChanged>(done.Entries[0]).Answer).Kind);
        Assert.Equal(ChangeEffect.Created, Result(done.Entries[1]).Effect);
    }

    [Fact]
    public async Task What_is_wrong_with_the_Bundle_itself_fails_it_whole()
    {
        string id = Fresh("p");
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(Of(
            "batch",
            Entry("PUT", $"Patient/{id}", Patient($",\"id\":\"{id}\"")),
            Entry("SHOUT", "Patient/x"),
            Entry("POST", "Patient", Patient(",\"x\":1")))));
        Assert.All(
            Assert.IsType<Rejected>(failed.Why).Issues,
            issue => Assert.StartsWith("Bundle.entry[1].request", issue.Location, StringComparison.Ordinal));
        Assert.Null(await cluster.Body(new("Patient", id)));
    }

    [Fact]
    public async Task Entries_cannot_refer_to_each_other()
    {
        var done = Assert.IsType<BundleDone>(await cluster.Bundle(Of(
            "batch", Entry("POST", "Patient", Patient(), Urn(1)), Entry("POST", "Observation", Observation(Urn(1)), Urn(2)))));
        Assert.Equal(ChangeEffect.Created, Result(done.Entries[0]).Effect);
        Assert.Equal("batch-reference", RuleOf(Assert.IsType<EntryChanged>(done.Entries[1]).Answer));
    }

    [Fact]
    public async Task A_conditional_reference_finds_what_the_same_batch_creates()
    {
        string npi = Fresh("npi");
        string role = $"{{\"resourceType\":\"PractitionerRole\",\"practitioner\":{{\"reference\":\"Practitioner?identifier=s|{npi}\"}}}}";
        var results = Results(await cluster.Bundle(Of(
            "batch",
            Entry("POST", "PractitionerRole", role),
            Entry(
                "POST", "Practitioner", Practitioner($",\"identifier\":[{{\"system\":\"s\",\"value\":\"{npi}\"}}]"),
                more: $",\"ifNoneExist\":\"identifier=s|{npi}\""))));
        Assert.Contains($"\"reference\":\"{results[1].Key}\"", await cluster.Body(results[0].Key), StringComparison.Ordinal);
    }
}

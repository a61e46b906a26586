using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using static PatientGrains.Gateway.Tests.Intake.Bundles;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>R4 3.1.0.11.2, as far as it needs nothing but the Bundle.</summary>
public class TransactionPlanTests
{
    [Fact]
    public void Entries_are_processed_as_DELETE_then_POST_then_PUT_then_GET_whatever_their_order()
    {
        var (plan, problem) = Plan(Transaction(
            Entry("GET", "Patient/1"),
            Entry("PUT", "Patient/p", Patient(",\"id\":\"p\"")),
            Entry("POST", "Observation", Observation("Patient/p")),
            Entry("HEAD", "Patient/2"),
            Entry("DELETE", "Observation/gone")));
        Assert.Null(problem);
        Assert.Equal([4, 2, 1], plan.Changes.Select(change => change.Index));
        Assert.Equal([ChangeKind.Delete, ChangeKind.Create, ChangeKind.Update], plan.Changes.Select(change => change.Kind));
        Assert.Equal([0, 3], plan.Reads.Select(entry => entry.Index));
    }

    [Fact]
    public void An_empty_transaction_is_no_error()
    {
        var (parts, problem) = Place(Transaction());
        Assert.Null(problem);
        Assert.Empty(parts);
    }

    [Theory]
    [InlineData("PUT", "Patient/p", "DELETE", "Patient/p")]
    [InlineData("PUT", "Patient/p", "PUT", "Patient/p")]
    [InlineData("DELETE", "Patient/p", "DELETE", "Patient/p")]
    public void The_same_resource_twice_fails(string method, string url, string otherMethod, string otherUrl)
    {
        string? Body(string verb) => verb == "PUT" ? Patient(",\"id\":\"p\"") : null;
        var (_, problem) = Place(
            Transaction(Entry(method, url, Body(method)), Entry(otherMethod, otherUrl, Body(otherMethod))),
            new() { ["Patient/p"] = "Patient/p" });
        Assert.Equal("entry-overlap", RuleOf(problem?.Why));
    }

    [Fact]
    public void A_conditional_create_that_finds_what_another_entry_writes_fails()
    {
        var (_, problem) = Place(
            Transaction(
                Entry("PUT", "Practitioner/d", Practitioner(",\"id\":\"d\"")),
                Entry("POST", "Practitioner", Practitioner(), more: ",\"ifNoneExist\":\"identifier=s|1\"")),
            stored: new() { ["Practitioner?identifier=s|1"] = new(new("Practitioner", "d"), 3, "Practitioner/d") });
        Assert.Equal("entry-overlap", RuleOf(problem?.Why));
    }

    [Fact]
    public void Two_patients_are_refused_with_the_limit_named()
    {
        var (_, problem) = Place(Transaction(
            Entry("POST", "Observation", Observation("Patient/a")),
            Entry("POST", "Observation", Observation("Patient/b"))));
        Refused("two-patients", RejectionKind.Unsupported, 1, problem);
        Assert.Contains("one patient", ((Rejected)problem!.Why).Issues[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patient_and_directory_resources_are_parts_of_one_transaction_in_the_order_of_their_names()
    {
        var (parts, problem) = Place(Transaction(
            Entry("POST", "Practitioner", Practitioner()),
            Entry("PUT", "Organization/o", """{"resourceType":"Organization","id":"o","name":"x"}"""),
            Entry("PUT", "Patient/p", Patient(",\"id\":\"p\"")),
            Entry("POST", "Observation", Observation("Patient/p"))));
        Assert.Null(problem);
        Assert.Equal(["Patient/p", "Organization/o", "Practitioner/new-0"], parts.Select(part => part.Log));
        Assert.Equal(["Observation/new-3", "Patient/p"], parts[0].Submit.Changes.Select(change => change.Key.ToString()));
        Assert.All(parts, part => Assert.Equal(("m1", "transaction"), (part.Submit.MessageId, part.Submit.Interaction)));
    }

    [Theory]
    [InlineData("Patient/p", "Patient/p")]
    [InlineData("Patient/p/_history/3", "Patient/p")]
    [InlineData("http://us.example/fhir/Patient/p", "Patient/p")]
    [InlineData("http://elsewhere.example/fhir/Patient/p", "Observation/new-0")]
    [InlineData("Group/g", "Observation/new-0")]
    [InlineData("#contained", "Observation/new-0")]
    public void The_record_follows_from_the_patient_that_a_resource_names(string subject, string log)
    {
        string contained = subject == "#contained" ? ",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"contained\"}]" : "";
        var (parts, problem) = Place(Transaction(Entry("POST", "Observation", Observation(subject, contained))));
        Assert.Null(problem);
        Assert.Equal(log, Assert.Single(parts).Log);
    }

    [Fact]
    public void What_is_about_an_entry_of_a_patient_belongs_to_the_same_patient()
    {
        string provenance = $$$"""
            {"resourceType":"Provenance","target":[{"reference":"{{{Urn(1)}}}"}],
             "recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}
            """;
        var (parts, problem) = Place(Transaction(
            Entry("POST", "Provenance", provenance, Urn(2)), Entry("POST", "Observation", Observation("Patient/p"), Urn(1))));
        Assert.Null(problem);
        Assert.Equal("Patient/p", Assert.Single(parts).Log);
    }

    [Theory]
    [InlineData("PATCH", "Patient/p", "entry-method", RejectionKind.Unsupported)]
    [InlineData("POST", "Patient/p", "entry-url", RejectionKind.Malformed)]
    [InlineData("POST", "Observation", "entry-type", RejectionKind.Malformed)]
    [InlineData("POST", "Nonsense", "entry-url", RejectionKind.Malformed)]
    [InlineData("PUT", "Patient", "entry-url", RejectionKind.Malformed)]
    [InlineData("PUT", "Patient/other", "entry-id", RejectionKind.Malformed)]
    [InlineData("PUT", "Patient/p/_history/1", "entry-url", RejectionKind.Malformed)]
    [InlineData("PUT", "Patient?identifier=x", "conditional-url", RejectionKind.Unsupported)]
    [InlineData("DELETE", "Patient?identifier=x", "conditional-url", RejectionKind.Unsupported)]
    [InlineData("DELETE", "Patient/a_b", "entry-url", RejectionKind.Malformed)]
    public void A_request_that_is_no_interaction_here_is_refused_and_its_entry_named(
        string method, string url, string rule, RejectionKind kind)
    {
        string? body = method == "DELETE" ? null : Patient(",\"id\":\"p\"");
        var (_, problem) = Plan(Transaction(Entry("GET", "Patient/p"), Entry(method, url, body)));
        Refused(rule, kind, 1, problem);
    }

    [Fact]
    public void A_url_below_our_own_base_is_as_good_as_a_relative_one()
    {
        var (parts, problem) = Place(Transaction(Entry("PUT", "http://us.example/fhir/Patient/p", Patient(",\"id\":\"p\""))));
        Assert.Null(problem);
        Assert.Equal("Patient/p", Assert.Single(parts).Log);
    }

    [Theory]
    [InlineData("W/\\\"3\\\"", 3)]
    [InlineData("\\\"12\\\"", 12)]
    [InlineData("7", 7)]
    public void If_Match_is_an_ETag_of_a_version(string etag, int version)
    {
        var (parts, _) = Place(Transaction(Entry("PUT", "Patient/p", Patient(",\"id\":\"p\""), more: $",\"ifMatch\":\"{etag}\"")));
        Assert.Equal(version, parts[0].Submit.Changes[0].IfVersion);
    }

    [Fact]
    public void An_ETag_that_is_no_version_of_ours_cannot_be_current()
    {
        var (_, problem) = Plan(Transaction(Entry("PUT", "Patient/p", Patient(",\"id\":\"p\""), more: ",\"ifMatch\":\"W/\\\"abc\\\"\"")));
        Refused("if-match", RejectionKind.PreconditionFailed, 0, problem);
    }

    [Fact]
    public void If_None_Match_star_makes_an_update_a_create_under_the_clients_id()
    {
        var (parts, _) = Place(Transaction(Entry("PUT", "Patient/p", Patient(",\"id\":\"p\""), more: ",\"ifNoneMatch\":\"*\"")));
        Assert.Equal((ChangeKind.Create, "Patient/p"), (parts[0].Submit.Changes[0].Kind, parts[0].Submit.Changes[0].Key.ToString()));
    }

    [Fact]
    public void Two_entries_with_one_fullUrl_are_refused()
    {
        // bdl-7 allows it for two versions of one resource, but a transaction cannot write both.
        string Version(int version) => Patient($",\"meta\":{{\"versionId\":\"{version}\"}}");
        var (_, problem) = Plan(Transaction(Entry("POST", "Patient", Version(1), Urn(1)), Entry("POST", "Patient", Version(2), Urn(1))));
        Refused("entry-full-url", RejectionKind.Invalid, 1, problem);
    }

    [Fact]
    public void A_Bundle_over_the_limit_of_entries_is_refused()
    {
        var bundle = Scan(Transaction(Entry("GET", "Patient/1"), Entry("GET", "Patient/2")));
        var problem = BundleReading.ReadTransaction(bundle.Bundle!, Options with { MaxEntries = 1 }, out _);
        Refused("bundle-entries", RejectionKind.TooLarge, null, problem);
    }
}

using PatientGrains.Gateway.Intake;
using static PatientGrains.Gateway.Tests.Intake.Bundles;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>What a transaction replaces, and what it leaves alone (R4 3.1.0.11.2, 2.36.4.1).</summary>
public class ReferenceTests
{
    [Fact]
    public void References_to_entries_become_their_new_ids_and_nothing_else_changes()
    {
        string observation = $$$"""
            {
              "resourceType": "Observation", "id": "old", "meta": {"tag":[{"code":"urn-like"}]},
              "status":"final","code":{"text":"{{{Urn(1)}}}"},
              "subject": {"reference":"{{{Urn(1)}}}", "display":"{{{Urn(1)}}}"}, "valueQuantity":{"value":1.500}
            }
            """;
        var bodies = Bodies(Transaction(Entry("POST", "Patient", Patient(), Urn(1)), Entry("POST", "Observation", observation, Urn(2))));
        Assert.Equal(
            observation.Replace($"\"reference\":\"{Urn(1)}\"", "\"reference\":\"Patient/new-0\"", StringComparison.Ordinal)
                .Replace("\"id\": \"old\"", "\"id\": \"new-1\"", StringComparison.Ordinal),
            bodies[1]);
    }

    [Fact]
    public void Circular_references_are_resolved_both_ways()
    {
        string encounter = $$$"""
            {"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"subject":{"reference":"{{{Urn(1)}}}"},
             "diagnosis":[{"condition":{"reference":"{{{Urn(3)}}}"}}]}
            """;
        string condition = $$$"""
            {"resourceType":"Condition","subject":{"reference":"{{{Urn(1)}}}"},"encounter":{"reference":"{{{Urn(2)}}}"}}
            """;
        var bodies = Bodies(Transaction(
            Entry("POST", "Condition", condition, Urn(3)),
            Entry("POST", "Encounter", encounter, Urn(2)),
            Entry("POST", "Patient", Patient(), Urn(1))));
        Assert.Contains("\"reference\":\"Encounter/new-1\"", bodies[0], StringComparison.Ordinal);
        Assert.Contains("\"reference\":\"Condition/new-0\"", bodies[1], StringComparison.Ordinal);
        Assert.DoesNotContain("urn:uuid", bodies[0] + bodies[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_fragment_stays_behind_the_new_id()
    {
        string body = Bodies(Transaction(
            Entry("POST", "Patient", Patient(), Urn(1)), Entry("POST", "Observation", Observation(Urn(1) + "#name"))))[1];
        Assert.Contains("\"reference\":\"Patient/new-0#name\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void References_to_contained_resources_and_to_what_is_stored_stay()
    {
        string observation = Observation("Patient/p", ",\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"c\"}]")
            .Replace(
                "\"status\"", "\"performer\":[{\"reference\":\"#c\"},{\"reference\":\"Practitioner/d\"}],\"status\"",
                StringComparison.Ordinal);
        string body = Bodies(Transaction(Entry("POST", "Observation", observation, Urn(1))))[0];
        Assert.Equal(observation, body.Replace("\"id\":\"new-0\",", "", StringComparison.Ordinal));
    }

    [Fact]
    public void References_inside_contained_resources_are_replaced_too()
    {
        string observation = Observation(
            Urn(1),
            $",\"contained\":[{{\"resourceType\":\"PractitionerRole\",\"id\":\"c\",\"practitioner\":{{\"reference\":\"{Urn(2)}\"}}}}]")
            .Replace("\"status\"", "\"performer\":[{\"reference\":\"#c\"}],\"status\"", StringComparison.Ordinal);
        string body = Bodies(Transaction(
            Entry("POST", "Patient", Patient(), Urn(1)),
            Entry("POST", "Practitioner", Practitioner(), Urn(2)),
            Entry("POST", "Observation", observation)))[2];
        Assert.Contains("\"reference\":\"Practitioner/new-1\"", body, StringComparison.Ordinal);
        Assert.Contains("\"reference\":\"#c\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Uri_elements_and_narrative_links_are_replaced_and_canonicals_are_not()
    {
        string carePlan = $$$"""
            {"resourceType":"CarePlan",
             "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{{{Urn(1)}}}\">p</a></div>"},
             "instantiatesCanonical":["{{{Urn(1)}}}"],"instantiatesUri":["{{{Urn(1)}}}"],
             "status":"active","intent":"plan","subject":{"reference":"{{{Urn(1)}}}"}}
            """;
        string body = Bodies(Transaction(Entry("POST", "Patient", Patient(), Urn(1)), Entry("POST", "CarePlan", carePlan)))[1];
        Assert.Contains("href=\\\"Patient/new-0\\\"", body, StringComparison.Ordinal);
        Assert.Contains("\"instantiatesUri\":[\"Patient/new-0\"]", body, StringComparison.Ordinal);
        Assert.Contains($"\"instantiatesCanonical\":[\"{Urn(1)}\"]", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://old.example/fhir/Practitioner/1", "Practitioner/new-0")]
    [InlineData("Practitioner/1", "Practitioner/new-0")]
    [InlineData("http://old.example/fhir/Practitioner/1/_history/9", "Practitioner/new-0/_history/1")]
    [InlineData("Practitioner/1/_history/9", "Practitioner/new-0/_history/1")]
    [InlineData("http://old.example/fhir/Practitioner/2", "http://old.example/fhir/Practitioner/2")]
    [InlineData("http://other.example/fhir/Practitioner/1", "http://other.example/fhir/Practitioner/1")]
    [InlineData("Practitioner/2", "Practitioner/2")]
    public void With_RESTful_fullUrls_absolute_and_relative_references_are_resolved_below_the_entrys_base(string reference, string becomes)
    {
        string role = $$$"""{"resourceType":"PractitionerRole","practitioner":{"reference":"{{{reference}}}"}}""";
        string body = Bodies(Transaction(
            Entry("POST", "Practitioner", Practitioner(",\"id\":\"1\""), "http://old.example/fhir/Practitioner/1"),
            Entry("POST", "PractitionerRole", role, "http://old.example/fhir/PractitionerRole/7")))[1];
        Assert.Contains($"\"reference\":\"{becomes}\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patient_named_below_the_entrys_base_is_the_patient_of_the_record()
    {
        var (parts, problem) = Place(Transaction(
            Entry("POST", "Patient", Patient(",\"id\":\"1\""), "http://old.example/fhir/Patient/1"),
            Entry("POST", "Observation", Observation("Patient/1", ",\"id\":\"7\""), "http://old.example/fhir/Observation/7")));
        Assert.Null(problem);
        Assert.Equal("Patient/new-0", Assert.Single(parts).Log);
    }

    [Fact]
    public void A_relative_reference_in_an_entry_without_a_RESTful_fullUrl_means_this_server()
    {
        string json = Transaction(
            Entry("POST", "Patient", Patient(",\"id\":\"1\""), "http://old.example/fhir/Patient/1"),
            Entry("POST", "Observation", Observation("Patient/1"), Urn(5)));
        var (_, problem) = Place(json);
        Refused("two-patients", RejectionKind.Unsupported, 1, problem);
    }

    [Fact]
    public void With_RESTful_fullUrls_uri_elements_are_replaced_too()
    {
        string carePlan = """
            {"resourceType":"CarePlan","instantiatesUri":["http://old.example/fhir/Patient/1","http://x.example"],
             "status":"active","intent":"plan","subject":{"reference":"Patient/1"}}
            """;
        string body = Bodies(Transaction(
            Entry("POST", "Patient", Patient(",\"id\":\"1\""), "http://old.example/fhir/Patient/1"),
            Entry("POST", "CarePlan", carePlan, "http://old.example/fhir/CarePlan/2")))[1];
        Assert.Contains("\"instantiatesUri\":[\"Patient/new-0\",\"http://x.example\"]", body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_urn_of_an_updated_entry_becomes_the_id_of_its_url()
    {
        string body = Bodies(Transaction(
            Entry("PUT", "Patient/p", Patient(",\"id\":\"p\""), Urn(1)), Entry("POST", "Observation", Observation(Urn(1)))))[1];
        Assert.Contains("\"reference\":\"Patient/p\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void An_update_at_its_own_url_here_leaves_references_to_it_as_they_are()
    {
        string observation = Observation("http://us.example/fhir/Patient/p");
        var (parts, problem) = Place(Transaction(
            Entry("PUT", "Patient/p", Patient(",\"id\":\"p\""), "http://us.example/fhir/Patient/p"),
            Entry("POST", "Observation", observation)));
        Assert.Null(problem);
        Assert.Contains(
            "\"http://us.example/fhir/Patient/p\"", System.Text.Encoding.UTF8.GetString(parts[0].Submit.Changes[0].Body!.Json.Span),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_specific_reference_to_what_is_updated_is_refused()
    {
        var (_, problem) = Plan(Transaction(
            Entry("PUT", "Patient/p", Patient(",\"id\":\"p\""), "http://old.example/fhir/Patient/p"),
            Entry("POST", "Observation", Observation("http://old.example/fhir/Patient/p/_history/2"))));
        Refused("version-reference", RejectionKind.Unsupported, 1, problem);
    }

    [Fact]
    public void A_urn_that_no_entry_has_fails_the_transaction()
    {
        var (_, problem) = Plan(
            Transaction(Entry("POST", "Patient", Patient(), Urn(1)), Entry("POST", "Observation", Observation(Urn(9)))));
        Refused("reference-unresolved", RejectionKind.Unresolved, 1, problem);
        Assert.DoesNotContain("0009", ((Rejected)problem!.Why).Issues[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_urn_in_a_uri_element_may_name_anything()
    {
        string document = $$$"""
            {"resourceType":"CarePlan","instantiatesUri":["{{{Urn(9)}}}"],
             "status":"active","intent":"plan","subject":{"reference":"Patient/p"}}
            """;
        Assert.Contains(Urn(9), Bodies(Transaction(Entry("POST", "CarePlan", document)))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Escaped_references_are_understood()
    {
        string body = Bodies(Transaction(
            Entry("POST", "Patient", Patient(), Urn(1)),
            Entry("POST", "Observation", Observation(Urn(1).Replace("uuid", "\\u0075uid", StringComparison.Ordinal)))))[1];
        Assert.Contains("\"reference\":\"Patient/new-0\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Conditional_references_become_what_they_match_and_are_looked_up_once()
    {
        string observation = Observation("Patient?identifier=mrn|1")
            .Replace(
                "\"status\"",
                "\"performer\":[{\"reference\":\"Practitioner?identifier=npi|7\"},"
                + "{\"reference\":\"Practitioner?identifier=npi%7C7\"}],\"status\"",
                StringComparison.Ordinal);
        string json = Transaction(Entry("POST", "Observation", observation), Entry("POST", "Observation", observation, more: ""));
        Assert.Equal(2, Plan(json).Plan.References.Count);
        var stored = new Dictionary<string, Match>
        {
            ["Patient?identifier=mrn|1"] = new(new("Patient", "p"), 4, "Patient/p"),
            ["Practitioner?identifier=npi|7"] = new(new("Practitioner", "d"), 2, "Practitioner/d"),
        };
        string body = Bodies(json, stored)[0];
        Assert.Contains(
            "\"performer\":[{\"reference\":\"Practitioner/d\"},{\"reference\":\"Practitioner/d\"}]", body, StringComparison.Ordinal);
        Assert.Contains("\"subject\":{\"reference\":\"Patient/p\"}", body, StringComparison.Ordinal);
        Assert.Equal("Patient/p", Place(json, stored: stored).Parts[0].Log);
    }

    [Fact]
    public void References_to_a_conditional_create_become_what_it_found()
    {
        string json = Transaction(
            Entry("POST", "Patient", Patient(), Urn(1), ",\"ifNoneExist\":\"identifier=mrn|1\""),
            Entry("POST", "Observation", Observation(Urn(1)), Urn(2)));
        var stored = new Dictionary<string, Match> { ["Patient?identifier=mrn|1"] = new(new("Patient", "known"), 4, "Patient/known") };
        var (parts, _) = Place(json, stored: stored);
        Assert.Equal("Patient/known", Assert.Single(parts).Log);
        Assert.Contains("\"reference\":\"Patient/known\"", Bodies(json, stored)[1], StringComparison.Ordinal);
        Assert.True(parts[0].Submit.Changes[0].IsReferredTo);
    }
}

namespace PatientGrains.Fhir.Tests;

public class BundleTests
{
    private const string Patient = """{"resourceType":"Patient","id":"p"}""";

    [Theory]
    [InlineData("bdl-1", "Bundle.total", "\"type\":\"collection\",\"total\":1")]
    [InlineData("bdl-2", "Bundle.entry[0]", "\"type\":\"collection\",\"entry\":[{\"resource\":" + Patient + ",\"search\":{" +
        "\"mode\":\"match\"}}]")]
    [InlineData("bdl-3", "Bundle.entry[0]", "\"type\":\"transaction\",\"entry\":[{\"resource\":" + Patient + "}]")]
    [InlineData("bdl-3", "Bundle.entry[0]", "\"entry\":[{\"resource\":" + Patient + ",\"request\":{\"method\":\"POST\"," +
        "\"url\":\"Patient\"}}],\"type\":\"collection\"")]
    [InlineData("bdl-4", "Bundle.entry[0]", "\"type\":\"collection\",\"entry\":[{\"resource\":" + Patient + ",\"response\":{" +
        "\"status\":\"200\"}}]")]
    [InlineData("bdl-5", "Bundle.entry[0]", "\"type\":\"collection\",\"entry\":[{" +
        "\"fullUrl\":\"urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9\"}]")]
    [InlineData("bdl-7", "Bundle.entry[1]",
        "\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"http://x/Patient/p\",\"resource\":" + Patient +
        "},{\"fullUrl\":\"http://x/Patient/p\",\"resource\":" + Patient + "}]")]
    [InlineData("bdl-8", "Bundle.entry[0].fullUrl", "\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"http://x/Patient/p/_history/1\"," +
        "\"resource\":" + Patient + "}]")]
    [InlineData("fullurl", "Bundle.entry[0].fullUrl",
        "\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"http://x/Patient/q\",\"resource\":" + Patient + "}]")]
    [InlineData("fullurl", "Bundle.entry[0].fullUrl",
        "\"type\":\"collection\",\"entry\":[{\"fullUrl\":\"Patient/p\",\"resource\":" + Patient + "}]")]
    [InlineData("bdl-9", "Bundle", "\"type\":\"document\",\"timestamp\":\"2020-01-01T00:00:00Z\",\"identifier\":{\"value\":\"x\"}")]
    [InlineData("bdl-10", "Bundle", "\"type\":\"document\",\"identifier\":{\"system\":\"http://x\",\"value\":\"x\"}")]
    [InlineData("bdl-11", "Bundle", "\"type\":\"document\",\"entry\":[{\"resource\":" + Patient + "}]")]
    [InlineData("bdl-12", "Bundle", "\"type\":\"message\",\"entry\":[{\"resource\":" + Patient + "}]")]
    [InlineData("unknown-element", "Bundle.entry[0].resource.foo", "\"type\":\"collection\",\"entry\":[{\"resource\":{" +
        "\"resourceType\":\"Patient\",\"foo\":1}}]")]
    public void A_rule_of_Bundles_is_checked(string rule, string location, string members)
    {
        var scanned = ValidatorTests.Scan($"{{\"resourceType\":\"Bundle\",{members}}}");
        Assert.Contains(scanned.Issues, x => x.Rule == rule && x.Location == location);
    }

    [Fact]
    public void The_same_fullUrl_may_stand_twice_with_other_versions_and_in_history()
    {
        string Entry(string version, string more) =>
            $"{{\"fullUrl\":\"http://x/Patient/p\",\"resource\":{{\"resourceType\":\"Patient\",\"id\":\"p\",\"meta\":{{" +
                $"\"versionId\":\"{version}\"}}}}{more}}}";
        Assert.Empty(ValidatorTests.Scan($"{{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{Entry("1", "")},{Entry("2",
            "")}]}}").Issues);
        string history = ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/p\"},\"response\":{\"status\":\"200\"}";
        Assert.Empty(ValidatorTests.Scan($"{{\"resourceType\":\"Bundle\",\"type\":\"history\",\"entry\":[{Entry("1",
            history)},{Entry("1", history)}]}}").Issues);
    }

    [Fact]
    public void Entries_are_resources_of_their_own_valid_or_not_by_themselves()
    {
        var bundle = ValidatorTests.Scan("""
            {"resourceType":"Bundle","type":"batch","entry":[
              {"resource":{"resourceType":"Patient","gender":"x"},"request":{"method":"POST","url":"Patient",
              "ifNoneExist":"identifier=a\u007cb"}},
              {"fullUrl":"urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9","resource":{"resourceType":"Patient","id":"b"},
              "request":{"method":"PUT","url":"Patient/b","ifMatch":"W/\"3\""}},
              {"request":{"method":"DELETE","url":"Patient/c"}}]}
            """);
        Assert.False(bundle.IsValid);
        var entries = bundle.Bundle!.Entries;
        Assert.Equal("batch", bundle.Bundle.Type);
        Assert.Equal(["POST", "PUT", "DELETE"], entries.Select(x => x.Method));
        Assert.Equal(["Patient", "Patient/b", "Patient/c"], entries.Select(x => x.Url));
        Assert.Equal(("identifier=a|b", "W/\"3\"", (string?)null),
            (entries[0].IfNoneExist, entries[1].IfMatch, entries[2].IfModifiedSince));
        Assert.Equal("urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9", entries[1].FullUrl);
        Assert.False(entries[0].Resource!.IsValid);
        Assert.Equal("Bundle.entry[0].resource.gender", entries[0].Resource!.Issues.Single().Location);
        Assert.True(entries[1].Resource!.IsValid);
        Assert.Null(entries[2].Resource);
    }

    [Fact]
    public void The_patient_of_an_entry_is_found_through_the_Bundle()
    {
        var bundle = ValidatorTests.Scan("""
            {"resourceType":"Bundle","type":"collection","entry":[
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000003","resource":{"resourceType":"Observation","status":"final",
              "code":{"text":"x"},
                "performer":[{"reference":"urn:uuid:00000000-0000-0000-0000-000000000002"},
                {"reference":"urn:uuid:00000000-0000-0000-0000-000000000001"}]}},
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000001","resource":{"resourceType":"Patient"}},
              {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000002","resource":{"resourceType":"Practitioner"}},
              {"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},
              "performer":[{"reference":"urn:uuid:00000000-0000-0000-0000-000000000002"}]}}]}
            """);
        Assert.Empty(bundle.Issues);
        Assert.Equal("urn:uuid:00000000-0000-0000-0000-000000000001", bundle.Bundle!.Entries[0].Resource!.PatientReference);
        Assert.Null(bundle.Bundle.Entries[3].Resource!.PatientReference);
    }

    [Fact]
    public void A_Bundle_in_a_Bundle_has_entries_too()
    {
        var outer = ValidatorTests.Scan($"{{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{{\"resource\":{{" +
            $"\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[{{\"resource\":{Patient}}}]}}}},{{\"resource\":{Patient}}}]}}");
        Assert.Empty(outer.Issues);
        Assert.Equal(2, outer.Bundle!.Entries.Count);
        Assert.Equal("p", outer.Bundle.Entries[0].Resource!.Bundle!.Entries.Single().Resource!.Id);
    }
}

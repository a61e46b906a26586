using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>Search within a record, by id and by identifier (R4 search.html).</summary>
public sealed class SearchTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    private async Task<string> Ward()
    {
        string patient = await server.NewPatient();
        foreach (var (id, code, day, category) in ((string, string, string, string)[])[
            ("a", "8867-4", "2024-05-01", "vital-signs"), ("b", "8867-4", "2024-06-15", "vital-signs"),
            ("c", "2524-7", "2024-06-20", "laboratory"), ("d", "2524-7", "2025-01-01", "laboratory")])
        {
            var reply = await server.Send("PUT", $"Observation/{patient}-{id}",
                Samples.Observation(patient, $"{patient}-{id}", code, day, "1.5", category));
            Assert.Equal(201, reply.Status);
        }
        return patient;
    }

    [Theory]
    [InlineData("", "abcd")]
    [InlineData("&code=8867-4", "ab")]
    [InlineData("&code=http://loinc.org|8867-4", "ab")]
    [InlineData("&code=http://loinc.org|", "abcd")]
    [InlineData("&code=|8867-4", "")]
    [InlineData("&code=8867-4,2524-7", "abcd")]
    [InlineData("&code=8867-4&code=2524-7", "")]
    [InlineData("&code:not=8867-4", "cd")]
    [InlineData("&category=laboratory", "cd")]
    [InlineData("&date=2024", "abc")]
    [InlineData("&date=2024-06", "bc")]
    [InlineData("&date=ge2024-06-15", "bcd")]
    [InlineData("&date=gt2024-05&date=lt2024-06-20", "b")]
    [InlineData("&date=ne2024-05-01", "bcd")]
    [InlineData("&status=final&category=vital-signs&date=le2024-05-01", "a")]
    [InlineData("&status=amended", "")]
    [InlineData("&_lastUpdated=gt2001-01-01", "abcd")]
    [InlineData("&_lastUpdated=lt2001-01-01", "")]
    [InlineData("&code=8867\\,4", "")]
    public async Task Parameters_mean_what_R4_says(string query, string expected)
    {
        string patient = await Ward();
        var byPatient = await server.Get($"Observation?patient={patient}{query}");
        Assert.Equal(200, byPatient.Status);
        Assert.Equal(expected, Letters(byPatient));
        Assert.Equal(expected.Length, (int)byPatient.Json["total"]!);
        Assert.Equal(expected, Letters(await server.Get($"Observation?subject=Patient/{patient}{query}")));
        Assert.Equal(expected, Letters(await server.Get($"Observation?subject:Patient={patient}{query}")));
        Assert.Equal(expected, Letters(await server.Get($"Observation?patient={server.Base}Patient/{patient}{query}")));
        Assert.Equal(expected, Letters(await server.Get($"Patient/{patient}/Observation?{query.TrimStart('&')}")));
        var form = await server.Send("POST", "Observation/_search", $"patient={patient}{query}", null,
            ("Content-Type", "application/x-www-form-urlencoded"));
        Assert.Equal(expected, Letters(form));
        Assert.Empty(new FhirScanner().Scan(byPatient.Bytes).Issues.Select(issue => $"{issue.Location}: {issue.Rule}"));
    }

    [Fact]
    public async Task A_searchset_has_total_links_full_urls_and_modes()
    {
        string patient = await Ward();
        var reply = await server.Get($"Observation?patient={patient}&code=8867-4");
        Assert.Equal(("Bundle", "searchset", 2),
            ((string?)reply.Json["resourceType"], (string?)reply.Json["type"], (int)reply.Json["total"]!));
        Assert.Equal($"{server.Base}Observation?patient={patient}&code=8867-4", reply.Link("self"));
        Assert.Null(reply.Link("next"));
        Assert.Equal($"{server.Base}Observation/{patient}-a", (string?)reply.Entries[0]!["fullUrl"]);
        Assert.All(reply.Entries, entry => Assert.Equal("match", (string?)entry!["search"]!["mode"]));
    }

    [Fact]
    public async Task Pages_follow_each_other_to_the_end()
    {
        string patient = await Ward();
        string letters = "";
        string? next = $"Observation?patient={patient}&_count=3";
        int pages = 0;
        while (next is not null)
        {
            var page = await server.Get(next);
            Assert.Equal(4, (int)page.Json["total"]!);
            letters += Letters(page);
            next = page.Link("next");
            pages++;
        }
        Assert.Equal(("abcd", 2), (letters, pages));
    }

    [Theory]
    [InlineData("_summary=count")]
    [InlineData("_count=0")]
    public async Task A_count_has_a_total_and_no_entries(string how)
    {
        string patient = await Ward();
        var reply = await server.Get($"Observation?patient={patient}&{how}");
        Assert.Equal(4, (int)reply.Json["total"]!);
        Assert.Null(reply.Json["entry"]);
        Assert.Null(reply.Link("next"));
    }

    [Fact]
    public async Task A_lenient_client_is_told_what_was_ignored_and_the_self_link_leaves_it_out()
    {
        string patient = await Ward();
        var reply = await server.Get($"Observation?patient={patient}&no-such=1&_sort=date", ("Prefer", "handling=lenient"));
        Assert.Equal(200, reply.Status);
        Assert.Equal(4, (int)reply.Json["total"]!);
        Assert.Equal(5, reply.Entries.Count);
        var outcome = reply.Entries[4]!;
        Assert.Equal("outcome", (string?)outcome["search"]!["mode"]);
        Assert.Contains("no-such, _sort", (string?)outcome["resource"]!["issue"]![0]!["diagnostics"], StringComparison.Ordinal);
        Assert.Equal($"{server.Base}Observation?patient={patient}", reply.Link("self"));
        Assert.Empty(new FhirScanner().Scan(reply.Bytes).Issues);
    }

    [Fact]
    public async Task By_id_and_by_identifier_the_record_need_not_be_named()
    {
        string patient = await Ward();
        Assert.Equal("b", Letters(await server.Get($"Observation?_id={patient}-b")));
        Assert.Equal("bd", Letters(await server.Get($"Observation?_id={patient}-b,{patient}-d,nobody")));
        Assert.Equal(1, (int)(await server.Get($"Patient?_id={patient}")).Json["total"]!);
        string npi = Guid.NewGuid().ToString("N");
        Assert.Equal(201, (await server.Send("POST", "Practitioner", Samples.Practitioner(npi))).Status);
        Assert.Equal(201, (await server.Send("POST", "Practitioner", Samples.Practitioner(npi))).Status);
        Assert.Equal(2, (int)(await server.Get($"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|{npi}")).Json["total"]!);
        Assert.Equal(2, (int)(await server.Get($"Practitioner?identifier={npi}")).Json["total"]!);
        Assert.Equal(0, (int)(await server.Get($"Practitioner?identifier=urn:other|{npi}")).Json["total"]!);
        var page = await server.Get($"Practitioner?identifier={npi}&_count=1");
        Assert.Single(page.Entries);
        var second = await server.Get(page.Link("next")!);
        Assert.NotEqual((string)page.Entries[0]!["resource"]!["id"]!, (string)second.Entries[0]!["resource"]!["id"]!);
        Assert.Null(second.Link("next"));
        string mrn = Guid.NewGuid().ToString("N");
        await server.Send("POST", "Patient", Samples.Patient(identifier: mrn));
        Assert.Equal(1, (int)(await server.Get($"Patient?identifier=urn:test:mrn|{mrn}")).Json["total"]!);
        Assert.Equal(403, (await server.Get("Patient?identifier=urn:test:mrn|")).Status);
    }

    [Fact]
    public async Task Several_patients_are_searched_one_after_the_other_and_paged_as_one_list()
    {
        string one = await Ward();
        string two = await Ward();
        string letters = "";
        for (string? next = $"Observation?patient={one},{two},nobody&code=2524-7&_count=3"; next is not null;)
        {
            var page = await server.Get(next);
            Assert.Equal(4, (int)page.Json["total"]!);
            letters += Letters(page);
            next = page.Link("next");
        }
        Assert.Equal("cdcd", letters);
        Assert.Equal(0, (int)(await server.Get($"Observation?patient={one}&patient={two}")).Json["total"]!);
    }

    [Fact]
    public async Task Everything_is_the_whole_record_page_by_page_and_by_type()
    {
        string patient = await Ward();
        string url = $"Patient/{patient}/$everything";
        var all = await server.Get(url);
        Assert.Equal(5, (int)all.Json["total"]!);
        Assert.Contains(all.Entries, entry => (string?)entry!["resource"]!["resourceType"] == "Patient");
        Assert.Equal("abcd", Letters(await server.Get(url + "?_type=Observation")));
        var ids = new List<string>();
        string? next = url + "?_count=2";
        while (next is not null)
        {
            var page = await server.Get(next);
            ids.AddRange(page.Entries.Select(entry => (string)entry!["fullUrl"]!));
            next = page.Link("next");
        }
        Assert.Equal(5, ids.Distinct().Count());
        Assert.Equal(5, ids.Count);
        var posted = await server.Send("POST", url,
            """
            {"resourceType":"Parameters","parameter":[{"name":"_count","valueInteger":2},
            {"name":"_since","valueInstant":"2001-01-01T00:00:00Z"}]}
            """);
        Assert.Equal(2, posted.Entries.Count);
        Assert.NotNull(posted.Link("next"));
        Assert.Equal(5, (await server.Send("POST", url)).Entries.Count);
        Assert.Empty((await server.Get(url + "?_since=2999-01-01")).Entries);
        Assert.Empty(new FhirScanner().Scan(all.Bytes).Issues);
    }

    [Fact]
    public async Task What_is_deleted_is_not_found_any_more()
    {
        string patient = await Ward();
        await server.Send("DELETE", $"Observation/{patient}-a");
        Assert.Equal("bcd", Letters(await server.Get($"Observation?patient={patient}")));
        Assert.Equal("", Letters(await server.Get($"Observation?_id={patient}-a")));
    }

    private static string Letters(Reply reply)
    {
        Assert.Equal(200, reply.Status);
        return string.Concat(reply.Entries.Select(entry => ((string)entry!["resource"]!["id"]!)[^1]));
    }
}

namespace PatientGrains.Gateway.Tests.Rest;

/// <summary>R4's http.html, rule by rule, over real HTTP.</summary>
public sealed class HttpRulesTests(GatewayServer server) : IClassFixture<GatewayServer>
{
    [Fact]
    public async Task A_create_answers_201_with_location_etag_last_modified_and_body()
    {
        var reply = await server.Send("POST", "Patient", Samples.Patient(id: "ignored-by-the-server"));
        Assert.Equal(201, reply.Status);
        Assert.Equal("W/\"1\"", reply.Header("ETag"));
        string id = (string)reply.Json["id"]!;
        Assert.NotEqual("ignored-by-the-server", id);
        Assert.Equal($"{server.Base}Patient/{id}/_history/1", reply.Header("Location"));
        Assert.Equal("application/fhir+json; charset=utf-8", reply.Header("Content-Type"));
        Assert.NotNull(reply.Header("Last-Modified"));
        Assert.Equal("1", (string?)reply.Json["meta"]!["versionId"]);
        Assert.Equal("urn:test:source:local", (string?)reply.Json["meta"]!["source"]);
        var read = await server.Get($"Patient/{id}");
        Assert.Equal(200, read.Status);
        Assert.Equal(reply.Text, read.Text);
    }

    [Fact]
    public async Task What_was_sent_comes_back_byte_for_byte_but_for_id_and_meta()
    {
        string patient = await server.NewPatient();
        string sent = Samples.Observation(patient, value: "72.00").Replace("\"status\"", "\n  \"status\"");
        var reply = await server.Send("POST", "Observation", sent);
        Assert.Equal(201, reply.Status);
        string id = (string)reply.Json["id"]!;
        int meta = reply.Text.IndexOf("\"meta\":", StringComparison.Ordinal);
        int end = reply.Text.IndexOf('}', meta);
        string without = reply.Text.Remove(meta, end + 2 - meta).Replace($"\"id\":\"{id}\",", "", StringComparison.Ordinal);
        Assert.Equal(sent, without);
    }

    [Fact]
    public async Task Prefer_return_minimal_sends_no_body_and_return_OperationOutcome_sends_one()
    {
        var minimal = await server.Send("POST", "Patient", Samples.Patient(), null, ("Prefer", "return=minimal"));
        Assert.Equal(201, minimal.Status);
        Assert.Empty(minimal.Bytes);
        Assert.NotNull(minimal.Header("Location"));
        var outcome = await server.Send("POST", "Patient", Samples.Patient(), null, ("Prefer", "return=OperationOutcome"));
        Assert.Equal(201, outcome.Status);
        Assert.Equal("informational", outcome.IssueCode);
    }

    [Fact]
    public async Task An_update_needs_the_id_of_the_address_in_the_body()
    {
        Assert.Equal(400, (await server.Send("PUT", "Patient/a", Samples.Patient())).Status);
        Assert.Equal(400, (await server.Send("PUT", "Patient/a", Samples.Patient("b"))).Status);
        Assert.Equal(400, (await server.Send("PUT", "Observation/a", Samples.Patient("a"))).Status);
        Assert.Equal(400, (await server.Send("POST", "Observation", Samples.Patient())).Status);
        Assert.Equal(400, (await server.Send("PUT", "Patient/not_an_id", Samples.Patient("not_an_id"))).Status);
    }

    [Fact]
    public async Task A_resource_lives_through_versions_deletion_and_return()
    {
        string id = await server.NewPatient();
        string url = $"Patient/{id}";
        var updated = await server.Send("PUT", url, Samples.Patient(id, "Beispiel"), null, ("If-Match", "W/\"1\""));
        Assert.Equal((200, "W/\"2\""), (updated.Status, updated.Header("ETag")));
        var stale = await server.Send("PUT", url, Samples.Patient(id, "Zu spaet"), null, ("If-Match", "W/\"1\""));
        Assert.Equal((412, "conflict"), (stale.Status, stale.IssueCode));
        var deleted = await server.Send("DELETE", url);
        Assert.Equal((204, "W/\"3\""), (deleted.Status, deleted.Header("ETag")));
        Assert.Equal(204, (await server.Send("DELETE", url)).Status);
        var gone = await server.Get(url);
        Assert.Equal((410, "deleted", "W/\"3\""), (gone.Status, gone.IssueCode, gone.Header("ETag")));
        Assert.Equal(410, (await server.Get(url + "/_history/3")).Status);
        Assert.Equal("Beispiel", (string?)(await server.Get(url + "/_history/2")).Json["name"]![0]!["family"]);
        var back = await server.Send("PUT", url, Samples.Patient(id, "Wieder"));
        Assert.Equal((201, "W/\"4\""), (back.Status, back.Header("ETag")));

        var history = await server.Get(url + "/_history");
        Assert.Equal(200, history.Status);
        Assert.Equal("history", (string?)history.Json["type"]);
        Assert.Equal(4, (int)history.Json["total"]!);
        Assert.Equal(["PUT", "DELETE", "PUT", "PUT"], history.Entries.Select(entry => (string)entry!["request"]!["method"]!));
        Assert.Equal(["201", "204", "200", "201"], history.Entries.Select(entry => ((string)entry!["response"]!["status"]!)[..3]));
        Assert.Null(history.Entries[1]!["resource"]);
        Assert.Equal("W/\"4\"", (string?)history.Entries[0]!["response"]!["etag"]);
    }

    [Fact]
    public async Task History_is_paged_by_count_and_cut_by_since()
    {
        string id = await server.NewPatient();
        for (int i = 0; i < 4; i++)
            await server.Send("PUT", $"Patient/{id}", Samples.Patient(id, "Name" + i));
        var versions = new List<string>();
        string? next = $"Patient/{id}/_history?_count=2";
        while (next is not null)
        {
            var page = await server.Get(next);
            Assert.Equal(200, page.Status);
            Assert.InRange(page.Entries.Count, 1, 2);
            versions.AddRange(page.Entries.Select(entry => (string)entry!["resource"]!["meta"]!["versionId"]!));
            next = page.Link("next");
        }
        Assert.Equal(["5", "4", "3", "2", "1"], versions);
        Assert.Empty((await server.Get($"Patient/{id}/_history?_since=2999-01-01T00:00:00Z")).Entries);
        Assert.Equal(5, (await server.Get($"Patient/{id}/_history?_since=2001-01-01T00:00:00Z")).Entries.Count);
        Assert.Equal(400, (await server.Get($"Patient/{id}/_history?_at=2001")).Status);
    }

    [Fact]
    public async Task Reads_are_conditional()
    {
        string id = await server.NewPatient();
        string url = $"Patient/{id}";
        var read = await server.Get(url);
        var same = await server.Get(url, ("If-None-Match", read.Header("ETag")!));
        Assert.Equal(304, same.Status);
        Assert.Empty(same.Bytes);
        Assert.Equal(read.Header("ETag"), same.Header("ETag"));
        Assert.Equal(304, (await server.Get(url, ("If-Modified-Since", read.Header("Last-Modified")!))).Status);
        Assert.Equal(200, (await server.Get(url, ("If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"))).Status);
        Assert.Equal(200, (await server.Get(url, ("If-None-Match", "W/\"7\""))).Status);
    }

    [Fact]
    public async Task Head_answers_like_get_without_the_body()
    {
        string id = await server.NewPatient();
        foreach (string url in (string[])[$"Patient/{id}", $"Patient/{id}/_history", "metadata", $"Observation?patient={id}",
            $"Patient/{id}/$everything"])
        {
            var get = await server.Get(url);
            var head = await server.Send("HEAD", url);
            Assert.Equal(get.Status, head.Status);
            Assert.Empty(head.Bytes);
            Assert.Equal(get.Header("Content-Length"), head.Header("Content-Length"));
            Assert.Equal(get.Header("ETag"), head.Header("ETag"));
        }
    }

    public static TheoryData<string, string, int, string> Failures => new()
    {
        { "GET", "Patient/nobody-has-this-id", 404, "not-found" },
        { "GET", "Patient/_bad_id_", 404, "not-found" },
        { "GET", "NoSuchType/x", 404, "not-supported" },
        { "GET", "patient/x", 404, "not-supported" },
        { "GET", "Patient/x/y/z/0", 404, "not-found" },
        { "GET", "Patient/_history", 404, "not-found" },
        { "GET", "Patient/x/$no-such-operation", 404, "not-found" },
        { "PATCH", "Patient/x", 405, "not-supported" },
        { "PUT", "Patient", 405, "not-supported" },
        { "DELETE", "Patient", 405, "not-supported" },
        { "POST", "Patient/x/_history", 405, "not-supported" },
        { "POST", "AuditEvent", 405, "not-supported" },
        { "POST", "metadata", 405, "not-supported" },
        { "GET", "Patient", 403, "too-costly" },
        { "GET", "Observation?code=1", 403, "too-costly" },
        { "GET", "?_type=Patient", 403, "too-costly" },
        { "GET", "Observation?patient=x&no-such=1", 400, "not-supported" },
        { "GET", "Observation?patient=x&date=yesterday", 400, "value" },
        { "GET", "Observation?patient=x&code:text=x", 400, "not-supported" },
        { "GET", "Observation?patient=x&_sort=date", 400, "not-supported" },
        { "GET", "Observation?patient=x&_count=-1", 400, "value" },
        { "GET", "Observation?patient=x&_summary=true", 400, "not-supported" },
        { "GET", "Observation?patient=x&_elements=id", 400, "not-supported" },
        { "GET", "Observation?patient.name=x", 400, "not-supported" },
        { "GET", "Observation?patient=x&_cursor=mine", 400, "value" },
        { "GET", "Patient/x?_elements=id", 400, "not-supported" },
        { "GET", "Patient/x/$everything?start=2001", 400, "not-supported" },
        { "GET", "metadata?mode=odd", 400, "value" },
        { "GET", "metadata?_format=xml", 406, "not-supported" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task What_fails_says_so_in_an_OperationOutcome(string method, string url, int status, string code)
    {
        var reply = await server.Send(method, url);
        Assert.Equal((status, code), (reply.Status, reply.IssueCode));
        Assert.Equal("application/fhir+json; charset=utf-8", reply.Header("Content-Type"));
        Assert.NotNull(reply.Header("X-Request-Id"));
        Assert.Equal(status == 405, reply.Header("Allow") is not null);
    }

    [Fact]
    public async Task The_clients_request_id_comes_back_when_it_is_plain_and_a_fresh_one_otherwise()
    {
        Assert.Equal("my-request.7", (await server.Get("Patient/x", ("X-Request-Id", "my-request.7"))).Header("X-Request-Id"));
        var odd = await server.Get("Patient/x", ("X-Request-Id", "odd one"));
        Assert.DoesNotContain("odd", odd.Header("X-Request-Id")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_405_names_the_methods_that_there_are()
    {
        Assert.Equal("DELETE, GET, HEAD, PUT", (await server.Send("PATCH", "Patient/x")).Header("Allow"));
        Assert.Equal("GET, HEAD, POST", (await server.Send("PUT", "Patient")).Header("Allow"));
    }

    [Theory]
    [InlineData("application/fhir+xml", 406)]
    [InlineData("text/html", 406)]
    [InlineData("application/fhir+json; fhirVersion=3.0", 406)]
    [InlineData("application/fhir+json; fhirVersion=4.0", 200)]
    [InlineData("application/json", 200)]
    [InlineData("text/html, */*;q=0.1", 200)]
    [InlineData("application/fhir+xml, application/fhir+json;q=0.5", 200)]
    [InlineData("application/fhir+json;q=0", 406)]
    public async Task Accept_is_honoured(string accept, int expected)
    {
        var reply = await server.Get("metadata", ("Accept", accept));
        Assert.Equal(expected, reply.Status);
        Assert.EndsWith("json; charset=utf-8", reply.Header("Content-Type"));
    }

    [Fact]
    public async Task The_parameter_format_goes_before_Accept()
    {
        Assert.Equal(200, (await server.Get("metadata?_format=json", ("Accept", "application/fhir+xml"))).Status);
        Assert.Equal(200, (await server.Get("metadata?_format=application/fhir+json")).Status);
        Assert.Equal(406, (await server.Get("metadata?_format=text/turtle", ("Accept", "*/*"))).Status);
    }

    [Theory]
    [InlineData("application/fhir+xml", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("application/fhir+json; charset=iso-8859-1", 415)]
    [InlineData("application/fhir+json; charset=UTF-8", 201)]
    [InlineData("application/json", 201)]
    public async Task Content_Type_is_honoured(string type, int expected) =>
        Assert.Equal(expected, (await server.Send("POST", "Patient", Samples.Patient(), null, ("Content-Type", type))).Status);

    [Theory]
    [InlineData("", 400)]
    [InlineData("{", 400)]
    [InlineData("[]", 400)]
    [InlineData("{\"resourceType\":\"Patient\"", 400)]
    [InlineData("{\"resourceType\":\"Nonsense\"}", 400)]
    [InlineData("{\"resourceType\":\"Patient\",\"birthDate\":\"1970-13-01\"}", 422)]
    [InlineData("{\"resourceType\":\"Patient\",\"noSuchElement\":1}", 422)]
    [InlineData("{\"resourceType\":\"Patient\",\"name\":[]}", 422)]
    public async Task A_body_that_cannot_be_read_is_400_and_one_that_breaks_rules_is_422(string body, int expected)
    {
        var reply = await server.Send("POST", "Patient", body);
        Assert.Equal(expected, reply.Status);
        Assert.Equal("OperationOutcome", (string?)reply.Json["resourceType"]);
    }

    [Fact]
    public async Task A_conditional_create_makes_one_resource_and_a_second_match_is_412()
    {
        string mrn = Guid.NewGuid().ToString("N");
        var first = await server.Send("POST", "Patient", Samples.Patient(identifier: mrn), null,
            ("If-None-Exist", $"identifier=urn:test:mrn|{mrn}"));
        Assert.Equal(201, first.Status);
        var second = await server.Send("POST", "Patient", Samples.Patient(identifier: mrn), null,
            ("If-None-Exist", $"identifier=urn:test:mrn|{mrn}"));
        Assert.Equal(200, second.Status);
        Assert.Equal(first.Header("Location"), second.Header("Location"));
        Assert.Equal(201, (await server.Send("POST", "Patient", Samples.Patient(identifier: mrn))).Status);
        var third = await server.Send("POST", "Patient", Samples.Patient(identifier: mrn), null,
            ("If-None-Exist", $"identifier=urn:test:mrn|{mrn}"));
        Assert.Equal((412, "multiple-matches"), (third.Status, third.IssueCode));
    }

    [Fact]
    public async Task The_same_Idempotency_Key_gives_the_same_answer_and_other_content_is_refused()
    {
        string key = Guid.NewGuid().ToString("N");
        var first = await server.Send("POST", "Patient", Samples.Patient(), null, ("Idempotency-Key", key));
        var second = await server.Send("POST", "Patient", Samples.Patient(), null, ("Idempotency-Key", key));
        Assert.Equal((201, 201), (first.Status, second.Status));
        Assert.Equal(first.Header("Location"), second.Header("Location"));
        Assert.Equal(1, (int)(await server.Get($"Patient/{first.Json["id"]}/_history")).Json["total"]!);
        var other = await server.Send("POST", "Patient", Samples.Patient(family: "Anders"), null, ("Idempotency-Key", key));
        Assert.Equal((409, "duplicate"), (other.Status, other.IssueCode));
        var tooLong = await server.Send("POST", "Patient", Samples.Patient(), null, ("Idempotency-Key", new string('k', 129)));
        Assert.Equal((400, "too-long"), (tooLong.Status, tooLong.IssueCode));
    }
}

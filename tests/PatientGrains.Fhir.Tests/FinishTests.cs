using System.Buffers;
using System.Text;
using System.Text.Json;

namespace PatientGrains.Fhir.Tests;

/// <summary>What is stored, and what is read back.</summary>
public class FinishTests
{
    private static string Text(FinishedResource finished) => Encoding.UTF8.GetString(finished.Body.Span);

    private static string At(FinishedResource finished) =>
        Encoding.UTF8.GetString(finished.Body.Span.Slice(finished.Meta.Offset, finished.Meta.Length));

    [Fact]
    public void An_id_that_was_not_sent_is_put_after_the_resourceType_and_all_else_is_kept()
    {
        var finished = ValidatorTests.Scan("{ \"resourceType\" : \"Basic\" , \"code\":{\"text\":\"a\\u00e9\\/\"},\n\"extension\":[{" +
            "\"url\":\"http://x\",\"valueDecimal\":1.500E+2}] }").Finish("n.1");
        Assert.Equal("{ \"resourceType\" : \"Basic\",\"id\":\"n.1\" , \"code\":{\"text\":\"a\\u00e9\\/\"},\n\"extension\":[{" +
            "\"url\":\"http://x\",\"valueDecimal\":1.500E+2}] }", Text(finished));
        Assert.Equal(0, finished.Meta.Length);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","id":"old","meta":{"profile":["http://x"]},"active":true}""", """{"profile":["http://x"]}""")]
    [InlineData("""{"meta":{"profile":["http://x"]},"id":"old","active":true,"resourceType":"Patient"}""", """{"profile":["http://x"]}""")]
    [InlineData("""{"meta":{"source":"urn:uuid:00000000-0000-0000-0000-000000000001"},"link":[{"other":""" +
        """{"reference":"Patient/1"},"type":"seealso"}],"id":"old","resourceType":"Patient"}""", "{\"source\":\"a longer replacement\"}")]
    public void Meta_is_found_wherever_it_stands(string json, string meta)
    {
        var finished = ValidatorTests.Scan(json).Finish("a-much-longer-id", x => x.Kind == LinkKind.Uri ? "a longer replacement"
            : "Patient/22");
        Assert.Equal(meta, At(finished));
        Assert.Contains("\"id\":\"a-much-longer-id\"", Text(finished), StringComparison.Ordinal);
        JsonDocument.Parse(finished.Body).Dispose();
    }

    [Fact]
    public void Links_are_listed_in_order_and_replaced_with_the_escapes_of_their_place()
    {
        var scanned = ValidatorTests.Scan("""
            {"resourceType":"Patient","text":{"status":"generated","div":
            "<div xmlns='http://www.w3.org/1999/xhtml'><a href=\"urn:uuid:00000000-0000-0000-0000-000000000001\"><\/a><img src='#p'/></div>"
            },"contained":[{"resourceType":"Patient","id":"p","managingOrganization":{"reference":"Organization\/1"}}],
             "identifier":[{"system":"urn:oid:1.2.3","value":"urn:uuid:00000000-0000-0000-0000-000000000002"}],
             "link":[{"other":{"reference":"#p"},"type":"seealso"}],
             "extension":[{"url":"http://x","valueCanonical":"urn:uuid:00000000-0000-0000-0000-000000000001"}]}
            """);
        Assert.Empty(scanned.Issues);
        Assert.Equal(
            [(LinkKind.Narrative, "urn:uuid:00000000-0000-0000-0000-000000000001"), (LinkKind.Narrative, "#p"),
                (LinkKind.Reference, "Organization/1"), (LinkKind.Uri, "urn:oid:1.2.3"), (LinkKind.Reference, "#p")],
            scanned.Links.Select(x => (x.Kind, x.Text)));
        var finished = scanned.Finish("i", x =>
            x.Kind switch { LinkKind.Narrative => "Patient/1?a=\"b\"&c", LinkKind.Reference => "A\"B", _ => null });
        string text = Text(finished);
        Assert.Contains("""href=\"Patient/1?a=&quot;b&quot;&amp;c\"><\/a>""", text, StringComparison.Ordinal);
        Assert.Contains("""src='Patient/1?a=&quot;b&quot;&amp;c'""", text, StringComparison.Ordinal);
        Assert.Contains("""{"reference":"A\"B"}""", text, StringComparison.Ordinal);
        Assert.Contains("\"urn:oid:1.2.3\"", text, StringComparison.Ordinal);
        Assert.Contains("\"valueCanonical\":\"urn:uuid:00000000-0000-0000-0000-000000000001\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ordinary_uris_are_links_only_when_asked_for()
    {
        byte[] json = """{"resourceType":"Patient","identifier":[{"system":"http://x","value":"1"}]}"""u8.ToArray();
        Assert.Empty(new FhirScanner().Scan(json).Links);
        Assert.Equal("http://x", new FhirScanner(FhirLimits.Default with { AllUriLinks = true }).Scan(json).Links.Single().Text);
    }

    [Fact]
    public void What_is_not_valid_cannot_be_finished_and_an_id_must_be_one()
    {
        Assert.Throws<InvalidOperationException>(() => ValidatorTests.Scan("""{"resourceType":"Patient","x":1}""").Finish("a"));
        Assert.Throws<ArgumentException>(() => ValidatorTests.Scan("""{"resourceType":"Patient"}""").Finish("a\",\"b"));
        Assert.Throws<ArgumentException>(() => ValidatorTests.Scan("""{"resourceType":"Patient"}""").Finish(""));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","id":"a","active":true}""", """{"resourceType":"Patient","id":"a","meta":""" +
        """{"versionId":"3","lastUpdated":"2026-11-21T10:00:00.000Z","source":"urn:x:\u0022"},"active":true}""")]
    [InlineData("""{"resourceType":"Patient","id":"a","meta":{"versionId":"9","_source":{"id":"x","extension":[{"url":"http:""" +
        """//x","valueBoolean":true}]},"source":"http://mine", "profile" : [ "http://p" ],"lastUpdated":"2000-01-01T00:00:00Z","tag":[""" +
        """{"code":"t"}]}}""",
        """{"resourceType":"Patient","id":"a","meta":{"versionId":"3","lastUpdated":"2026-11-21T10:00:00.000Z","source":"urn:x:""" +
            """\u0022","profile" : [ "http://p" ],"tag":[{"code":"t"}]}}""")]
    public void The_servers_meta_is_spliced_in_and_the_rest_of_the_sent_one_kept(string sent, string read)
    {
        var finished = ValidatorTests.Scan(sent).Finish("a");
        var to = new ArrayBufferWriter<byte>();
        FhirMeta.Write(to, finished.Body.Span, finished.Meta, "3", new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.FromHours(2)),
            "urn:x:\"");
        Assert.Equal(read, Encoding.UTF8.GetString(to.WrittenSpan));
        Assert.True(new FhirScanner().Scan(to.WrittenMemory.ToArray()).IsValid);
    }

    [Fact]
    public void An_outcome_is_itself_a_valid_resource()
    {
        var to = new ArrayBufferWriter<byte>();
        FhirOutcome.Write(to, ValidatorTests.Scan("""{"resourceType":"Patient","gender":"x","foo":1}""").Issues);
        var scanned = new FhirScanner().Scan(to.WrittenMemory.ToArray());
        Assert.True(scanned.IsValid, OfficialExamplesTests.Show(scanned));
        string text = Encoding.UTF8.GetString(to.WrittenSpan);
        Assert.Contains("\"expression\":[\"Patient.gender\"]", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"code-invalid\"", text, StringComparison.Ordinal);
        to.ResetWrittenCount();
        FhirOutcome.Write(to, []);
        Assert.True(new FhirScanner().Scan(to.WrittenMemory.ToArray()).IsValid);
        to.ResetWrittenCount();
        FhirOutcome.Write(to, FhirSeverity.Error, "conflict", "the version is not the current one");
        Assert.True(new FhirScanner().Scan(to.WrittenMemory.ToArray()).IsValid);
    }

    [Fact]
    public void Every_rule_has_an_issue_type_of_R4()
    {
        var rules = typeof(Scan.Rule).GetFields().Where(x => x.IsStatic).Select(x => (Scan.Rule)x.GetValue(null)!).ToList();
        var types = Schema.R4.Instance.Type("OperationOutcome.issue").Find("code")!.Binding!;
        Assert.All(rules, x => Assert.True(types.HasCode(Encoding.UTF8.GetBytes(x.IssueType)), x.Key));
        Assert.Equal(rules.Count, rules.Select(x => x.Key).Distinct().Count());
    }
}

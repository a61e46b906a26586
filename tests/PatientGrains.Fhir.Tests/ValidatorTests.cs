using System.Text;
using PatientGrains.Fhir.Scan;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests;

/// <summary>Single rules on small resources: what the mutations of real ones do not reach, and what must not be refused.</summary>
public class ValidatorTests
{
    private const string Code = "\"code\":{\"text\":\"x\"}";

    [Theory]
    [InlineData("""{"resourceType":"Patient"}""")]
    [InlineData("""  {"resourceType":"Patient"}  """)]
    [InlineData("""{"id":"late","active":true,"resourceType":"Patient"}""")]
    [InlineData("""{"resourceType":"Patient","\u0061ctive":true}""")]
    [InlineData("""{"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"b","extension":[{"url":"http://x","valueBoolean":""" +
        """true}]}}""")]
    [InlineData("""{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://x","valueBoolean":true}]}}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"extension":[{"url":"http://x","valueBoolean":""" +
        """true}]}]}]}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"_given":[{"extension":[{"url":"http://x","valueBoolean":true}]}]}]}""")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueDateTime":"2015-06-30T23:59:60Z"}""")]
    [InlineData("""{"resourceType":"Observation","_status":{"extension":[{"url":"u:x","valueCode":"x"}]},"code":{"text":"x"}}""")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":-1.50E+03}}""")]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"}],"managingOrganization":""" +
        """{"reference":"#o"}}""")]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Provenance","id":"p","target":[{"reference":"#"}""" +
        """],"recorded":"2020-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}]}""")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"Organization?identifier=a|b"}}""")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"http:""" +
        """//x.org/fhir/Organization/1/_history/2","type":"Organization"}}""")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9"}}""")]
    [InlineData("""{"resourceType":"Patient","language":"de-CH-1996"}""")]
    [InlineData("""{"resourceType":"Binary","contentType":"text/plain; charset=utf-8","data":"QUJD"}""")]
    [InlineData("""{"resourceType":"Invoice","status":"draft","totalNet":{"value":1.00,"currency":"EUR"}}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"a","valueOid":"urn:oid:1.2.0"},{"name":"b","valueUuid":"urn:uuid:""" +
        """05efabf0-4be2-4561-91ce-51548425acb9"},{"name":"c","resource":{"resourceType":"Patient"}}]}""")]
    public void Is_valid(string json) => Assert.Empty(Scan(json).Issues);

    [Theory]
    [InlineData("""[]""", "json", "", 1, 1)]
    [InlineData("", "json", "", 1, 1)]
    [InlineData("""{"resourceType":"Patient","active":true,"active":true}""", "duplicate", "Patient.active", 1, 41)]
    [InlineData("{\n  \"resourceType\": \"Patient\",\n  \"birthDate\": \"1970-02-30\"\n}", "date-format", "Patient.birthDate", 3, 16)]
    [InlineData("""{"resourceType":"Patient","birthDate":"0000"}""", "date-format", "Patient.birthDate", 1, 39)]
    [InlineData("""{"resourceType":"Patient","birthDate":"1970-1-1"}""", "date-format", "Patient.birthDate", 1, 39)]
    [InlineData("""{"resourceType":"Patient","language":"e"}""", "binding", "Patient.language", 1, 38)]
    [InlineData("""{"resourceType":"Patient","language":"en_US"}""", "binding", "Patient.language", 1, 38)]
    [InlineData("""{"resourceType":"Binary","contentType":"text"}""", "binding", "Binary.contentType", 1, 40)]
    [InlineData("""{"resourceType":"Invoice","status":"draft","totalNet":{"value":1.00,"currency":"Euro"}}""",
        "binding", "Invoice.totalNet.currency", 1, 80)]
    [InlineData("""{"resourceType":"Patient","multipleBirthInteger":-0}""", "integer-format", "Patient.multipleBirth", 1, 50)]
    [InlineData("""{"resourceType":"Patient","multipleBirthBoolean":true,"_multipleBirthInteger":{"extension":[{"url":"http:""" +
        """//x","valueBoolean":true}]}}""", "choice-twice", "Patient.multipleBirth", 1, 55)]
    [InlineData("""{"resourceType":"Patient","name":[{"given":[null],"_given":[null]}]}""", "sibling-alignment",
        "Patient.name[0].given[0]", 1, 45)]
    [InlineData("""{"resourceType":"Patient","name":[{"_given":[null,{"extension":[{"url":"http://x","valueBoolean":true}]}]}]}""", "null",
        "Patient.name[0].given[0]", 1, 46)]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"http://x","_url":{"extension":[{"url":"http://x","valueBoolean":true}""" +
        """]},"valueBoolean":true}]}""", "sibling-on-complex", "Patient.extension[0].url", 1, 58)]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"}],"generalPractitioner":[""" +
        """{"reference":"#o"},{"reference":"#p"}]}""", "ref-1", "Patient.generalPractitioner[1]", 1, 149)]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Medication","id":"o"}],"managingOrganization":""" +
        """{"reference":"#o"}}""", "reference-target", "Patient.managingOrganization", 1, 117)]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"Organization/1","type":"Patient"}}""", "reference-target",
        "Patient.managingOrganization.type", 1, 88)]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"a","valueOid":"urn:oid:1.02"}]}""",
        "oid-format", "Parameters.parameter[0].value", 1, 66)]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"a","valueUuid":"urn:uuid:05EFABF0-4be2-4561-91ce-51548425acb9"}]}""",
        "uuid-format", "Parameters.parameter[0].value", 1, 67)]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"a","valueString":"x","resource":{"resourceType":"Patient"}}]}""",
        "inv-1", "Parameters.parameter[0]", 1, 43)]
    public void Is_refused(string json, string rule, string location, int line, int column)
    {
        var scanned = Scan(json);
        Assert.False(scanned.IsValid);
        var issue = Assert.Single(scanned.Issues);
        Assert.Equal((rule, location, line, column), (issue.Rule, issue.Location, issue.Line, issue.Column));
    }

    [Theory]
    [InlineData("obs-6", "Observation", "\"status\":\"final\"," + Code + ",\"valueString\":\"x\",\"dataAbsentReason\":{\"text\":\"x\"}")]
    [InlineData("obs-7", "Observation", "\"status\":\"final\",\"code\":{\"coding\":[{\"code\":\"a\"}]},\"valueString\":\"x\"," +
        "\"component\":[{\"code\":{\"coding\":[{\"code\":\"a\"}]}}]")]
    [InlineData("con-4", "Condition", "\"subject\":{\"display\":\"x\"},\"abatementDateTime\":\"2020\"")]
    [InlineData("con-5", "Condition", "\"subject\":{\"display\":\"x\"},\"clinicalStatus\":{\"coding\":[{" +
        "\"system\":\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\"active\"}]},\"verificationStatus\":{" +
        "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-ver-status\",\"code\":\"entered-in-error\"}]}")]
    [InlineData("ait-1", "AllergyIntolerance", "\"patient\":{\"display\":\"x\"}")]
    [InlineData("binding", "AllergyIntolerance", "\"patient\":{\"display\":\"x\"},\"clinicalStatus\":{\"coding\":[{" +
        "\"system\":\"http://x\",\"code\":\"active\"}]}")]
    [InlineData("binding", "AllergyIntolerance", "\"patient\":{\"display\":\"x\"},\"clinicalStatus\":{\"text\":\"active\"}")]
    [InlineData("pat-1", "Patient", "\"contact\":[{\"gender\":\"male\"}]")]
    [InlineData("org-1", "Organization", "\"active\":true")]
    [InlineData("app-2", "Appointment", "\"status\":\"booked\",\"start\":\"2020-01-01T00:00:00Z\",\"participant\":[{" +
        "\"status\":\"accepted\",\"actor\":{\"display\":\"x\"}}]")]
    [InlineData("tim-1", "ServiceRequest", "\"status\":\"active\",\"intent\":\"order\",\"subject\":{\"display\":\"x\"}," +
        "\"occurrenceTiming\":{\"repeat\":{\"duration\":1}}")]
    [InlineData("age-1", "Condition", "\"subject\":{\"display\":\"x\"},\"onsetAge\":{\"value\":1}")]
    [InlineData("sqty-1", "ServiceRequest", "\"status\":\"active\",\"intent\":\"order\",\"subject\":{\"display\":\"x\"}," +
        "\"quantityRange\":{\"low\":{\"value\":1,\"comparator\":\"<\"}}")]
    [InlineData("que-1", "Questionnaire", "\"status\":\"active\",\"item\":[{\"linkId\":\"1\",\"type\":\"group\"}]")]
    [InlineData("que-2", "Questionnaire", "\"status\":\"active\",\"item\":[{\"linkId\":\"1\",\"type\":\"group\",\"item\":[{" +
        "\"linkId\":\"2\",\"type\":\"string\"}]},{\"linkId\":\"2\",\"type\":\"string\"}]")]
    [InlineData("que-7", "Questionnaire", "\"status\":\"active\",\"item\":[{\"linkId\":\"1\",\"type\":\"string\",\"enableWhen\":[{" +
        "\"question\":\"2\",\"operator\":\"exists\",\"answerString\":\"x\"}]}]")]
    [InlineData("csd-1", "CodeSystem", "\"status\":\"active\",\"content\":\"complete\",\"concept\":[{\"code\":\"a\",\"concept\":[{" +
        "\"code\":\"b\"}]},{\"code\":\"b\"}]")]
    [InlineData("mdd-1", "MedicationDispense", "\"status\":\"completed\",\"medicationCodeableConcept\":{\"text\":\"x\"}," +
        "\"whenPrepared\":\"2020-02-02\",\"whenHandedOver\":\"2020-02-01\"")]
    [InlineData("inv-1", "Task", "\"status\":\"draft\",\"intent\":\"order\",\"authoredOn\":\"2020-02\",\"lastModified\":\"2020-01\"")]
    public void The_invariant_of_the_standard_is_checked(string key, string type, string members)
    {
        var scanned = Scan($"{{\"resourceType\":\"{type}\",{members}}}");
        Assert.Contains(scanned.Issues, x => x.Rule == key);
    }

    [Fact]
    public void The_README_lists_the_invariants_that_are_not_checked()
    {
        string readme = File.ReadAllText(RealData.InRepository("src/PatientGrains.Fhir/README.md")).Replace("\n  ", " ",
            StringComparison.Ordinal);
        var byHand = typeof(Rule).GetFields().Where(x => x.IsStatic).Select(x => ((Rule)x.GetValue(null)!).Key).ToHashSet();
        var checkedKeys = R4.Instance.Types.SelectMany(x =>
            x.Invariants.Select(i => i.Key + x.Name).Concat(x.Distinct.Select(d => d.Rule.Key + x.Name))).ToHashSet();
        string type = "";
        var left = new List<string>();
        int all = 0;
        int compiled = 0;
        foreach (string[] fields in File.ReadLines(RealData.InRepository("src/PatientGrains.Fhir/Schema/r4.txt")).Select(x =>
            x.Split('\t')))
        {
            if (fields[0] == "type")
                type = fields[1];
            if (fields is not ["", "!", var key, ..])
                continue;
            all++;
            compiled += R4.Instance.Type(type).Invariants.Exists(x => x.Key == key) ? 1 : 0;
            if (!checkedKeys.Contains(key + type) && !byHand.Contains(key))
                left.Add(key);
        }
        Assert.True(readme.Contains($"- not checked: {string.Join(", ", left)}", StringComparison.Ordinal), string.Join(", ", left));
        string share = $"{compiled} of {all}";
        Assert.True(readme.Contains(share, StringComparison.Ordinal), share);
    }

    [Fact]
    public void Issues_never_quote_what_was_sent()
    {
        var scanned = Scan("""{"resourceType":"Patient","gender":"secret-1","birthDate":"secret-2","Mr. Secret 3":""" +
            """1,"active":"secret-4","managingOrganization":{"reference":"secret 5"}}""");
        Assert.Equal(5, scanned.Issues.Count);
        Assert.All(scanned.Issues, x => Assert.DoesNotContain("secret", x.Message + x.Location, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void What_is_too_large_too_deep_or_too_broken_is_cut_off_at_its_limit()
    {
        var scanner = new FhirScanner(FhirLimits.Default with { MaxBytes = 4000, MaxDepth = 8, MaxIssues = 3 });
        Assert.Equal("size", scanner.Scan(new byte[4001]).Issues.Single().Rule);
        string deep = "{\"resourceType\":\"Patient\"" + string.Concat(Enumerable.Repeat(",\"extension\":[{\"url\":\"http://x\"",
            9)) + string.Concat(Enumerable.Repeat("}]", 9)) + "}";
        Assert.Contains(scanner.Scan(Encoding.UTF8.GetBytes(deep)).Issues, x => x.Rule == "depth" && x.Code == "too-long");
        string skipped = "{\"resourceType\":\"Patient\",\"foo\":" + new string('[', 100) + new string(']', 100) + "}";
        Assert.Contains(scanner.Scan(Encoding.UTF8.GetBytes(skipped)).Issues, x => x.Rule == "depth");
        var many = scanner.Scan(Encoding.UTF8.GetBytes("{\"resourceType\":\"Patient\",\"a\":1,\"b\":1,\"c\":1,\"d\":1}"));
        Assert.Equal(3, many.Issues.Count);
    }

    [Fact]
    public void Bytes_in_the_middle_of_a_larger_buffer_are_all_that_is_read()
    {
        byte[] json = Encoding.UTF8.GetBytes("""xxx{"resourceType":"Patient","id":"a"}}}}""");
        var scanned = new FhirScanner().Scan(json.AsMemory(3, json.Length - 6));
        Assert.True(scanned.IsValid);
        Assert.Equal("a", scanned.Id);
        Assert.Equal("""{"resourceType":"Patient","id":"b"}""", Encoding.UTF8.GetString(scanned.Finish("b").Body.Span));
    }

    [Theory]
    [InlineData("{\"resourceType\":\"Patient\",\"contained\":[", "{\"resourceType\":\"Organization\",\"id\":\"o#\",\"name\":\"x\"}",
        "],\"generalPractitioner\":[", "{\"reference\":\"#o#\"}", "]}")]
    [InlineData("{\"resourceType\":\"Patient\",\"name\":[{\"given\":[", "null", "],\"_given\":[", "null", "]}]}")]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[", "{\"fullUrl\":\"urn:x\",\"resource\":{" +
        "\"resourceType\":\"Patient\"}}", ",", "{\"fullUrl\":\"urn:y\",\"resource\":{\"resourceType\":\"Patient\"}}", "]}")]
    [InlineData("{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\"," +
        "\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">", "<a href=\\\"#\\\">a</a>", ".", "<i><b/></i>", "</div>\"}}")]
    public void Time_grows_no_faster_than_the_bytes(string start, string first, string middle, string second, string end)
    {
        string comma = first.StartsWith('<') ? "" : ",";
        string Many(string item, int count) => string.Join(comma, Enumerable.Range(0, count).Select(x =>
            item.Replace("#", x.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));
        byte[] Of(int count) => Encoding.UTF8.GetBytes(start + Many(first, count) + middle + Many(second.Replace("\"#o#", "\"\u0001o#",
            StringComparison.Ordinal), count).Replace('\u0001', '#') + end);
        byte[] few = Of(1_000), many = Of(64_000);
        var scanner = new FhirScanner();
        TimeSpan ofFew = TimeSpan.MaxValue, ofMany = TimeSpan.MaxValue;
        // 64 times the bytes cost 64 times as much, and thousands of times when something compares pair by pair.
        bool IsInProportion() => ofMany < 512 * ofFew;
        ThreadTime.Until(3, () =>
        {
            ofFew = Least(ofFew, ThreadTime.Of(() => scanner.Scan(few)));
            ofMany = Least(ofMany, ThreadTime.Of(() => scanner.Scan(many)));
        }, IsInProportion);
        Assert.True(IsInProportion(), $"{ofFew} for {few.Length} bytes, {ofMany} for {many.Length}");
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    internal static ScannedResource Scan(string json) => new FhirScanner().Scan(Encoding.UTF8.GetBytes(json));
}

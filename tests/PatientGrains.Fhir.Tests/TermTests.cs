using System.Globalization;
using System.Text;
using PatientGrains.Core.Search;

namespace PatientGrains.Fhir.Tests;

public class TermTests
{
    private static List<string> Terms(string json, Func<ScannedLink, string?>? replace = null)
    {
        var scanned = ValidatorTests.Scan(json);
        Assert.True(scanned.IsValid, OfficialExamplesTests.Show(scanned));
        var all = new List<string>();
        foreach (var term in scanned.Finish("x", replace).Terms)
        {
            string name = Encoding.UTF8.GetString(term.Param);
            string first = Encoding.UTF8.GetString(term.First);
            all.Add(term.Kind switch
            {
                TermKind.Date => $"{name}={Day(term.FromTicks)}..{Day(term.UntilTicks)}",
                TermKind.Quantity => $"{name}={Encoding.UTF8.GetString(term.Decimal)}|{first}|{Encoding.UTF8.GetString(term.Second)}",
                TermKind.Token => $"{name}={first}|{Encoding.UTF8.GetString(term.Second)}",
                _ => $"{name}={first}",
            });
        }
        all.Sort(StringComparer.Ordinal);
        return all;
    }

    private static string Day(long ticks) =>
        ticks is long.MinValue or long.MaxValue ? "" : new DateTime(ticks).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    [Fact]
    public void An_Observation_is_found_by_code_value_date_category_status_and_subject()
    {
        Assert.Equal(
            [
                "based-on=ServiceRequest/1", "category=http://c|laboratory", "code=http://loinc.org|2524-7", "code=|x",
                    "combo-code=http://loinc.org|2524-7", "combo-code=|x",
                "combo-value-quantity=1.50|http://unitsofmeasure.org|mmol/L", "date=2020-01-01T08:00:00..2020-01-01T08:00:01",
                    "identifier=http://i|a\"b", "patient=Patient/1", "performer=Practitioner/1",
                "status=|final", "subject=Patient/1", "value-quantity=1.50|http://unitsofmeasure.org|mmol/L",
            ],
            Terms("""
                {"resourceType":"Observation","status":"final","identifier":[{"system":"http://i","value":"a\"b"}],
                "basedOn":[{"reference":"ServiceRequest/1"}],
                 "category":[{"coding":[{"system":"http://c","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org",
                 "code":"2524-7"},{"code":"x"}]},
                 "subject":{"reference":"urn:uuid:00000000-0000-0000-0000-000000000001"},"performer":[{"reference":"Practitioner/1"},
                 {"display":"nobody"}],"effectiveDateTime":"2020-01-01T10:00:00+02:00",
                 "valueQuantity":{"value":1.50,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}
                """, x => x.Text.StartsWith("urn:", StringComparison.Ordinal) ? "Patient/1" : null));
    }

    [Fact]
    public void A_Patient_is_found_by_names_address_telecom_birth_and_death()
    {
        var terms = Terms("""
            {"resourceType":"Patient","active":true,"name":[{"family":"Ünal","given":["A","B"]}],"telecom":[{"system":"phone","value":"1"},
            {"system":"email","value":"a@b"},{"system":"url","value":"c"}],
             "birthDate":"1970-05","deceasedDateTime":"2020","address":[{"city":"Bern","line":["Gasse 1"]}],
             "generalPractitioner":[{"reference":"Organization/1"}],"meta":{"tag":[{"code":"t"}],"profile":["http://p"],
             "source":"http://s"}}
            """);
        Assert.Equal(
            [
                "_profile=http://p", "_tag=|t", "active=|true", "address-city=Bern", "address=Bern", "address=Gasse 1",
                    "birthdate=1970-05-01T00:00:00..1970-06-01T00:00:00",
                "death-date=2020-01-01T00:00:00..2021-01-01T00:00:00", "deceased=|true", "email=|a@b", "family=Ünal",
                    "general-practitioner=Organization/1", "given=A", "given=B",
                "name=A", "name=B", "name=Ünal", "phone=|1", "phonetic=A", "phonetic=B", "phonetic=Ünal", "telecom=|1", "telecom=|a@b",
                    "telecom=|c",
            ],
            terms);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","deceasedBoolean":false}""", "deceased=|false")]
    [InlineData("""{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"period":{"start":"2020-01-02"}}""",
        "date=2020-01-02T00:00:00..")]
    [InlineData("""{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"period":{"end":"2020-01-02"}}""",
        "date=..2020-01-03T00:00:00")]
    [InlineData("""{"resourceType":"Condition","subject":{"display":"x"},"onsetRange":{"low":{"value":1,"unit":"a"},"high":{"value":""" +
        """2,"unit":"a"}}}""", "onset-age=2||a")]
    [InlineData("""{"resourceType":"RiskAssessment","status":"final","subject":{"reference":"Patient/1"},"prediction":[""" +
        """{"probabilityDecimal":0.010}]}""", "probability=0.010")]
    [InlineData("""{"resourceType":"Library","status":"draft","type":{"text":"x"},"relatedArtifact":[""" +
        """{"type":"depends-on","resource":"http://l|1"}]}""", "depends-on=http://l|1")]
    [InlineData("""{"resourceType":"Invoice","status":"draft","totalNet":{"value":1.00,"currency":"EUR"}}""",
        "totalnet=1.00|urn:iso:std:iso:4217|EUR")]
    [InlineData("""{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":""" +
        """{"reference":"Group/1"},"occurrenceTiming":{"event":["2020-01-02"]}}""", "occurrence=2020-01-02T00:00:00..2020-01-03T00:00:00")]
    [InlineData("""{"resourceType":"InsurancePlan","name":"n"}""", "name=n")]
    public void A_parameter_of_its_kind_is_extracted(string json, string term) => Assert.Contains(term, Terms(json));

    [Fact]
    public void A_parameter_for_patients_only_leaves_others_out()
    {
        var terms = Terms("""{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Group/1"}}""");
        Assert.Contains("subject=Group/1", terms);
        Assert.DoesNotContain(terms, x => x.StartsWith("patient=", StringComparison.Ordinal));
        Assert.DoesNotContain(Terms("""{"resourceType":"Library","status":"draft","type":{"text":"x"},"relatedArtifact":[""" +
            """{"type":"successor","resource":"http://l"}]}"""), x => x.StartsWith("depends-on", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"performer":[{"reference":"Patient/2"}""" +
        """],"subject":{"reference":"Patient/1"}}""", "Patient/1")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"performer":[{"reference":"Patient/2"}""" +
        """],"subject":{"reference":"Group/1"}}""", "Patient/2")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=http:""" +
        """//x|1"}}""", "Patient?identifier=http://x|1")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"http://x/fhir/Patient/1"}}""",
        "http://x/fhir/Patient/1")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Location/1"}}""", null)]
    [InlineData("""{"resourceType":"Coverage","status":"active","policyHolder":{"reference":"Patient/2"},"beneficiary":""" +
        """{"reference":"Patient/1"},"payor":[{"reference":"Organization/1"}]}""", "Patient/1")]
    [InlineData("""{"resourceType":"Device","patient":{"reference":"Patient/1"}}""", "Patient/1")]
    [InlineData("""{"resourceType":"Task","status":"draft","intent":"order","for":{"reference":"Patient/1"}}""", "Patient/1")]
    [InlineData("""{"resourceType":"Binary","contentType":"text/plain","securityContext":{"reference":"Patient/1"}}""", "Patient/1")]
    [InlineData("""{"resourceType":"AuditEvent","type":{"code":"rest"},"recorded":"2020-01-01T00:00:00Z","source":{"observer":""" +
        """{"display":"x"}},"agent":[{"requestor":false}],"entity":[{"what":{"reference":"Patient/1"}}]}""", "Patient/1")]
    [InlineData("""{"resourceType":"Patient","link":[{"type":"seealso","other":{"reference":"Patient/2"}}]}""", null)]
    public void The_patient_that_a_resource_belongs_to_is_the_first_that_its_type_asks_for(string json, string? patient)
    {
        var scanned = ValidatorTests.Scan(json);
        Assert.True(scanned.IsValid, OfficialExamplesTests.Show(scanned));
        Assert.Equal(patient, scanned.PatientReference);
        Assert.Equal(patient is null ? -1 : scanned.Links.ToList().FindIndex(x => x.Text == patient), scanned.PatientLink);
    }
}

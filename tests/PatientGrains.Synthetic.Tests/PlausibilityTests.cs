using System.Globalization;
using System.Text.Json;

namespace PatientGrains.Synthetic.Tests;

/// <summary>Properties that hold of every single record, whatever the seed.</summary>
public class PlausibilityTests
{
    private static readonly SyntheticOptions Options = new() { Seed = 11, Patients = 150, Years = 6 };
    private static readonly List<List<JsonElement>> Records =
        SyntheticPopulation.Patients(Options).Select(x => x.Resources().Select(Json.Parse).ToList()).ToList();

    [Fact]
    public void Systolic_pressure_is_above_diastolic()
    {
        foreach (var pressure in Observations("85354-9"))
        {
            var values = pressure.At("component").EnumerateArray()
                .ToDictionary(x => x.Code(), x => x.At("valueQuantity", "value").GetInt32());
            Assert.InRange(values["8462-4"], 30, values["8480-6"] - 10);
            Assert.InRange(values["8480-6"], 60, 220);
        }
    }

    [Fact]
    public void Body_mass_index_is_weight_over_height_squared()
    {
        var checkedIndices = 0;
        foreach (var record in Records)
        {
            var sets = record.Where(x => x.Type() == "Observation").GroupBy(x => x.Text("effectiveDateTime"));
            foreach (var set in sets)
            {
                var byCode = set.Where(x => x.Has("valueQuantity")).GroupBy(x => x.Code()).ToDictionary(x => x.Key, x => x.First());
                if (!byCode.TryGetValue("39156-5", out var index))
                    continue;
                var metres = byCode["8302-2"].Value() / 100;
                Assert.InRange(index.Value() - byCode["29463-7"].Value() / (metres * metres), -0.051m, 0.051m);
                checkedIndices++;
            }
        }
        Assert.True(checkedIndices > 300);
    }

    [Fact]
    public void A_code_has_one_unit_and_its_results_lie_where_people_live()
    {
        var units = new Dictionary<string, string>();
        foreach (var observation in Records.SelectMany(x => x).Where(x => x.Type() == "Observation" && x.Has("valueQuantity")))
        {
            Assert.Equal("http://unitsofmeasure.org", observation.Text("valueQuantity", "system"));
            var unit = units.GetValueOrDefault(observation.Code()) ?? (units[observation.Code()] = observation.Unit());
            Assert.Equal(unit, observation.Unit());
            Assert.True(observation.Value() > 0, observation.GetRawText());
        }
        Assert.True(units.Count >= 30);
        Assert.Equal("mg/dL", units["2160-0"]);
        Assert.Equal("mmol/L", units["2823-3"]);
        Assert.Equal("10*3/uL", units["6690-2"]);
        Assert.Equal("Cel", units["8310-5"]);
    }

    [Fact]
    public void Interpretations_follow_from_the_reference_range()
    {
        var seen = new HashSet<string>();
        foreach (var observation in Records.SelectMany(x => x).Where(x => x.Has("interpretation")))
        {
            var range = observation.At("referenceRange", "0");
            var value = observation.Value();
            var expected = range.TryGetProperty("low", out var low) && value < low.At("value").GetDecimal() ? "L"
                : range.TryGetProperty("high", out var high) && value > high.At("value").GetDecimal() ? "H" : "N";
            Assert.Equal(expected, observation.Text("interpretation", "0", "coding", "0", "code"));
            seen.Add(expected);
        }
        Assert.Equal(["H", "L", "N"], seen.Order());
    }

    [Fact]
    public void Times_lie_between_birth_and_the_reference_date_and_visits_are_in_order()
    {
        var end = new DateTimeOffset(Options.ReferenceDate.ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(-5));
        foreach (var record in Records)
        {
            var born = DateTimeOffset.Parse(record[0].Text("birthDate") + "T00:00:00-05:00", CultureInfo.InvariantCulture);
            var last = DateTimeOffset.MinValue;
            foreach (var resource in record.Skip(1))
            {
                Assert.All(Times(resource), x => Assert.InRange(x, born, end));
                if (resource.Type() != "Encounter")
                    continue;
                var (from, to) = (Time(resource.Text("period", "start")), Time(resource.Text("period", "end")));
                Assert.True(from >= last && to > from);
                last = from;
            }
            Assert.All(record.Where(x => x.Has("issued")), x => Assert.True(Time(x.Text("issued")) >= Time(x.Text("effectiveDateTime"))));
        }
    }

    [Fact]
    public void Nothing_happens_outside_its_encounter()
    {
        foreach (var record in Records)
        {
            var encounters = record.Where(x => x.Type() == "Encounter").ToDictionary(x => "Encounter/" + x.Id());
            foreach (var resource in record.Where(x => x.Has("encounter") && (x.Has("effectiveDateTime") || x.Has("performedPeriod"))))
            {
                var period = encounters[resource.Text("encounter", "reference")].At("period");
                var ends = resource.Has("performedPeriod")
                    ? (Time(resource.Text("performedPeriod", "start")), Time(resource.Text("performedPeriod", "end")))
                    : (Time(resource.Text("effectiveDateTime")), Time(resource.Text("effectiveDateTime")));
                Assert.InRange(ends.Item1, Time(period.Text("start")), Time(period.Text("end")));
                Assert.InRange(ends.Item2, Time(period.Text("start")), Time(period.Text("end")));
            }
        }
    }

    [Fact]
    public void A_report_holds_results_of_the_same_time_and_encounter()
    {
        foreach (var record in Records)
        {
            var byLink = record.ToDictionary(x => $"{x.Type()}/{x.Id()}");
            foreach (var report in record.Where(x => x.Type() == "DiagnosticReport"))
            {
                var results = report.At("result").EnumerateArray().Select(x => byLink[x.Text("reference")]).ToList();
                Assert.InRange(results.Count, 4, 9);
                Assert.All(results, x => Assert.Equal(report.Text("effectiveDateTime"), x.Text("effectiveDateTime")));
                Assert.All(results, x => Assert.Equal(report.Text("encounter", "reference"), x.Text("encounter", "reference")));
            }
        }
    }

    [Fact]
    public void Somebody_with_known_diabetes_has_a_raised_HbA1c_and_others_have_not()
    {
        var (known, others) = (0, 0);
        foreach (var record in Records)
        {
            var since = record.Where(x => x.Type() == "Condition" && x.Code() == "44054006")
                .Select(x => x.Text("onsetDateTime"))
                .FirstOrDefault();
            foreach (var result in record.Where(x => x.Type() == "Observation" && x.Code() == "4548-4"))
            {
                var diabetic = since is not null && string.CompareOrdinal(since, result.Text("effectiveDateTime")[..10]) <= 0;
                Assert.Equal(diabetic, result.Value() >= 6.5m);
                _ = diabetic ? known++ : others++;
            }
        }
        Assert.True(known > 20 && others > 100);
    }

    private static IEnumerable<JsonElement> Observations(string code) =>
        Records.SelectMany(x => x).Where(x => x.Type() == "Observation" && x.Code() == code);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<DateTimeOffset> Times(JsonElement resource)
    {
        foreach (var property in resource.EnumerateObject().Where(x => x.Value.ValueKind == JsonValueKind.String))
        {
            if (!property.Name.EndsWith("DateTime") && property.Name is not ("issued" or "recordedDate" or "authoredOn"))
                continue;
            var text = property.Value.GetString()!;
            yield return Time(text.Length == 10 ? text + "T00:00:00-05:00" : text);
        }
    }
}

using System.Text.Json;

namespace PatientGrains.Synthetic.Tests;

public class SourcesTests
{
    private static readonly SyntheticOptions Options = new() { Seed = 3, Patients = 300 };
    private static readonly List<Seen> All = SyntheticSources.People(Options).Select(x => new Seen(x)).ToList();

    /// <summary>A person with every source's resources parsed and found by "source Type/id".</summary>
    private sealed class Seen(SyntheticPerson person)
    {
        public SyntheticPerson Person { get; } = person;

        public Dictionary<string, JsonElement> Resources { get; } = person.Records
            .SelectMany(record => record.Resources().Select(bytes => (record.Source, Resource: Json.Parse(bytes))))
            .ToDictionary(x => $"{x.Source} {x.Resource.Type()}/{x.Resource.Id()}", x => x.Resource);

        public JsonElement Of(string source, string reference) => Resources[$"{source} {reference}"];
    }

    [Fact]
    public void Everybody_is_known_to_two_or_three_sources_and_each_has_own_ids_and_numbers()
    {
        var ids = new HashSet<string>();
        foreach (var seen in All)
        {
            Assert.InRange(seen.Person.Records.Count, 2, 3);
            Assert.Equal("local", seen.Person.Records[0].Source);
            foreach (var record in seen.Person.Records)
            {
                Assert.True(ids.Add(record.Source + record.PatientId));
                Assert.True(ids.Add(record.RecordNumberSystem + record.RecordNumber));
                Assert.Matches("^[A-Za-z0-9-]{1,64}$", record.PatientId);
            }
            var plain = seen.Resources.Keys.Select(x => x.Split(' ')[1]).ToList();
            Assert.Equal(plain.Count, plain.Distinct().Count());
        }
    }

    [Fact]
    public void References_of_a_source_stay_inside_it()
    {
        foreach (var seen in All)
        {
            foreach (var (key, resource) in seen.Resources)
            {
                var source = key.Split(' ')[0];
                Assert.All(resource.References(), x => Assert.True(seen.Resources.ContainsKey($"{source} {x}"), $"{key} -> {x}"));
            }
        }
    }

    [Fact]
    public void Bundles_put_the_same_resources_in_the_same_order_in_pieces()
    {
        foreach (var record in All.Take(20).SelectMany(x => x.Person.Records))
        {
            var entries = record.Bundles().Select(Json.Parse).SelectMany(x => x.Entries()).ToList();
            Assert.All(record.Bundles(), x => Assert.InRange(Json.Parse(x).Entries().Count(), 1, SourceRecord.BundleSize));
            Assert.Equal(
                record.Resources().Select(x => Json.Parse(x).GetRawText()),
                entries.Select(x => x.At("resource").GetRawText()));
            Assert.All(entries, x => Assert.Equal($"{x.At("resource").Type()}/{x.At("resource").Id()}", x.Text("request", "url")));
            Assert.All(entries,
                x => Assert.Equal($"https://{record.Source}.example.org/fhir/{x.Text("request", "url")}", x.Text("fullUrl")));
        }
    }

    [Fact]
    public void Every_kind_of_difference_is_planted_among_three_hundred_people()
    {
        var kinds = All.SelectMany(x => x.Person.Differences).Select(x => x.Kind).ToHashSet();
        Assert.Equal(Enum.GetValues<DifferenceKind>().ToHashSet(), kinds);
    }

    [Fact]
    public void Every_planted_difference_is_there()
    {
        foreach (var seen in All)
        {
            foreach (var planted in seen.Person.Differences)
            {
                var other = seen.Of(planted.OtherSource, planted.OtherResource);
                if (planted.Resource is null)
                {
                    Assert.Equal(DifferenceKind.MissingCondition, planted.Kind);
                    var same = seen.Resources.Where(x => x.Key.StartsWith(planted.Source + " Condition/")).Select(x => x.Value)
                        .Where(x => x.Code() == other.Code() && x.Text("recordedDate") == other.Text("recordedDate"));
                    Assert.Empty(same);
                    continue;
                }
                Assert.True(Shows(planted.Kind, planted.Element, seen.Of(planted.Source, planted.Resource), other), planted.ToString());
            }
        }
    }

    [Fact]
    public void Nothing_else_differs_between_the_demographics_of_two_sources()
    {
        foreach (var seen in All)
        {
            var local = seen.Of("local", "Patient/" + seen.Person.Records[0].PatientId);
            foreach (var record in seen.Person.Records.Skip(1))
            {
                var other = seen.Of(record.Source, "Patient/" + record.PatientId);
                var told = seen.Person.Differences.Where(x => x.Source == record.Source).Select(x => x.Element).ToHashSet();
                foreach (var element in new[] { "birthDate", "address", "contact", "telecom" }.Where(x => !told.Contains("Patient." + x)))
                    Assert.Equal(local.At(element).GetRawText(), other.At(element).GetRawText());
                Assert.Equal(local.Text("gender"), other.Text("gender"));
            }
        }
    }

    private static bool Shows(DifferenceKind kind, string element, JsonElement one, JsonElement other) => kind switch
    {
        DifferenceKind.NameTypo => Family(one) != Family(other) && Math.Abs(Family(one).Length - Family(other).Length) <= 1,
        DifferenceKind.Nickname => one.Text("name", "0", "given", "0") != other.Text("name", "0", "given", "0"),
        DifferenceKind.Capitals => Family(one) != Family(other) && Family(one) == Family(other).ToUpperInvariant(),
        DifferenceKind.TransposedBirthDate => one.Text("birthDate") != other.Text("birthDate")
            && one.Text("birthDate").Order().SequenceEqual(other.Text("birthDate").Order()),
        DifferenceKind.MovedAddress => one.Text("address", "0", "line", "0") != other.Text("address", "0", "line", "0"),
        DifferenceKind.MissingDemographics => Length(one, element) < Length(other, element),
        DifferenceKind.OtherUnits => one.Unit() != other.Unit() && SameTime(one, other) && Interpretation(one) == Interpretation(other),
        DifferenceKind.DuplicatedObservation => one.Code() == other.Code() && SameTime(one, other) && Value(one) == Value(other),
        DifferenceKind.ConflictingResult => one.Code() == other.Code() && SameTime(one, other) && one.Value() > 1.3m * other.Value(),
        DifferenceKind.ConflictingAllergy =>
            one.Text("verificationStatus", "coding", "0", "code") == "refuted" || one.Code() != other.Code(),
        DifferenceKind.ConflictingMedication => one.Text("status") == "stopped" && other.Text("status") == "active"
            && one.At("medicationCodeableConcept").GetRawText() == other.At("medicationCodeableConcept").GetRawText(),
        _ => false,
    };

    private static string Family(JsonElement patient) => patient.Text("name", "0", "family");

    private static int Length(JsonElement patient, string element) =>
        patient.TryGetProperty(element["Patient.".Length..], out var list) ? list.GetArrayLength() : 0;

    private static bool SameTime(JsonElement one, JsonElement other) => one.Text("effectiveDateTime") == other.Text("effectiveDateTime");

    private static string? Interpretation(JsonElement one) =>
        one.Has("interpretation") ? one.Text("interpretation", "0", "coding", "0", "code") : null;

    private static string Value(JsonElement one) => one.EnumerateObject()
        .First(x => x.Name is "valueQuantity" or "component" or "valueCodeableConcept").Value.GetRawText();
}

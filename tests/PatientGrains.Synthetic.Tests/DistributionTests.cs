using System.Text.Json;
using Xunit.Abstractions;

namespace PatientGrains.Synthetic.Tests;

/// <summary>
/// Two thousand patients against the published figures that the generator cites, within what such a sample may miss them by.
/// </summary>
public class DistributionTests(ITestOutputHelper output)
{
    private static readonly SyntheticOptions Options = new() { Seed = 20, Patients = 2_000 };
    private static readonly List<Summary> People = SyntheticPopulation.Patients(Options).Select(Summary.Of).ToList();

    private sealed record Summary(
        bool Female, int Age, HashSet<string> Conditions, decimal? LastMassIndex, double OfficeVisits, bool? Smokes)
    {
        public static Summary Of(SyntheticPatient patient)
        {
            var all = patient.Resources().Select(Json.Parse).ToList();
            var born = DateOnly.Parse(all[0].Text("birthDate"));
            // The reference date is the last day of its year, so everybody has had this year's birthday.
            var age = Options.ReferenceDate.Year - born.Year;
            var observations = all.Where(x => x.Type() == "Observation").ToList();
            var smoking = observations.LastOrDefault(x => x.Code() == "72166-2");
            return new Summary(
                all[0].Text("gender") == "female",
                age,
                all.Where(x => x.Type() == "Condition").Select(x => x.Code()).ToHashSet(),
                observations.Where(x => x.Code() == "39156-5").Select(x => (decimal?)x.Value()).LastOrDefault(),
                all.Count(x => x.Type() == "Encounter" && x.Text("class", "code") == "AMB") / (double)Options.Years,
                smoking.ValueKind == JsonValueKind.Undefined ? null
                    : smoking.Text("valueCodeableConcept", "coding", "0", "code") == "449868002");
        }
    }

    [Fact]
    public void Sex_and_age_follow_the_2020_Census()
    {
        Near("female", 0.509, People, x => x.Female, 0.035);
        Near("under 18", 0.221, People, x => x.Age < 18, 0.03);
        Near("65 and over", 0.168, People, x => x.Age >= 65, 0.03);
    }

    [Theory]
    [InlineData(18, 39, 0.224)]
    [InlineData(40, 59, 0.545)]
    [InlineData(60, 120, 0.745)]
    public void Hypertension_follows_NCHS_Data_Brief_364(int from, int to, double share) =>
        Near($"hypertension {from}-{to}", share, Aged(from, to), x => x.Conditions.Contains("59621000"), 0.06);

    [Theory]
    [InlineData(18, 44, 0.048)]
    [InlineData(45, 64, 0.189)]
    [InlineData(65, 120, 0.292)]
    public void Diabetes_follows_the_National_Diabetes_Statistics_Report(int from, int to, double share) =>
        Near($"diabetes {from}-{to}", share, Aged(from, to), x => x.Conditions.Contains("44054006"), 0.06);

    [Fact]
    public void Obesity_follows_NHANES() =>
        Near("obesity", 0.419, Aged(25, 120).Where(x => x.LastMassIndex is not null), x => x.LastMassIndex >= 30, 0.04);

    [Fact]
    public void Smoking_follows_the_MMWR() => Near("smoking", 0.125, People.Where(x => x.Smokes is not null), x => x.Smokes == true, 0.03);

    [Fact]
    public void Asthma_follows_the_CDC() => Near("asthma", 0.08, Aged(18, 120), x => x.Conditions.Contains("195967001"), 0.025);

    [Fact]
    public void Office_visits_are_about_as_frequent_as_the_ambulatory_care_survey_says()
    {
        var mean = People.Average(x => x.OfficeVisits);
        output.WriteLine($"office visits a year: cited 2.67, drawn {mean:F2}");
        Assert.InRange(mean, 2.1, 3.2);
    }

    [Fact]
    public void Conditions_of_old_age_do_not_befall_children()
    {
        string[] late = ["59621000", "44054006", "13645005", "53741008", "49436004", "84114007", "433144002", "396275006"];
        Assert.All(Aged(0, 17), x => Assert.Empty(x.Conditions.Intersect(late)));
    }

    private static IEnumerable<Summary> Aged(int from, int to) => People.Where(x => x.Age >= from && x.Age <= to);

    private void Near(string what, double cited, IEnumerable<Summary> among, Func<Summary, bool> counted, double tolerance)
    {
        var group = among.ToList();
        var share = group.Count(counted) / (double)group.Count;
        output.WriteLine($"{what}: cited {cited:P1}, drawn {share:P1} of {group.Count}");
        Assert.InRange(share, cited - tolerance, cited + tolerance);
    }
}

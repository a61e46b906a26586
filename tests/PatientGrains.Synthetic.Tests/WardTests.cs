using System.Globalization;
using System.Text.Json;
using Xunit.Abstractions;

namespace PatientGrains.Synthetic.Tests;

public class WardTests(ITestOutputHelper output)
{
    private static readonly WardOptions Options = new() { Seed = 5, Stays = 120, SepsisShare = 0.3, RevisionShare = 0.02 };
    private static readonly List<WardStay> Stays = SyntheticWard.Stays(Options).ToList();
    private static readonly List<(WardEvent Event, JsonElement Observation)> Events =
        SyntheticWard.Replay(Options).Where(x => x.Type == "Observation").Select(x => (x, Json.Parse(x.Resource))).ToList();

    [Theory]
    [InlineData("Stays", -1)]
    [InlineData("Hours", 23)]
    [InlineData("AdmissionHours", 0)]
    [InlineData("Units", 9)]
    [InlineData("SepsisShare", 1.5)]
    [InlineData("RevisionShare", 0.6)]
    public void An_option_out_of_its_limits_is_refused_by_name(string option, double value)
    {
        Func<object> set = option switch
        {
            "Stays" => () => new WardOptions { Stays = (int)value },
            "Hours" => () => new WardOptions { Hours = (int)value },
            "Units" => () => new WardOptions { Units = (int)value },
            "AdmissionHours" => () => new WardOptions { AdmissionHours = (int)value },
            "SepsisShare" => () => new WardOptions { SepsisShare = value },
            _ => () => new WardOptions { RevisionShare = value },
        };
        Assert.Throws<ArgumentOutOfRangeException>(option, set);
    }

    [Fact]
    public void Events_come_in_order_of_time_and_belong_to_a_stay()
    {
        Assert.Equal(Options.Stays, Stays.Count);
        var last = DateTimeOffset.MinValue;
        foreach (var (sent, observation) in Events)
        {
            Assert.True(sent.At >= last);
            last = sent.At;
            var stay = Stays[sent.Patient];
            Assert.Equal($"Patient/{stay.PatientId}", observation.Text("subject", "reference"));
            Assert.Equal($"Encounter/{stay.EncounterId}", observation.Text("encounter", "reference"));
            Assert.Equal(sent.Id, observation.Id());
            var measured = DateTimeOffset.Parse(observation.Text("effectiveDateTime"), CultureInfo.InvariantCulture);
            Assert.InRange(measured, stay.AdmittedAt, sent.At);
            Assert.Equal(sent.At, DateTimeOffset.Parse(observation.Text("issued"), CultureInfo.InvariantCulture));
            Assert.True(measured < stay.AdmittedAt.AddHours(stay.Hours));
        }
    }

    [Fact]
    public void A_stay_does_not_depend_on_how_many_there_are()
    {
        var few = SyntheticWard.Replay(Options with { Stays = 3 }).Where(x => x.Type == "Observation").Select(x => x.Resource.ToArray());
        var many = Events.Where(x => x.Event.Patient < 3).Select(x => x.Event.Resource.ToArray());
        Assert.Equal(few, many);
        Assert.Equal(Stays[2].Registration.ToArray(), SyntheticWard.Stays(Options with { Stays = 3 }).Last().Registration.ToArray());
    }

    [Fact]
    public void The_share_of_septic_stays_is_the_share_asked_for()
    {
        foreach (var share in new[] { 0.0, new WardOptions().SepsisShare, 0.5 })
        {
            var septic = SyntheticWard.Stays(new() { Stays = 2_000, SepsisShare = share }).Count(x => x.OnsetHour is not null) / 2_000.0;
            output.WriteLine($"asked for {share:P1}, drawn {septic:P1}");
            Assert.InRange(septic, share - 0.03, share + 0.03);
        }
    }

    [Fact]
    public void Septic_stays_get_worse_about_their_onset_and_others_do_not()
    {
        foreach (var stay in Stays)
        {
            if (stay.OnsetHour is not { } onset)
            {
                Assert.All(Values(stay, "2524-7", 0, 999), x => Assert.True(x < 4));
                continue;
            }
            Assert.InRange(onset, 12, stay.Hours - 6);
            var before = Mean(stay, "8867-4", 0, onset - 8);
            var after = Mean(stay, "8867-4", onset + 3, stay.Hours);
            Assert.True(after > before + 15, $"stay {stay.Patient}: heart rate {before:F0} -> {after:F0}");
            Assert.True(Mean(stay, "2524-7", onset + 1, stay.Hours) > Mean(stay, "2524-7", 0, onset - 8) + 1);
            Assert.True(Mean(stay, "9279-1", onset + 3, stay.Hours) > Mean(stay, "9279-1", 0, onset - 8) + 3);
        }
    }

    [Fact]
    public void Revised_results_come_again_under_their_id_as_corrected_or_amended()
    {
        var seen = new Dictionary<string, JsonElement>();
        var statuses = new Dictionary<string, int>();
        foreach (var (sent, observation) in Events)
        {
            var status = observation.Text("status");
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            Assert.Equal(sent.Revised, status != "final");
            Assert.Equal(sent.Revised, seen.TryGetValue(sent.Id, out var earlier));
            if (sent.Revised)
            {
                Assert.Equal(earlier.Code(), observation.Code());
                Assert.Equal(earlier.Text("effectiveDateTime"), observation.Text("effectiveDateTime"));
                Assert.Equal(status == "corrected", earlier.Value() != observation.Value());
                Assert.Equal(status == "amended", observation.Has("note"));
            }
            seen[sent.Id] = observation;
        }
        output.WriteLine(string.Join(", ", statuses.Select(x => $"{x.Key} {x.Value}")));
        Assert.True(statuses["corrected"] > statuses["amended"]);
    }

    [Fact]
    public void A_registration_puts_the_patient_and_an_encounter_in_progress()
    {
        foreach (var stay in Stays)
        {
            var entries = Json.Parse(stay.Registration).Entries().Select(x => x.At("resource")).ToList();
            Assert.Equal(["Patient", "Encounter"], entries.Select(x => x.Type()));
            Assert.Equal([stay.PatientId, stay.EncounterId], entries.Select(x => x.Id()));
            Assert.Equal("in-progress", entries[1].Text("status"));
            Assert.False(entries[1].At("period").Has("end"));
        }
    }

    [Fact]
    public void A_septic_stay_is_cultured_and_then_treated_within_hours_of_its_onset_and_no_other_is()
    {
        var sent = SyntheticWard.Replay(Options).Where(x => x.Type != "Observation").ToLookup(x => x.Patient);
        foreach (var stay in Stays)
        {
            if (stay.OnsetHour is not { } onset)
            {
                Assert.Empty(sent[stay.Patient]);
                continue;
            }
            Assert.Equal(["DiagnosticReport", "MedicationAdministration"], sent[stay.Patient].Select(x => x.Type));
            Assert.All(sent[stay.Patient], x => Assert.InRange((x.At - stay.AdmittedAt).TotalHours, onset, onset + 6));
        }
    }

    [Fact]
    public void Stays_are_spread_over_the_units_that_are_asked_for()
    {
        var units = SyntheticWard.Stays(Options with { Units = 3 })
            .Select(x => Json.Parse(x.Registration).Entries().Last().At("resource").At("location")[0].Text("location", "display"));
        Assert.Equal(3, units.Distinct().Count());
    }

    private static double Mean(WardStay stay, string code, int from, int to) =>
        (double)Values(stay, code, from, to).DefaultIfEmpty().Average();

    private static double Hour(WardStay stay, JsonElement observation) =>
        (DateTimeOffset.Parse(observation.Text("effectiveDateTime"), CultureInfo.InvariantCulture) - stay.AdmittedAt).TotalHours;

    /// <summary>Final values of one code measured from hour to hour.</summary>
    private static List<decimal> Values(WardStay stay, string code, int from, int to) => Events
        .Where(x => x.Event.Patient == stay.Patient && x.Observation.Code() == code)
        .GroupBy(x => x.Event.Id)
        .Select(x => x.Last().Observation)
        .Where(x => Hour(stay, x) is var hour && hour >= from && hour < to)
        .Select(x => x.Value())
        .ToList();
}

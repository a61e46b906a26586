using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using PatientGrains.Log;
using static PatientGrains.Gateway.Tests.Intake.Bundles;
using static PatientGrains.Gateway.Tests.Intake.IntakeCluster;
using static PatientGrains.Gateway.Tests.Intake.TransactionTests;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>Ids that the server assigns lead to their log and are not claimed; all others are.</summary>
public class RoutedIdTests(IntakeCluster cluster) : IClassFixture<IntakeCluster>
{
    [Fact]
    public async Task What_a_create_is_named_leads_to_its_patient_without_a_claim()
    {
        string patient = Fresh("p");
        var key = Result(await cluster.Create(Observation($"Patient/{patient}"))).Key;
        Assert.Equal("Patient/" + patient, await cluster.Gateway().OwnerOf(key));
        Assert.Null(await Claimant(key));
        Assert.Contains(key.Id, await cluster.Body(key));
    }

    [Fact]
    public async Task What_a_transaction_creates_is_referred_to_by_the_id_that_it_gets()
    {
        var results = Results(await cluster.Bundle(Transaction(
            Entry("POST", "Observation", Observation(Urn(1), $",\"hasMember\":[{{\"reference\":\"{Urn(3)}\"}}]"), Urn(2)),
            Entry("POST", "Patient", Patient(), Urn(1)),
            Entry("POST", "Observation", Observation(Urn(1)), Urn(3)))));
        Assert.All([results[0], results[2]], result => Assert.Equal(RoutedIds.Length, result.Key.Id.Length));
        Assert.Equal(DerivedIds.Length, results[1].Key.Id.Length);
        string? body = await cluster.Body(results[0].Key);
        Assert.Contains($"\"Observation/{results[2].Key.Id}\"", body);
        Assert.Contains($"\"{results[1].Key}\"", body);
        Assert.Null(await Claimant(results[0].Key));
    }

    [Fact]
    public async Task A_conditional_reference_to_what_the_transaction_creates_gets_its_id()
    {
        string patient = $"Patient/{Fresh("p")}";
        string value = Fresh("v");
        var results = Results(await cluster.Bundle(Transaction(
            Entry("POST", "Observation", Observation(patient)),
            Entry("POST", "Observation", Observation(patient, $",\"identifier\":[{{\"system\":\"urn:x\",\"value\":\"{value}\"}}]")),
            Entry("POST", "Observation", Observation(patient,
                $",\"hasMember\":[{{\"reference\":\"Observation?identifier=urn:x|{value}\"}}]")))));
        Assert.Equal(RoutedIds.Length, results[1].Key.Id.Length);
        Assert.Contains($"\"{results[1].Key}\"", await cluster.Body(results[2].Key));
    }

    [Fact]
    public async Task Nobody_else_gets_the_id_and_its_own_patient_can_write_it()
    {
        string patient = Fresh("p");
        var key = Result(await cluster.Create(Observation($"Patient/{patient}"))).Key;
        string id = $",\"id\":\"{key.Id}\"";
        var elsewhere = Assert.IsType<RuleBroken>(await cluster.Update(Observation($"Patient/{Fresh("p")}", id), key.Id));
        Assert.Equal(Rule.BelongsElsewhere, elsewhere.Refused.Rule);
        var mine = Result(await cluster.Update(Observation($"Patient/{patient}", id + ",\"issued\":\"2026-01-01T00:00:00Z\""), key.Id));
        Assert.Equal((2, ChangeEffect.Updated), (mine.Version, mine.Effect));
        // Of another type it is another resource, which the id leads to the same patient.
        var other = Assert.IsType<RuleBroken>(await cluster.Update(
            Observation($"Patient/{Fresh("p")}", id).Replace("Observation", "DiagnosticReport", StringComparison.Ordinal), key.Id));
        Assert.Equal(Rule.BelongsElsewhere, other.Refused.Rule);
    }

    [Fact]
    public async Task An_id_of_that_form_that_a_client_made_up_is_claimed()
    {
        string id = new('a', RoutedIds.Length);
        string patient = Fresh("p");
        var key = Result(await cluster.Update(Observation($"Patient/{patient}", $",\"id\":\"{id}\""), id)).Key;
        Assert.Equal(cluster.Ring.Blind(new LogName("Patient/" + patient)), await Claimant(key));
        Assert.Equal("Patient/" + patient, await cluster.Gateway().OwnerOf(key));
    }

    [Fact]
    public async Task An_id_that_was_claimed_before_ids_led_anywhere_is_found_and_stays_where_it_is()
    {
        var before = new SubmissionIntake(cluster.Grains, cluster.Scanners, Bundles.Options, TimeProvider.System);
        string patient = Fresh("p");
        var message = Message();
        string body = Observation($"Patient/{patient}");
        var old = Result(await before.Create(cluster.Scanners.Scan(System.Text.Encoding.UTF8.GetBytes(body)), null, message));
        Assert.Equal(DerivedIds.Length, old.Key.Id.Length);
        Assert.Equal("Patient/" + patient, await cluster.Gateway().OwnerOf(old.Key));
        // Its repetition gets the old answer, under the old id.
        Assert.Equal(old, Result(await cluster.Create(body, s: message)));
    }

    [Fact]
    public async Task After_an_erasure_the_id_leads_nowhere()
    {
        string patient = Fresh("p");
        var key = Result(await cluster.Create(Observation($"Patient/{patient}"))).Key;
        await cluster.Log.Erase(cluster.Ring.Blind(new LogName("Patient/" + patient)));
        Assert.Null(await cluster.Gateway().OwnerOf(key));
    }

    private ValueTask<LogId?> Claimant(ResourceKey key) => cluster.Log.Locate(cluster.Ring.BlindClaim(Effects.LocatorKey(key)));
}

using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using static PatientGrains.Gateway.Tests.Intake.Bundles;
using static PatientGrains.Gateway.Tests.Intake.IntakeCluster;
using static PatientGrains.Gateway.Tests.Intake.TransactionTests;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>Create, update and delete by themselves (R4 3.1.0.4, 3.1.0.7, 3.1.0.8).</summary>
public class SingleTests(IntakeCluster cluster) : IClassFixture<IntakeCluster>
{
    [Fact]
    public async Task A_create_gets_an_id_of_the_servers_and_its_repetition_the_same_answer()
    {
        string observation = Observation($"Patient/{Fresh("p")}", ",\"id\":\"mine\"");
        var message = Message(wantsBodies: true);
        var (first, version, _) = Assert.IsType<Done>(await cluster.Create(observation, s: message));
        Assert.Equal(RoutedIds.Length, first.Key.Id.Length);
        Assert.Equal(first.Key, version!.Key);
        Assert.Equal(first, Result(await cluster.Create(observation, s: message)));
        Assert.NotEqual(first.Key, Result(await cluster.Create(observation)).Key);
    }

    [Fact]
    public async Task An_update_creates_under_the_clients_id_then_makes_versions()
    {
        string id = Fresh("p");
        Assert.Equal((1, ChangeEffect.Created), Short(await cluster.Update(Patient($",\"id\":\"{id}\""), id)));
        Assert.Equal((2, ChangeEffect.Updated), Short(await cluster.Update(Patient($",\"id\":\"{id}\",\"active\":true"), id, ifMatch: 1)));
        Assert.Equal((2, ChangeEffect.Unchanged), Short(await cluster.Update(Patient($",\"id\":\"{id}\",\"active\":true"), id)));
        var stale = Assert.IsType<RuleBroken>(await cluster.Update(Patient($",\"id\":\"{id}\""), id, ifMatch: 1));
        Assert.Equal((Rule.VersionStale, 2), (stale.Refused.Rule, stale.Refused.Version));
    }

    [Fact]
    public async Task The_id_of_the_body_must_be_that_of_the_url()
    {
        Assert.Equal("entry-id", RuleOf(await cluster.Update(Patient(",\"id\":\"a\""), "b")));
        Assert.Equal("entry-id", RuleOf(await cluster.Update(Patient(), "b")));
    }

    [Fact]
    public async Task A_resource_does_not_move_to_another_patient()
    {
        string id = Fresh("o");
        await cluster.Update(Observation($"Patient/{Fresh("p")}", $",\"id\":\"{id}\""), id);
        var refused = Assert.IsType<RuleBroken>(await cluster.Update(Observation($"Patient/{Fresh("p")}", $",\"id\":\"{id}\""), id));
        Assert.Equal((Rule.BelongsElsewhere, new ResourceKey("Observation", id)), (refused.Refused.Rule, refused.Refused.Key));

        var nobody = Message() with { Who = Clinician with { Roles = [] } };
        refused = Assert.IsType<RuleBroken>(await cluster.Update(Observation($"Patient/{Fresh("p")}", $",\"id\":\"{id}\""), id, s: nobody));
        Assert.Equal(Rule.RoleNotPermitted, refused.Refused.Rule);
    }

    [Fact]
    public async Task A_resource_stays_with_its_patient_when_its_new_content_names_none()
    {
        string id = Fresh("d");
        string patient = Fresh("p");
        await cluster.Update($"{{\"resourceType\":\"Device\",\"id\":\"{id}\",\"patient\":{{\"reference\":\"Patient/{patient}\"}}}}", id);
        Assert.Equal((2, ChangeEffect.Updated), Short(await cluster.Update($"{{\"resourceType\":\"Device\",\"id\":\"{id}\"}}", id)));
        Assert.Equal($"Patient/{patient}", await cluster.Gateway().OwnerOf(new("Device", id)));
    }

    [Fact]
    public async Task Two_patients_that_race_for_an_id_leave_it_with_one()
    {
        string id = Fresh("o");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            i => cluster.Update(Observation($"Patient/{id}-p{i}", $",\"id\":\"{id}\""), id)));
        Assert.Single(answers.OfType<Done>());
        Assert.All(answers.OfType<RuleBroken>(), broken => Assert.Equal(Rule.BelongsElsewhere, broken.Refused.Rule));
    }

    [Fact]
    public async Task A_delete_leaves_a_tombstone_and_deleting_what_never_was_is_no_error_but_is_logged()
    {
        string id = Fresh("o");
        var key = new ResourceKey("Observation", id);
        await cluster.Update(Observation($"Patient/{Fresh("p")}", $",\"id\":\"{id}\""), id);
        Assert.Equal((2, ChangeEffect.Deleted), Short(await cluster.Gateway().Delete(key, null, Message())));
        Assert.Equal((2, ChangeEffect.Unchanged), Short(await cluster.Gateway().Delete(key, null, Message())));
        var never = new ResourceKey("Observation", Fresh("never"));
        Assert.Equal((0, ChangeEffect.Unchanged), Short(await cluster.Gateway().Delete(never, null, Message())));
        Assert.Equal(Rule.VersionStale, Assert.IsType<RuleBroken>(await cluster.Gateway().Delete(never, 1, Message())).Refused.Rule);
        Assert.Null(await cluster.Gateway().OwnerOf(never));
    }

    [Fact]
    public async Task A_patient_that_only_a_Bundle_could_name_is_refused() =>
        Assert.Equal("patient-unresolved", RuleOf(await cluster.Create(Observation(Urn(1)))));

    [Fact]
    public async Task An_invalid_resource_is_rejected_with_its_issues()
    {
        var rejected = Assert.IsType<Rejected>(await cluster.Create(Patient(",\"gender\":\"nonsense\"")));
        Assert.Equal((RejectionKind.Invalid, "Patient.gender"), (rejected.Kind, Assert.Single(rejected.Issues).Location));
        Assert.Equal(RejectionKind.Malformed, Assert.IsType<Rejected>(await cluster.Create("{\"resourceType\":\"Patient\"")).Kind);
    }

    [Fact]
    public async Task A_condition_that_cannot_be_evaluated_writes_nothing() =>
        Assert.Equal("condition", RuleOf(await cluster.Create(Practitioner(), "name=Smith")));

    private static (int Version, ChangeEffect Effect) Short(IntakeAnswer answer) => (Result(answer).Version, Result(answer).Effect);
}

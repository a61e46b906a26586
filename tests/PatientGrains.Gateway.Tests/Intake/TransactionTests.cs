using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using static PatientGrains.Gateway.Tests.Intake.Bundles;
using static PatientGrains.Gateway.Tests.Intake.IntakeCluster;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>Transactions on real records.</summary>
public class TransactionTests(IntakeCluster cluster) : IClassFixture<IntakeCluster>
{
    [Fact]
    public async Task A_patient_its_observations_and_its_doctor_go_in_together_and_refer_to_each_other()
    {
        var results = Results(await cluster.Bundle(Transaction(
            Entry("POST", "Observation", Observation(Urn(1)), Urn(3)),
            Entry("POST", "Patient", Patient($",\"generalPractitioner\":[{{\"reference\":\"{Urn(2)}\"}}]"), Urn(1)),
            Entry("POST", "Practitioner", Practitioner(), Urn(2)))));
        Assert.All(results, result => Assert.Equal((1, ChangeEffect.Created), (result.Version, result.Effect)));
        Assert.Contains($"\"reference\":\"{results[1].Key}\"", await cluster.Body(results[0].Key), StringComparison.Ordinal);
        Assert.Contains($"\"reference\":\"{results[2].Key}\"", await cluster.Body(results[1].Key), StringComparison.Ordinal);
        Assert.NotNull(await cluster.Body(results[2].Key));
        Assert.Equal(results[1].Key.ToString(), await cluster.Gateway().OwnerOf(results[0].Key));
    }

    [Fact]
    public async Task A_stale_If_Match_anywhere_leaves_no_trace_in_any_record()
    {
        string patient = Fresh("p");
        await cluster.Update(Patient($",\"id\":\"{patient}\""), patient);
        string doctor = Fresh("d");
        string observation = Fresh("o");
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(Transaction(
            Entry("PUT", $"Practitioner/{doctor}", Practitioner($",\"id\":\"{doctor}\"")),
            Entry("PUT", $"Observation/{observation}", Observation($"Patient/{patient}", $",\"id\":\"{observation}\"")),
            Entry("PUT", $"Patient/{patient}", Patient($",\"id\":\"{patient}\",\"active\":true"), more: ",\"ifMatch\":\"W/\\\"7\\\"\""))));
        Assert.Equal((Rule.VersionStale, 2), (Assert.IsType<RuleBroken>(failed.Why).Refused.Rule, failed.Entry));
        Assert.Null(await cluster.Body(new("Practitioner", doctor)));
        Assert.Null(await cluster.Body(new("Observation", observation)));
        Assert.DoesNotContain("active", await cluster.Body(new("Patient", patient)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_by_a_directory_resource_leaves_the_patient_as_it_was()
    {
        string patient = Fresh("p");
        string doctor = Fresh("d");
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(Transaction(
            Entry("PUT", $"Patient/{patient}", Patient($",\"id\":\"{patient}\"")),
            Entry("PUT", $"Practitioner/{doctor}", Practitioner($",\"id\":\"{doctor}\""), more: ",\"ifMatch\":\"W/\\\"1\\\"\""))));
        Assert.Equal(1, failed.Entry);
        Assert.Null(await cluster.Body(new("Patient", patient)));
    }

    [Fact]
    public async Task The_same_transaction_through_two_gateways_at_once_has_one_effect_and_one_answer()
    {
        string json = Transaction(
            Entry("POST", "Patient", Patient(), Urn(1)),
            Entry("POST", "Practitioner", Practitioner(), Urn(2), $",\"ifNoneExist\":\"identifier=npi|{Fresh("n")}\""),
            Entry("POST", "Observation", Observation(Urn(1)), Urn(3)));
        var message = Message();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cluster.Bundle(json, message, cluster.Gateway())));
        var results = answers.Select(Results).ToList();
        Assert.All(results, result => Assert.Equal(results[0], result));
        Assert.All(results[0], result => Assert.Equal((1, ChangeEffect.Created), (result.Version, result.Effect)));
        Assert.Equal(results[0], Results(await cluster.Bundle(json, message)));
    }

    [Fact]
    public async Task The_same_message_id_with_other_content_is_refused()
    {
        var message = Message();
        string patient = Fresh("p");
        await cluster.Bundle(Transaction(Entry("POST", "Observation", Observation($"Patient/{patient}"))), message);
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(
            Transaction(Entry("POST", "Observation", Observation($"Patient/{patient}", ",\"issued\":\"2026-01-01T00:00:00Z\""))), message));
        Assert.Equal(Rule.MessageIdReused, Assert.IsType<RuleBroken>(failed.Why).Refused.Rule);
        failed = Assert.IsType<BundleFailed>(
            await cluster.Bundle(Transaction(Entry("POST", "Observation", Observation($"Patient/{Fresh("p")}"))), message));
        Assert.Equal(Rule.MessageIdReused, Assert.IsType<RuleBroken>(failed.Why).Refused.Rule);
    }

    [Fact]
    public async Task Deletes_come_first_and_reads_last()
    {
        string patient = Fresh("p");
        string gone = Fresh("o");
        await cluster.Update(Observation($"Patient/{patient}", $",\"id\":\"{gone}\""), gone);
        var done = Assert.IsType<BundleDone>(await cluster.Bundle(Transaction(
            Entry("GET", $"Observation/{gone}"),
            Entry("GET", $"Patient/{patient}"),
            Entry("PUT", $"Patient/{patient}", Patient($",\"id\":\"{patient}\"")),
            Entry("DELETE", $"Observation/{gone}"),
            Entry("DELETE", $"Observation/{Fresh("never")}"))));
        Assert.Equal("transaction-response", done.ResponseType);
        Assert.Equal([404, 200], done.Entries.Take(2).Select(entry => Assert.IsType<EntryRead>(entry).Status));
        Assert.Equal((2, ChangeEffect.Deleted), (Result(done.Entries[3]).Version, Result(done.Entries[3]).Effect));
        Assert.Equal((0, ChangeEffect.Unchanged), (Result(done.Entries[4]).Version, Result(done.Entries[4]).Effect));
    }

    [Fact]
    public async Task Conditional_references_find_what_is_stored_and_what_the_transaction_itself_creates()
    {
        string stored = Fresh("npi");
        string own = Fresh("npi");
        var doctor = Result(await cluster.Create(Practitioner($",\"identifier\":[{{\"system\":\"s\",\"value\":\"{stored}\"}}]")));
        var results = Results(await cluster.Bundle(Transaction(
            Entry(
                "POST", "Patient",
                PatientOf($"Practitioner?identifier=s|{stored}", $"Practitioner?identifier=s|{own}")),
            Entry("POST", "Practitioner", Practitioner($",\"identifier\":[{{\"system\":\"s\",\"value\":\"{own}\"}}]")))));
        Assert.Contains(
            $"[{{\"reference\":\"{doctor.Key}\"}},{{\"reference\":\"{results[1].Key}\"}}]",
            await cluster.Body(results[0].Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conditional_references_that_match_nothing_or_several_fail_the_transaction_and_name_entry_and_condition()
    {
        string npi = Fresh("npi");
        string json = Transaction(
            Entry("POST", "Patient", Patient()), Entry(
                "POST", "Patient", PatientOf($"Practitioner?identifier=s|{npi}")));
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(json));
        Assert.Equal(("reference-unmatched", 1), (RuleOf(failed.Why), failed.Entry));
        string message = ((Rejected)failed.Why).Issues[0].Message;
        Assert.Contains("Practitioner?identifier", message, StringComparison.Ordinal);
        Assert.DoesNotContain(npi, message, StringComparison.Ordinal);

        for (int i = 0; i < 2; i++)
            await cluster.Create(Practitioner($",\"identifier\":[{{\"system\":\"s\",\"value\":\"{npi}\"}}]"));
        failed = Assert.IsType<BundleFailed>(await cluster.Bundle(json));
        Assert.Equal(("reference-ambiguous", RejectionKind.Ambiguous), (RuleOf(failed.Why), ((Rejected)failed.Why).Kind));
    }

    [Fact]
    public async Task A_patient_known_by_identifier_gets_what_is_sent_for_it()
    {
        string mrn = Fresh("mrn");
        string Admission(int n) => Transaction(
            Entry(
                "POST", "Patient", Patient($",\"identifier\":[{{\"system\":\"mrn\",\"value\":\"{mrn}\"}}]"), Urn(1),
                $",\"ifNoneExist\":\"identifier=mrn|{mrn}\""),
            Entry("POST", "Observation", Observation(Urn(1), $",\"issued\":\"2026-01-0{n}T00:00:00Z\""), Urn(2)));
        var first = Results(await cluster.Bundle(Admission(1)));
        var second = Results(await cluster.Bundle(Admission(2)));
        Assert.Equal((first[0].Key, ChangeEffect.Unchanged), (second[0].Key, second[0].Effect));
        Assert.NotEqual(first[1].Key, second[1].Key);
        Assert.Equal(first[0].Key.ToString(), await cluster.Gateway().OwnerOf(second[1].Key));
    }

    [Fact]
    public async Task A_patient_of_whom_a_conditional_reference_tells_gets_an_access_entry()
    {
        string mrn = Fresh("mrn");
        var known = Result(await cluster.Create(Patient($",\"identifier\":[{{\"system\":\"mrn\",\"value\":\"{mrn}\"}}]")));
        string link = $",\"link\":[{{\"other\":{{\"reference\":\"Patient?identifier=mrn|{mrn}\"}},\"type\":\"seealso\"}}]";
        await cluster.Bundle(Transaction(Entry("POST", "Patient", Patient(link))));
        var entries = await cluster.Accesses(known.Key.ToString());
        Assert.Equal(["search-type", "create"], entries.Select(entry => entry.Interaction));
        Assert.Equal(new ReleasedVersion(known.Key, 1), Assert.Single(entries[0].Versions));
    }

    [Fact]
    public async Task Deleting_what_a_conditional_reference_matches_leaves_it_without_a_match()
    {
        string npi = Fresh("npi");
        var doctor = Result(await cluster.Create(Practitioner($",\"identifier\":[{{\"system\":\"s\",\"value\":\"{npi}\"}}]")));
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(Transaction(
            Entry("DELETE", doctor.Key.ToString()), Entry(
                "POST", "Patient", PatientOf($"Practitioner?identifier=s|{npi}")))));
        Assert.Equal("reference-unmatched", RuleOf(failed.Why));
    }

    [Fact]
    public async Task Who_may_not_write_hears_nothing_about_what_exists()
    {
        var s = Message() with { Who = Clinician with { Roles = [] } };
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(
            Transaction(Entry("POST", "Patient", PatientOf($"Practitioner?identifier=s|{Fresh("npi")}"))), s));
        Assert.Equal(Rule.RoleNotPermitted, Assert.IsType<RuleBroken>(failed.Why).Refused.Rule);
    }

    [Theory]
    [InlineData("collection")]
    [InlineData("searchset")]
    public async Task A_Bundle_that_is_no_submission_is_said_to_be_none(string type)
    {
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle($"{{\"resourceType\":\"Bundle\",\"type\":\"{type}\"}}"));
        Assert.Equal(("bundle-type", RejectionKind.Unsupported), (RuleOf(failed.Why), ((Rejected)failed.Why).Kind));
    }

    [Fact]
    public async Task An_invalid_resource_fails_the_whole_with_its_issues()
    {
        var failed = Assert.IsType<BundleFailed>(await cluster.Bundle(Transaction(
            Entry("POST", "Patient", Patient()), Entry("POST", "Patient", Patient(",\"gender\":\"nonsense\"")))));
        var rejected = Assert.IsType<Rejected>(failed.Why);
        Assert.Equal(RejectionKind.Invalid, rejected.Kind);
        Assert.StartsWith("Bundle.entry[1].resource", Assert.Single(rejected.Issues).Location, StringComparison.Ordinal);
    }

    private static string PatientOf(params string[] practitioners) =>
        Patient($",\"generalPractitioner\":[{string.Join(',', practitioners.Select(reference => $"{{\"reference\":\"{reference}\"}}"))}]");

    internal static ChangeResult[] Results(BundleAnswer answer) => [.. Assert.IsType<BundleDone>(answer).Entries.Select(Result)];

    internal static ChangeResult Result(EntryAnswer answer) => Result(Assert.IsType<EntryChanged>(answer).Answer);

    internal static ChangeResult Result(IntakeAnswer answer)
    {
        var (result, _, _) = Assert.IsType<Done>(answer);
        return result;
    }
}

using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;

namespace PatientGrains.Grains.Tests;

public class RecordGrainTests(RecordCluster cluster) : IClassFixture<RecordCluster>
{
    private static int _ids;

    private readonly string _patient = "p" + Interlocked.Increment(ref _ids);

    [Fact]
    public async Task What_was_created_is_read_back_byte_for_byte()
    {
        var key = new ResourceKey("Observation", _patient + "-o");
        var accepted = Assert.IsType<Accepted>(await cluster.Patient(_patient).Ask(Submissions.Of("m1", Submissions.Put(key, "one"))));
        Assert.Equal(new ChangeResult(key, 1, ChangeEffect.Created, accepted.Results[0].At), Assert.Single(accepted.Results));

        var released = Assert.IsType<Released>(await cluster.Patient(_patient).Ask(new ReadResource { Who = Submissions.Clinician,
            Key = key }));
        Assert.Equal(Submissions.Body(key, "one").Json, released.Versions[0].Body!.Json);
        Assert.Equal(Submissions.Clinician.Source, released.Versions[0].Source);
    }

    [Fact]
    public async Task Old_versions_and_deletions_are_read_from_the_log()
    {
        var key = new ResourceKey("Observation", _patient + "-o");
        var grain = cluster.Patient(_patient);
        await grain.Ask(Submissions.Of("m1", Submissions.Put(key, "one")));
        await grain.Ask(Submissions.Of("m2", Submissions.Put(key, "two")));
        await grain.Ask(Submissions.Of("m3", new Change { Kind = ChangeKind.Delete, Key = key }));

        Assert.Equal(Rule.ResourceDeleted,
            Assert.IsType<Refused>(await grain.Ask(new ReadResource { Who = Submissions.Clinician, Key = key })).Rule);
        var first = Assert.IsType<Released>(await grain.Ask(new ReadVersion { Who = Submissions.Clinician, Key = key,
            Version = 1 })).Versions[0];
        Assert.Equal(Submissions.Body(key, "one").Json, first.Body!.Json);
        Assert.NotEqual(default, first.At);
        var history = Assert.IsType<Released>(await grain.Ask(new ReadHistory { Who = Submissions.Clinician, Key = key, Count = 10 }));
        Assert.Equal([3, 2, 1], history.Versions.Select(version => version.Version));
        Assert.Equal([true, false, false], history.Versions.Select(version => version.Deleted));
    }

    [Fact]
    public async Task A_repeated_submission_gets_the_same_answer_and_changes_nothing()
    {
        var key = new ResourceKey("Observation", _patient + "-o");
        var grain = cluster.Patient(_patient);
        var submit = Submissions.Of("m1", Submissions.Put(key, "one")) with { WantsBodies = true };
        var first = Assert.IsType<Accepted>(await grain.Ask(submit));
        await grain.Ask(Submissions.Of("m2", Submissions.Put(key, "two")));
        var again = Assert.IsType<Accepted>(await grain.Ask(submit));
        Assert.True(again.Repeated);
        Assert.Equal(first.Results.AsEnumerable(), again.Results);
        Assert.Equal(first.Versions[0].Body!.Json, again.Versions[0].Body!.Json);
        Assert.Equal(Rule.MessageIdReused,
            Assert.IsType<Refused>(await grain.Ask(Submissions.Of("m1", Submissions.Put(key, "other")))).Rule);
    }

    [Fact]
    public async Task The_access_log_shows_reads_writes_refusals_and_the_look_itself()
    {
        var key = new ResourceKey("Observation", _patient + "-o");
        var grain = cluster.Patient(_patient);
        await grain.Ask(Submissions.Of("m1", Submissions.Put(key, "one")));
        await grain.Ask(new ReadResource { Who = Submissions.Clinician, Key = key });
        await grain.Ask(new ReadResource { Who = Submissions.Clinician with { Roles = [Role.PrivacyOfficer] }, Key = key });
        var log = Assert.IsType<AccessLogReleased>(
            await grain.Ask(new ReadAccessLog { Who = Submissions.Clinician with { Roles = [Role.PrivacyOfficer] }, Count = 10 }));
        Assert.Equal(["search-type", "read", "read", "update"], log.Entries.Select(entry => entry.Interaction));
        Assert.Equal([null, "RoleNotPermitted", null, null], log.Entries.Select(entry => entry.RefusedBy));
        Assert.Equal(new ReleasedVersion(key, 1), log.Entries[2].Versions.Single());
    }

    [Fact]
    public async Task An_id_that_another_record_claimed_is_refused_and_the_record_goes_on()
    {
        var key = new ResourceKey("Observation", _patient + "-o");
        await cluster.Patient(_patient).Ask(Submissions.Of("m1", Submissions.Put(key, "one")));
        var other = cluster.Patient(_patient + "-other");
        Assert.Equal(Rule.Interrupted, Assert.IsType<Refused>(await other.Ask(Submissions.Of("m1", Submissions.Put(key, "mine")))).Rule);
        Assert.IsType<Accepted>(await other.Ask(Submissions.Of("m2",
            Submissions.Put(new ResourceKey("Observation", _patient + "-o2"), "mine"))));
        Assert.Equal("Patient/" + _patient, await cluster.Locator.Locate(key));
    }

    [Fact]
    public async Task A_transaction_writes_a_patient_and_directory_resources_or_nothing()
    {
        var observation = new ResourceKey("Observation", _patient + "-o");
        var doctor = new ResourceKey("Practitioner", _patient + "-d");
        var good = Submissions.Of("t1", Submissions.Put(observation, "one"));
        var other = new OtherRecord(doctor.ToString(), Submissions.Of("t1", Submissions.Put(doctor, "doctor")));
        var accepted = Assert.IsType<Accepted>(await cluster.Patient(_patient).Transact(new Transaction(good, [other])));
        Assert.Equal([observation, doctor], accepted.Results.Select(result => result.Key));

        var stale = new Change { Kind = ChangeKind.Update, Key = observation, Body = Submissions.Body(observation, "two"), IfVersion = 7 };
        var doctor2 = new ResourceKey("Practitioner", _patient + "-d2");
        var refused = await cluster.Patient(_patient).Transact(new Transaction(
            Submissions.Of("t2", stale), [new OtherRecord(doctor2.ToString(), Submissions.Of("t2", Submissions.Put(doctor2, "doctor")))]));
        Assert.Equal(Rule.VersionStale, Assert.IsType<Refused>(refused).Rule);
        Assert.Equal(
            Rule.ResourceUnknown,
            Assert.IsType<Refused>(await cluster.Directory(doctor2.ToString()).Ask(new ReadResource { Who = Submissions.Clinician,
                Key = doctor2 })).Rule);
        var again = Assert.IsType<Accepted>(await cluster.Patient(_patient).Transact(new Transaction(good, [other])));
        Assert.True(again.Repeated);
    }

    [Fact]
    public async Task A_record_answers_as_ever_as_soon_as_its_part_of_a_transaction_is_abandoned()
    {
        var doctor = new ResourceKey("Practitioner", _patient + "-d");
        var grain = cluster.Directory(doctor.ToString());
        for (int round = 0; round < 200; round++)
        {
            var preparation = await grain.Prepare(Submissions.Of("t" + round, Submissions.Put(doctor, "doctor")));
            Assert.NotEmpty(preparation.Id);
            await grain.Settle(preparation.Id, false);
            var read = await grain.Ask(new ReadResource { Who = Submissions.Clinician, Key = doctor });
            Assert.Equal(Rule.ResourceUnknown, Assert.IsType<Refused>(read).Rule);
        }
    }
}

/// <summary>Submissions as a gateway would make them.</summary>
internal static class Submissions
{
    public static readonly Requester Clinician = new() { Subject = "dr-grey", Roles = [Role.Clinician], Purpose = "TREAT",
        Source = "local" };

    public static Submit Of(string message, params ImmutableArray<Change> changes) => new()
    {
        Who = Clinician,
        MessageId = message,
        Digest = new Blob(System.Security.Cryptography.SHA256.HashData(changes.SelectMany(change =>
            (change.Body?.Json.Bytes ?? default).ToArray()).ToArray())),
        Interaction = "update",
        Changes = changes,
    };

    public static Change Put(ResourceKey key, string text) => new() { Kind = ChangeKind.Update, Key = key, Body = Body(key, text) };

    public static StatementBody Body(ResourceKey key, string text)
    {
        var terms = new TermWriter();
        terms.Token("code"u8, "http://loinc.org"u8, "8867-4"u8);
        return new StatementBody
        {
            Json = new Blob(
                System.Text.Encoding.UTF8.GetBytes($$"""{"resourceType":"{{key.Type}}","id":"{{key.Id}}","text":"{{text}}"}""")),
            MetaAt = 0,
            MetaLength = 0,
            Terms = new Blob(terms.ToTerms().Bytes),
            Extractor = 1,
        };
    }
}

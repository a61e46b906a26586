using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

public class SubmitTests
{
    private static readonly ResourceKey A = new("Observation", "a");

    [Fact]
    public void A_create_makes_version_1_and_remembers_the_submission()
    {
        var live = new Live();
        var accepted = Assert.IsType<Accepted>(live.Do(Submission("m", Create("Observation/a"))));
        Assert.Equal<ChangeResult>([new ChangeResult(A, 1, ChangeEffect.Created, live.Now)], accepted.Results);
        Assert.False(accepted.Repeated);
        Assert.Collection(live.Last.Events,
            stored => Assert.Equal(("m", "local", live.Now), stored is ResourceStored s ? (s.MessageId, s.Source, s.At) : default),
            taken => Assert.Equal<ChangeResult>(accepted.Results, ((SubmissionAccepted)taken).Results),
            access => Assert.Equal<ReleasedVersion>([new ReleasedVersion(A, 1)], ((AccessRecorded)access).Entry.Versions));
        Assert.Equal(1, live["Observation/a"].Version);
        Assert.Equal(0, live["Observation/a"].Seq);
    }

    [Fact]
    public void A_create_of_an_id_that_exists_is_refused()
    {
        var live = Live.After(Create("Observation/a"));
        Assert.Equal(new Refused(Rule.ResourceExists, A, 0, 1), live.Do(Submission("m", Create("Observation/a", Body("{}")))));
    }

    [Fact]
    public void An_update_counts_on_and_an_update_of_nothing_creates()
    {
        var live = new Live();
        Assert.Equal(ChangeEffect.Created, Effect(live.Do(Submission("m1", Update("Observation/a")))));
        Assert.Equal(ChangeEffect.Updated, Effect(live.Do(Submission("m2", Update("Observation/a", Body("{}"))))));
        Assert.Equal((2, "m2"), (live["Observation/a"].Version, live["Observation/a"].MessageId));
    }

    [Fact]
    public void An_update_with_the_bytes_that_are_current_changes_nothing_but_is_logged()
    {
        var live = Live.After(Create("Observation/a"));
        var accepted = (Accepted)live.Do(Submission("m", Update("Observation/a")));
        Assert.Equal(new ChangeResult(A, 1, ChangeEffect.Unchanged, At.AddSeconds(1)), Assert.Single(accepted.Results));
        Assert.Empty(live.Last.Events.OfType<ResourceStored>());
        Assert.Equal("Observation/a", live.Entry.Asked);
    }

    [Fact]
    public void Another_source_that_says_the_same_makes_a_version_of_its_own()
    {
        var live = Live.After(Create("Observation/a"));
        live.Do(Submission("m", Update("Observation/a")) with { Who = Clinician with { Source = "lab" } });
        Assert.Equal((2, "lab"), (live["Observation/a"].Version, live["Observation/a"].Source));
    }

    [Fact]
    public void A_delete_leaves_a_tombstone_and_an_update_brings_the_resource_back()
    {
        var live = Live.After(Create("Observation/a"));
        Assert.Equal(ChangeEffect.Deleted, Effect(live.Do(Submission("m1", Delete("Observation/a")))));
        Assert.True(live["Observation/a"].IsDeleted);
        Assert.Equal(0, live.Record.CurrentBytes);
        // RFC 9110 9.3.4: a target that had no current representation is created.
        Assert.Equal(ChangeEffect.Created, Effect(live.Do(Submission("m2", Update("Observation/a")))));
        Assert.Equal(3, live["Observation/a"].Version);
    }

    [Fact]
    public void Deleting_what_is_gone_or_never_was_is_no_error_and_no_event()
    {
        var live = Live.After(Create("Observation/a"), Delete("Observation/a"));
        var accepted = (Accepted)live.Do(Submission("m", Delete("Observation/a"), Delete("Observation/never")));
        Assert.Equal([2, 0], accepted.Results.Select(result => result.Version));
        Assert.All(accepted.Results, result => Assert.Equal(ChangeEffect.Unchanged, result.Effect));
        Assert.Equal(2, live.Last.Events.Length);
        Assert.Equal<ReleasedVersion>([new ReleasedVersion(A, 2)], live.Entry.Versions);
    }

    [Theory]
    [InlineData(ChangeKind.Update, 1, 1, true)]
    [InlineData(ChangeKind.Update, 1, 2, false)]
    [InlineData(ChangeKind.Update, 0, 1, false)]
    [InlineData(ChangeKind.Delete, 1, 1, true)]
    [InlineData(ChangeKind.Delete, 1, 2, false)]
    [InlineData(ChangeKind.Delete, 0, 1, false)]
    public void If_Match_must_name_the_current_version(ChangeKind kind, int versions, int expected, bool taken)
    {
        var live = versions == 0 ? new Live() : Live.After(Create("Observation/a"));
        var change = kind == ChangeKind.Update ? Update("Observation/a", Body("{}"), expected) : Delete("Observation/a", expected);
        var outcome = live.Do(Submission("m", change));
        if (taken)
            Assert.IsType<Accepted>(outcome);
        else
            Assert.Equal(new Refused(Rule.VersionStale, A, 0, versions == 0 ? null : versions), outcome);
    }

    [Fact]
    public void If_Match_fails_on_a_tombstone()
    {
        var live = Live.After(Create("Observation/a"), Delete("Observation/a"));
        Assert.Equal(new Refused(Rule.VersionStale, A, 0, 2), live.Do(Submission("m", Update("Observation/a", ifVersion: 2))));
    }

    [Fact]
    public void A_submission_is_taken_whole_or_not_at_all()
    {
        var live = Live.After(Create("Observation/a"));
        var outcome = live.Do(Submission("m", Create("Observation/b"), Update("Observation/a", ifVersion: 9), Create("Observation/c")));
        Assert.Equal(new Refused(Rule.VersionStale, A, 1, 1), outcome);
        Assert.Equal("VersionStale", live.Entry.RefusedBy);
        Assert.Single(live.Last.Events);
        Assert.Equal(1, live.Record.Count);
        Assert.IsType<Accepted>(live.Do(Submission("m", Create("Observation/b"))));
    }

    [Fact]
    public void A_submission_may_not_change_a_resource_twice() =>
        Assert.Equal(new Refused(Rule.ChangedTwice, A, 1),
            new Live().Do(Submission("m", Create("Observation/a"), Delete("Observation/a"))));

    [Fact]
    public void A_repeated_message_gets_its_old_answer_and_makes_no_event()
    {
        var live = new Live();
        var submit = Submission("m", Create("Observation/a"), Create("Observation/b"));
        live.Do(submit);
        var repeated = Assert.IsType<Accepted>(live.Do(submit));
        Assert.True(repeated.Repeated);
        Assert.Empty(live.Last.Events);
        Assert.IsType<SubmissionAccepted>(live.EventAt(repeated.AnswerSeq!.Value));
    }

    [Fact]
    public void A_message_id_used_again_for_other_content_is_refused()
    {
        var live = Live.After(Create("Observation/a"));
        var outcome = live.Do(Submission("given-0", Create("Observation/b")) with { Digest = Digest("other") });
        Assert.Equal(new Refused(Rule.MessageIdReused), outcome);
        Assert.Equal("MessageIdReused", live.Entry.RefusedBy);
    }

    [Fact]
    public void Two_sources_may_use_the_same_message_id()
    {
        var live = Live.After(Create("Observation/a"));
        var other = Submission("given-0", Create("Observation/b"))
            with { Who = Clinician with { Source = "lab" }, Digest = Digest("other") };
        Assert.False(Assert.IsType<Accepted>(live.Do(other)).Repeated);
    }

    [Fact]
    public void A_repeat_is_answered_only_to_who_may_write()
    {
        var live = Live.After(Create("Observation/a"));
        Assert.Equal(new Refused(Rule.RoleNotPermitted), live.Do(Submission("given-0", Create("Observation/a")) with { Who = Auditor }));
    }

    [Fact]
    public void The_oldest_submissions_are_forgotten_past_the_limit()
    {
        var live = new Live();
        for (int i = 0; i <= SubmissionMemory.Limit; i++)
            live.Do(Submission($"m{i}", Update("Observation/a", Body($"{{{i}}}"))));
        Assert.Equal(SubmissionMemory.Limit, live.Record.Submissions.Count);
        Assert.Null(live.Record.Submissions.Find("local", "m0"));
        Assert.NotNull(live.Record.Submissions.Find("local", "m1"));
    }

    [Fact]
    public void Bodies_are_answered_on_demand_without_their_terms()
    {
        var live = Live.After(Create("Observation/a"));
        var submit = Submission("m", Update("Observation/a"), Create("Observation/b"), Delete("Observation/c")) with { WantsBodies = true };
        var accepted = (Accepted)live.Do(submit);
        Assert.Equal(["Observation/a", "Observation/b"], accepted.Versions.Select(version => version.Key.ToString()));
        Assert.All(accepted.Versions, version => Assert.True(version.Body!.Terms.IsEmpty));
        Assert.All(accepted.Versions, version => Assert.Equal(live.Record.Find(version.Key)!.Seq, version.Seq));
        Assert.False(live["Observation/b"].Body!.Terms.IsEmpty);
    }

    private static ChangeEffect Effect(Outcome outcome) => Assert.Single(Assert.IsType<Accepted>(outcome).Results).Effect;
}

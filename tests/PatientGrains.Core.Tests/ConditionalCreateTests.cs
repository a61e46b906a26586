using PatientGrains.Core.Record;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>If-None-Exist (R4 3.1.0.8.1): no match creates, one match keeps, several are refused.</summary>
public class ConditionalCreateTests
{
    [Fact]
    public void It_creates_when_nothing_matches()
    {
        var live = Live.After(Create("Patient/x", Body(identifier: "other")));
        Assert.Equal(ChangeEffect.Created, Only(live.Do(Submission("m", CreateUnless("Patient/derived", "17")))).Effect);
    }

    [Fact]
    public void It_keeps_the_one_that_matches_whatever_its_id()
    {
        var live = Live.After(Create("Patient/x", Body(identifier: "17")));
        var result = Only(live.Do(Submission("m", CreateUnless("Patient/derived", "17"))));
        Assert.Equal(new ChangeResult(new("Patient", "x"), 1, ChangeEffect.Unchanged, At.AddSeconds(1)), result);
        Assert.Null(live.Record.Find(new("Patient", "derived")));
    }

    [Fact]
    public void Made_under_another_message_it_stays_one_resource()
    {
        var live = new Live();
        for (int i = 0; i < 64; i++)
            Assert.Equal("derived", Only(live.Do(Submission($"m{i}", CreateUnless("Patient/derived", "17")))).Key.Id);
        Assert.Equal(1, live.Record.Count);
        Assert.Equal(1, live["Patient/derived"].Version);
    }

    [Fact]
    public void It_is_refused_when_several_match()
    {
        var live = Live.After(Create("Patient/x", Body(identifier: "17")), Create("Patient/y", Body(identifier: "17")));
        Assert.Equal(Rule.ConditionAmbiguous, Refusal(live.Do(Submission("m", CreateUnless("Patient/derived", "17")))));
    }

    [Fact]
    public void A_deleted_resource_does_not_match_and_its_id_is_not_used_again()
    {
        var live = Live.After(CreateUnless("Patient/derived", "17"), Delete("Patient/derived"));
        Assert.Equal(Rule.ConditionIdTaken, Refusal(live.Do(Submission("m", CreateUnless("Patient/derived", "17")))));
        Assert.Equal(ChangeEffect.Created, Only(live.Do(Submission("m", CreateUnless("Patient/next", "17")))).Effect);
    }

    [Fact]
    public void It_is_refused_when_others_refer_to_an_id_that_it_would_not_use()
    {
        var live = Live.After(Create("Patient/x", Body(identifier: "17")));
        Assert.Equal(Rule.ConditionIdTaken, Refusal(live.Do(Submission("m1", CreateUnless("Patient/derived", "17")
            with { IsReferredTo = true }))));
        Assert.IsType<Accepted>(live.Do(Submission("m2", CreateUnless("Patient/x", "17") with { IsReferredTo = true })));
    }

    [Fact]
    public void What_it_keeps_may_not_be_changed_by_the_same_submission()
    {
        var live = Live.After(Create("Patient/x", Body(identifier: "17")));
        Assert.Equal(Rule.ChangedTwice, Refusal(live.Do(Submission("m1", CreateUnless("Patient/derived", "17"), Delete("Patient/x")))));
        Assert.Equal(Rule.ChangedTwice, Refusal(live.Do(Submission("m2", Delete("Patient/x"), CreateUnless("Patient/derived", "17")))));
    }

    [Fact]
    public void Its_match_is_among_the_versions_of_the_access_entry()
    {
        var live = Live.After(Create("Patient/x", Body(identifier: "17")));
        live.Do(Submission("m", CreateUnless("Patient/derived", "17")));
        Assert.Equal("Patient/x", Assert.Single(live.Entry.Versions).Key.ToString());
    }

    private static ChangeResult Only(Outcome outcome) => Assert.Single(Assert.IsType<Accepted>(outcome).Results);

    private static Rule Refusal(Outcome outcome) => Assert.IsType<Refused>(outcome).Rule;
}

using PatientGrains.Core.Record;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>A bug of a front must stop before the log: what is appended once is read for ever.</summary>
public class MalformedSubmissionTests
{
    [Theory]
    [InlineData(ChangeKind.Create)]
    [InlineData(ChangeKind.Update)]
    public void A_change_without_the_body_that_it_needs_is_a_bug_and_makes_no_event(ChangeKind kind) =>
        Assert.Throws<ArgumentException>(() => new Live().Do(Submission("m", new Change { Kind = kind, Key = new("Observation", "a") })));

    [Fact]
    public void A_change_of_a_kind_that_is_not_known_deletes_nothing()
    {
        var live = Live.After(Create("Observation/a"));
        Assert.Throws<ArgumentException>(() => live.Do(Submission("m", Delete("Observation/a") with { Kind = (ChangeKind)9 })));
        Assert.False(live["Observation/a"].IsDeleted);
    }
}

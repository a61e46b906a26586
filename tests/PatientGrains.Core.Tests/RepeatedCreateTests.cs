using PatientGrains.Core.Record;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>
/// The server derives the id of a create from its message, so that a retry comes back to the same record even when that has forgotten the
/// submission.
/// </summary>
public class RepeatedCreateTests
{
    [Fact]
    public void A_forgotten_create_is_recognised_by_the_message_of_its_first_version()
    {
        var live = Forgotten(Update("Observation/a", Body("{2}")));
        var result = Assert.Single(Assert.IsType<Accepted>(live.Do(Submission("first", Create("Observation/a")))).Results);
        Assert.Equal((2, ChangeEffect.Unchanged), (result.Version, result.Effect));
        Assert.Equal(2, live["Observation/a"].Version);
    }

    [Fact]
    public void It_is_recognised_after_a_deletion_and_does_not_bring_the_resource_back()
    {
        var live = Forgotten(Delete("Observation/a"));
        Assert.IsType<Accepted>(live.Do(Submission("first", Create("Observation/a"))));
        Assert.True(live["Observation/a"].IsDeleted);
    }

    [Fact]
    public void The_same_message_with_another_body_is_refused_as_long_as_the_first_version_is_current() =>
        Assert.Equal(
            new Refused(Rule.MessageIdReused, new("Observation", "a"), 0, 1),
            Forgotten().Do(Submission("first", Create("Observation/a", Body("{other}")))));

    [Fact]
    public void Another_message_or_another_source_finds_the_id_taken()
    {
        var live = Forgotten();
        Assert.Equal(Rule.ResourceExists, ((Refused)live.Do(Submission("second", Create("Observation/a")))).Rule);
        var lab = Submission("first", Create("Observation/a")) with { Who = Clinician with { Source = "lab" } };
        Assert.Equal(Rule.ResourceExists, ((Refused)live.Do(lab)).Rule);
    }

    [Fact]
    public void A_snapshot_keeps_the_message_of_the_first_version()
    {
        var live = Forgotten(Update("Observation/a", Body("{2}")));
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        RecordSnapshot.Write(live.Record, output);
        var opened = RecordSnapshot.Read(output.WrittenMemory)!;
        var decision = RecordDecider.Decide(opened, Submission("first", Create("Observation/a")), live.NextFacts);
        Assert.IsType<Accepted>(decision.Outcome);
    }

    /// <summary>
    /// A record that has Observation/a from the message "first", then the changes, and then so much that the submission is forgotten.
    /// </summary>
    private static Live Forgotten(params Change[] changes)
    {
        var live = new Live();
        live.Do(Submission("first", Create("Observation/a")));
        foreach (var change in changes)
            live.Do(Submission("later", change));
        for (int i = 0; i < SubmissionMemory.Limit; i++)
        {
            RecordFold.Evolve(live.Record, new SubmissionAccepted
            {
                Source = "local", MessageId = $"filler-{i}", Digest = Digest("x"), Results = [], At = live.Now,
            });
        }
        Assert.Null(live.Record.Submissions.Find("local", "first"));
        return live;
    }
}

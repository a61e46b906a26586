using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

public class ReadTests
{
    private static readonly ResourceKey A = new("Observation", "a");

    private static Live ThreeVersions =>
        Live.After(Create("Observation/a"), Update("Observation/a", Body("{2}")), Update("Observation/a", Body("{3}")));

    [Fact]
    public void The_current_version_is_released_and_named_in_the_entry()
    {
        var live = ThreeVersions;
        var released = (Released)live.Do(new ReadResource { Who = Clinician, Key = A });
        Assert.Equal(3, Assert.Single(released.Versions).Version);
        Assert.Equal<ReleasedVersion>([new ReleasedVersion(A, 3)], live.Entry.Versions);
        Assert.Equal(("read", "Observation/a", null), (live.Entry.Interaction, live.Entry.Asked, live.Entry.RefusedBy));
    }

    [Fact]
    public void A_deleted_resource_is_refused_as_deleted()
    {
        var live = Live.After(Create("Observation/a"), Delete("Observation/a"));
        Assert.Equal(new Refused(Rule.ResourceDeleted, A, Version: 2), live.Do(new ReadResource { Who = Clinician, Key = A }));
        Assert.Equal("ResourceDeleted", live.Entry.RefusedBy);
        Assert.Empty(live.Entry.Versions);
    }

    [Fact]
    public void What_never_was_is_unknown_to_read_vread_and_history()
    {
        foreach (Command command in (Command[])
            [
                new ReadResource { Who = Clinician, Key = A },
                new ReadVersion { Who = Clinician, Key = A, Version = 1 },
                new ReadHistory { Who = Clinician, Key = A, Count = 10 },
            ])
        {
            var live = new Live();
            Assert.Equal(new Refused(Rule.ResourceUnknown, A), live.Do(command));
            Assert.Equal("ResourceUnknown", live.Entry.RefusedBy);
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void A_version_is_found_from_1_to_the_current_one(int version, bool found)
    {
        var live = ThreeVersions;
        var outcome = live.Do(new ReadVersion { Who = Clinician, Key = A, Version = version });
        if (found)
            Assert.Equal(live["Observation/a"].SeqOf(version), Assert.Single(((Released)outcome).Versions).Seq);
        else
            Assert.Equal(new Refused(Rule.VersionUnknown, A), outcome);
    }

    [Fact]
    public void An_old_version_says_where_its_body_lies_and_the_current_one_carries_it()
    {
        var live = ThreeVersions;
        var old = ((Released)live.Do(new ReadVersion { Who = Clinician, Key = A, Version = 2 })).Versions[0];
        Assert.Null(old.Body);
        Assert.Equal("{2}"u8.ToArray(), ((ResourceStored)live.EventAt(old.Seq)).Body.Json.Span.ToArray());
        Assert.NotNull(((Released)live.Do(new ReadVersion { Who = Clinician, Key = A, Version = 3 })).Versions[0].Body);
    }

    [Theory]
    [InlineData(0, 10, new[] { 3, 2, 1 })]
    [InlineData(0, 2, new[] { 3, 2 })]
    [InlineData(2, 2, new[] { 1 })]
    [InlineData(3, 2, new int[0])]
    [InlineData(0, 0, new int[0])]
    public void History_is_paged_newest_first_with_its_total(int skip, int count, int[] versions)
    {
        var live = ThreeVersions;
        var released = (Released)live.Do(new ReadHistory { Who = Clinician, Key = A, Skip = skip, Count = count });
        Assert.Equal(versions, released.Versions.Select(version => version.Version));
        Assert.Equal(3, released.Total);
        Assert.Equal(versions, live.Entry.Versions.Select(version => version.Version));
    }

    [Fact]
    public void History_and_vread_reach_past_a_deletion()
    {
        var live = Live.After(Create("Observation/a"), Delete("Observation/a"));
        var released = (Released)live.Do(new ReadHistory { Who = Clinician, Key = A, Count = 10 });
        Assert.Equal([true, false], released.Versions.Select(version => version.Deleted));
        Assert.IsType<Released>(live.Do(new ReadVersion { Who = Clinician, Key = A, Version = 1 }));
    }

    [Fact]
    public void The_access_log_is_shown_up_to_the_very_look()
    {
        var live = ThreeVersions;
        var shown = (AccessLogReleased)live.Do(new ReadAccessLog { Who = Auditor, Count = 10 });
        Assert.Equal(live.Record.NextSeq, shown.BeforeSeq);
        Assert.IsType<AccessRecorded>(live.EventAt(shown.BeforeSeq - 1));
        Assert.Equal(3, ((AccessLogReleased)live.Do(new ReadAccessLog { Who = Auditor, Count = 10, BeforeSeq = 3 })).BeforeSeq);
    }

    [Fact]
    public void A_noted_access_is_written_as_it_was_seen()
    {
        var live = new Live();
        live.Do(new NoteAccess { Who = null, Interaction = "login", Asked = "Patient/x", RefusedBy = "RequesterUnknown", RequestId = "t" });
        Assert.Equal((null, "login", "Patient/x", "RequesterUnknown", "t"),
            (live.Entry.Who, live.Entry.Interaction, live.Entry.Asked, live.Entry.RefusedBy, live.Entry.RequestId));
    }
}

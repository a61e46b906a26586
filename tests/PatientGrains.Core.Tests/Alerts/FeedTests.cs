using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests.Alerts;

/// <summary>Which lines leave for whom, and what is written down about it.</summary>
public class FeedTests
{
    private static readonly Requester System = Clinician with { Subject = "pager", Roles = [Role.Alerting] };

    private static readonly Requester Lab = Clinician with { Subject = "lab-link", Roles = [Role.Integrator], Source = "lab" };

    private readonly Bedside _bed = new();

    [Fact]
    public void Each_subscriber_gets_the_lines_that_it_asked_for_and_has_one_entry()
    {
        Ward();
        var released = Release(Feed.Alerts, SeqsOf<AlertEvent>(),
            To(System),
            To(System with { Subject = "icu" }, new FeedFilter { Units = ["Location/icu"] }),
            To(System with { Subject = "heart" }, new FeedFilter { Rules = ["heart"], MinSeverity = Severity.Critical }),
            To(System with { Subject = "elsewhere" }, new FeedFilter { Units = ["Location/ward"] }),
            To(System with { Subject = "p" }, new FeedFilter { Patients = ["q", "p"] }),
            To(System with { Subject = "q" }, new FeedFilter { Patients = ["q"] }));
        Assert.Equal(SeqsOf<AlertEvent>(), released.Items.Select(item => item.Seq));
        Assert.Equal(["0 1 2", "1 2", "1", "", "0 1 2", ""], released.Results.Select(result => string.Join(' ', result.Items)));
        Assert.Equal(["pager", "icu", "heart", "p"], Entries.Select(entry => entry.Who!.Subject));
        Assert.Equal(["feed alerts 1-3", "feed alerts 2-3", "feed alerts 2", "feed alerts 1-3"], Entries.Select(entry => entry.Asked));
        Assert.Equal(Entries.Length, Entries.Select(entry => entry.Id).Distinct().Count());
        Assert.All(Entries, entry => Assert.Equal(Feed.Alerts, entry.Feed));
        Assert.Equal(["Observation/a", "Observation/b", "Observation/l"], Entries[0].Versions.Select(version => version.Key.ToString()));
        Assert.Equal(["Observation/b"], Entries[2].Versions.Select(version => version.Key.ToString()));
    }

    [Fact]
    public void The_newest_lines_come_from_memory_and_older_ones_are_left_to_the_log()
    {
        for (int i = 0; i < 20; i++)
        {
            _bed.Beats(125, "Observation/a");
            _bed.Remove("Observation/a");
        }
        var items = Release(Feed.Alerts, SeqsOf<AlertEvent>(), To(System)).Items;
        Assert.All(items.SkipLast(16), item => Assert.Null(item.Happened));
        Assert.All(items.TakeLast(16), item => Assert.Same(_bed.Log[(int)item.Seq], item.Happened));
    }

    [Fact]
    public void Lines_apart_are_named_apart()
    {
        Ward();
        var seqs = SeqsOf<AlertEvent>();
        Release(Feed.Alerts, [seqs[0], seqs[2]], To(System));
        Assert.Equal("feed alerts 1 3", Assert.Single(Entries).Asked);
    }

    [Fact]
    public void Who_may_not_gets_nothing_and_is_written_down_as_refused()
    {
        Ward();
        var released = Release(Feed.Alerts, SeqsOf<AlertEvent>(), To(Auditor), To(System));
        Assert.Equal(Rule.RoleNotPermitted, released.Results[0].RefusedBy);
        Assert.Empty(released.Results[0].Items);
        Assert.Equal(["RoleNotPermitted", null], Entries.Select(entry => entry.RefusedBy));
        Assert.Empty(Entries[0].Versions);
        Assert.Equal(3, released.Results[1].Items.Length);
    }

    [Fact]
    public void What_is_no_line_of_the_feed_is_passed_over()
    {
        Ward();
        ImmutableArray<long> all = [.. Enumerable.Range(0, _bed.Log.Count + 10).Select(seq => (long)seq)];
        Assert.Equal(SeqsOf<AlertEvent>(), Release(Feed.Alerts, all, To(System)).Items.Select(item => item.Seq));
        Assert.Empty(Release(Feed.Quality, SeqsOf<AlertEvent>(), To(Clinician)).Items);
        Assert.Empty(_bed.Last.Events);
    }

    [Fact]
    public void An_integrator_sees_the_doubted_values_of_its_own_source_alone()
    {
        _bed.Say("lab", "Observation/x", [Doubted]);
        _bed.Say("device", "Observation/y", [Doubted, Bedside.HeartRate(80, _bed.Now)]);
        long[] seqs = [.. _bed.Record.Lines.Quality.Select(line => line.Seq)];
        var released = Release(Feed.Quality, [.. seqs], To(Lab), To(Clinician), To(System));
        Assert.Equal(["0", "0 1", ""], released.Results.Select(result => string.Join(' ', result.Items)));
        Assert.Equal([null, null, Rule.RoleNotPermitted], released.Results.Select(result => result.RefusedBy));
        Assert.Equal(["Observation/x"], Entries[0].Versions.Select(version => version.Key.ToString()));
    }

    [Fact]
    public void Of_a_version_with_doubted_values_only_those_leave()
    {
        _bed.Say("Observation/y", Doubted, Bedside.HeartRate(80, _bed.Now));
        var stored = _bed.Log.OfType<ResourceStored>().Single();
        var line = Assert.IsType<ResourceStored>(FeedItem.Line(Feed.Quality, stored));
        Assert.True(line.Body.Json.IsEmpty && line.Body.Terms.IsEmpty);
        Assert.Equal(Doubted, Assert.Single(line.Body.Findings));
        Assert.Null(FeedItem.Line(Feed.Alerts, stored));
    }

    [Fact]
    public void The_census_leaves_for_nobody()
    {
        _bed.Say("Encounter/e", new Placed { Unit = "Location/icu", From = _bed.Now });
        var everybody = Clinician with { Roles = [.. Enum.GetValues<Role>()] };
        Assert.Equal(Rule.RoleNotPermitted, Assert.Single(Release(Feed.Census, [0], To(everybody)).Results).RefusedBy);
    }

    [Fact]
    public void A_refused_delivery_is_a_line_of_the_security_feed_but_one_of_that_feed_itself_is_not()
    {
        Ward();
        Release(Feed.Alerts, SeqsOf<AlertEvent>(), To(Auditor));
        var refused = Assert.Single(_bed.Last.Events);
        Assert.Equal([Feed.Security], FeedsOf(refused));

        // A reader that follows the security feed and may not: each round would be refused about the round before.
        long next = 0;
        for (int round = 0; round < 3; round++)
        {
            ImmutableArray<long> seqs = [.. Enumerable.Range((int)next, _bed.Log.Count - (int)next).Select(seq => (long)seq)
                .Where(seq => FeedsOf(_bed.Log[(int)seq]).Contains(Feed.Security))];
            next = _bed.Log.Count;
            Assert.Equal(round == 0 ? 1 : 0, seqs.Length);
            Assert.Equal(round == 0 ? [Rule.RoleNotPermitted] : [null],
                Release(Feed.Security, seqs, To(System)).Results.Select(result => result.RefusedBy));
        }
        Assert.Single(Release(Feed.Security, SeqsOf<AccessRecorded>().RemoveAll(seq => _bed.Log[(int)seq] != refused), To(Auditor)).Items);
        Assert.Empty(FeedsOf(Assert.Single(_bed.Last.Events)));
    }

    [Theory]
    [InlineData("read", "RoleNotPermitted", true)]
    [InlineData("read", "PurposeNotPermitted", true)]
    [InlineData("read", "RequesterUnknown", true)]
    [InlineData("login", "SourceUnknown", true)]
    [InlineData("read", "ResourceUnknown", false)]
    [InlineData("update", "VersionStale", false)]
    [InlineData("read", null, false)]
    public void Security_is_about_who_and_not_about_what(string interaction, string? refusedBy, bool isLine) =>
        Assert.Equal(isLine ? [Feed.Security] : [],
            FeedsOf(new AccessRecorded { Entry = Entry with { Interaction = interaction, RefusedBy = refusedBy } }));

    [Fact]
    public void A_version_with_doubt_and_a_place_is_a_line_of_two_feeds_and_an_alert_of_one()
    {
        var stored = Stored("Encounter/e", 1);
        var findings = ImmutableArray.Create<Finding>(Doubted, new Placed { Unit = "u", From = At }, Doubted);
        Assert.Equal([Feed.Quality, Feed.Census], FeedsOf(stored with { Body = stored.Body with { Findings = findings } }));
        Assert.Empty(FeedsOf(stored));
        Assert.All(Vocabulary.Events.OfType<AlertEvent>(), happened => Assert.Equal([Feed.Alerts], FeedsOf(happened)));
    }

    [Fact]
    public void A_release_that_no_front_would_make_is_a_bug_and_throws()
    {
        Assert.Throws<ArgumentException>(() => Release(Feed.Alerts, [1, 1], To(System)));
        Assert.Throws<ArgumentException>(() => Release(Feed.Alerts, [.. Enumerable.Range(0, 1001).Select(seq => (long)seq)], To(System)));
        Assert.Throws<ArgumentException>(() => Release(Feed.Alerts, [1], [.. Enumerable.Repeat(To(System), 1001)]));
    }

    private static Doubted Doubted => new() { Variable = Variable.Potassium, Doubt = Doubt.NoUnit, Written = "4.5" };

    private AccessEntry[] Entries => [.. _bed.Last.Events.Cast<AccessRecorded>().Select(recorded => recorded.Entry)];

    /// <summary>Three alert lines: a warning without a place, a critical one and another rule's in the intensive care unit.</summary>
    private void Ward()
    {
        _bed.Beats(125, "Observation/a");
        _bed.Say("Encounter/e", new Placed { Unit = "Location/icu", From = _bed.Now });
        _bed.Beats(155, "Observation/b");
        _bed.Say("Observation/l", Bedside.LactateOf(5, _bed.Now));
    }

    private static FeedDelivery To(Requester who, FeedFilter? filter = null) => new() { Who = who, Filter = filter ?? new FeedFilter() };

    private FeedReleased Release(Feed feed, ImmutableArray<long> seqs, params ImmutableArray<FeedDelivery> to) =>
        Assert.IsType<FeedReleased>(_bed.Do(new ReleaseFeed { Who = null, Feed = feed, Seqs = seqs, To = to }));

    private ImmutableArray<long> SeqsOf<T>() => [.. _bed.Log.Index().Where(pair => pair.Item is T).Select(pair => (long)pair.Index)];

    private static Feed[] FeedsOf(Event happened)
    {
        var feeds = new List<Feed>();
        Effects.Feeds(happened, feeds.Add);
        return [.. feeds];
    }
}

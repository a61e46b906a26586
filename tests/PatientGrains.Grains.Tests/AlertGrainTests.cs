using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Grains.Tests;

/// <summary>Alerts through real grains, on the rules that run: raised, released, answered, and still there after a restart.</summary>
public class AlertGrainTests(RecordCluster cluster) : IClassFixture<RecordCluster>
{
    private static int _ids;

    private static readonly Requester Pager = Submissions.Clinician with { Subject = "pager", Roles = [Role.Alerting] };

    private readonly string _patient = "alerted" + Interlocked.Increment(ref _ids);

    [Fact]
    public async Task An_observation_raises_an_alert_that_a_subscriber_gets_and_the_access_log_names()
    {
        var grain = cluster.Patient(_patient);
        var key = await Lactate(9);
        var released = Assert.IsType<FeedReleased>(await grain.Ask(Release(Feed.Alerts, Enumerable.Range(0, 20))));
        Assert.NotEmpty(released.Items);
        // From the log as from memory.
        await cluster.Restart();
        var again = Assert.IsType<FeedReleased>(await cluster.Patient(_patient).Ask(Release(Feed.Alerts, Enumerable.Range(0, 20))));
        Assert.Equal(released.Items.Select(item => item.Seq), again.Items.Select(item => item.Seq));
        Assert.All(again.Items, item => Assert.IsType<AlertRaised>(item.Happened));
        grain = cluster.Patient(_patient);
        Assert.All(released.Items, item => Assert.IsType<AlertRaised>(item.Happened));
        var raised = (AlertRaised)released.Items[0].Happened!;
        Assert.Equal((1, 1, key), (raised.Alert, raised.Number, raised.Reason.Criteria[0].Key));

        var log = Assert.IsType<AccessLogReleased>(await grain.Ask(
            new ReadAccessLog { Who = Submissions.Clinician with { Roles = [Role.PrivacyOfficer] }, Count = 2 }));
        var delivery = log.Entries[1];
        Assert.Equal(("pager", Feed.Alerts), (delivery.Who!.Subject, delivery.Feed));
        Assert.Equal(new ReleasedVersion(key, 1), delivery.Versions.Single());
    }

    [Fact]
    public async Task An_acknowledgement_outlives_the_activation()
    {
        await Lactate(9);
        Assert.IsType<AlertAnswered>(await cluster.Patient(_patient).Ask(
            new AcknowledgeAlert { Who = Submissions.Clinician, Alert = 1, Note = "on my way" }));
        await cluster.Restart();
        var alerts = Assert.IsType<AlertsReleased>(await cluster.Patient(_patient).Ask(new ReadAlerts { Who = Pager })).Alerts;
        Assert.Equal((AlertStatus.Acknowledged, "on my way"), (alerts[0].Status, alerts[0].Said));
    }

    [Fact]
    public async Task A_line_that_the_log_does_not_bear_out_is_not_handed_out()
    {
        await Lactate(9);
        var released = Assert.IsType<FeedReleased>(await cluster.Patient(_patient).Ask(
            Release(Feed.Security, [0]) with { To = [new() { Who = Pager with { Roles = [Role.PrivacyOfficer] }, Filter = new() }] }));
        Assert.Null(Assert.Single(released.Items).Happened);
    }

    [Fact]
    public async Task A_repeated_submission_still_finds_its_old_answer_beside_the_alerts()
    {
        var submit = Submit(9) with { WantsBodies = true };
        var first = Assert.IsType<Accepted>(await cluster.Patient(_patient).Ask(submit));
        var again = Assert.IsType<Accepted>(await cluster.Patient(_patient).Ask(submit));
        Assert.True(again.Repeated);
        Assert.Equal(first.Versions[0].Body!.Json, again.Versions[0].Body!.Json);
    }

    private static ReleaseFeed Release(Feed feed, IEnumerable<int> seqs) => new()
    {
        Who = null, Feed = feed, Seqs = [.. seqs.Select(seq => (long)seq)], To = [new() { Who = Pager, Filter = new() }],
    };

    private async Task<ResourceKey> Lactate(decimal mmolPerL)
    {
        var accepted = Assert.IsType<Accepted>(await cluster.Patient(_patient).Ask(Submit(mmolPerL)));
        return accepted.Results[0].Key;
    }

    private Submit Submit(decimal mmolPerL)
    {
        var key = new ResourceKey("Observation", _patient + "-lactate");
        var change = Submissions.Put(key, "lactate");
        var measured = new Measured { Variable = Variable.Lactate, Value = mmolPerL, At = TimeProvider.System.GetUtcNow().AddMinutes(-5) };
        return Submissions.Of("m1", change with { Body = change.Body! with { Findings = [measured] } });
    }
}

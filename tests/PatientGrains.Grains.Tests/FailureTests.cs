using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Grains.Tests;

/// <summary>What a record grain does when its log holds an append back or fails.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private static readonly ResourceKey Key = new("Observation", "o");

    private readonly ScriptedLog _log = new(new InMemoryLog());
    private readonly RecordCluster _cluster;

    public FailureTests() => _cluster = new RecordCluster { Log = _log };

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_read_waits_until_its_access_entry_is_durable()
    {
        await Write("m1", "one");
        _log.Close();
        var read = _cluster.Patient("p").Ask(new ReadResource { Who = Submissions.Clinician, Key = Key });
        await _log.Holds(1);
        // Whatever the grain could do without the append, it has time to do.
        for (int i = 0; i < 100; i++)
            await _cluster.Locator.Locate(Key);
        Assert.False(read.IsCompleted);
        _log.Open();
        Assert.IsType<Released>(await read);
        var log = Assert.IsType<AccessLogReleased>(await _cluster.Patient("p").Ask(
            new ReadAccessLog { Who = Submissions.Clinician with { Roles = [Role.PrivacyOfficer] }, Count = 10 }));
        Assert.Equal(["search-type", "read", "update"], log.Entries.Select(entry => entry.Interaction));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_failed_append_nothing_is_acknowledged_and_the_record_works_again(bool applied)
    {
        await Write("m1", "one");
        _log.Close();
        _log.FailNext(new LogFailedException("planted"), applied);
        var lost = Write("m2", "two");
        await _log.Holds(1);
        // They decide on a state that will never be; none of them may be told so.
        var behind = Enumerable.Range(3, 20).Select(i => Write("m" + i, "text " + i)).ToList();
        var reads = Enumerable.Range(0, 5)
            .Select(_ => _cluster.Patient("p").Ask(new ReadResource { Who = Submissions.Clinician, Key = Key })).ToList();
        _log.Open();
        Assert.Equal(Rule.Interrupted, Assert.IsType<Refused>(await lost).Rule);
        // The engine may have given some to the next activation, which decides them on what is durable.
        foreach (var outcome in await Task.WhenAll(behind))
            Assert.True(outcome is Accepted or Refused { Rule: Rule.Interrupted }, outcome.ToString());
        foreach (var outcome in await Task.WhenAll(reads))
            Assert.True(outcome is Released or Refused { Rule: Rule.Interrupted }, outcome.ToString());

        var again = Assert.IsType<Accepted>(await Write("m2", "two"));
        Assert.Equal(applied, again.Repeated);
        foreach (int i in Enumerable.Range(3, 20))
            Assert.IsType<Accepted>(await Write("m" + i, "text " + i));
        var history = Assert.IsType<Released>(await _cluster.Patient("p").Ask(new ReadHistory { Who = Submissions.Clinician, Key = Key,
            Count = 100 }));
        Assert.Equal(22, history.Total);
        Assert.Equal(22, history.Versions.Select(version => version.Version).Distinct().Count());
    }

    [Fact]
    public async Task An_activation_that_was_overtaken_in_a_split_cluster_neither_passes_over_lines_of_a_feed_nor_finds_nothing_due()
    {
        var other = new RecordCluster { Log = _log, Ring = _cluster.Ring };
        await other.InitializeAsync();
        await Write("m1", "one");
        var now = TimeProvider.System.GetUtcNow();
        Assert.IsType<Accepted>(await other.Patient("p").Ask(Lactates.At("p", "o", now, Lactates.Value(5, now))));
        var line = Assert.Single((await _log.ReadFeed((byte)Feed.Alerts, 0, 10)).Lines);
        var release = new ReleaseFeed
        {
            Who = null,
            Feed = Feed.Alerts,
            Seqs = [line.Seq],
            To = [new FeedDelivery { Who = Submissions.Clinician, Filter = new FeedFilter() }],
        };

        Assert.Equal(Rule.Interrupted, Assert.IsType<Refused>(await _cluster.Patient("p").Ask(release)).Rule);
        var released = Assert.IsType<FeedReleased>(await Until(() => _cluster.Patient("p").Ask(release), null));
        Assert.IsType<Core.Screening.AlertRaised>(Assert.Single(released.Items).Happened);

        // Now the other one is behind.
        Assert.Equal(Rule.Interrupted,
            Assert.IsType<Refused>(await other.Patient("p").Ask(new Core.Screening.WakeUp { Who = null })).Rule);
        await other.DisposeAsync();
    }

    [Fact]
    public async Task A_transaction_that_comes_again_to_an_activation_that_was_overtaken_gets_the_answer_that_it_had()
    {
        var other = new RecordCluster { Log = _log, Ring = _cluster.Ring };
        await other.InitializeAsync();
        var doctor = new ResourceKey("Practitioner", "d");
        var first = new Transaction(
            Submissions.Of("t1", Submissions.Put(Key, "one")),
                [new OtherRecord(doctor.ToString(), Submissions.Of("t1", Submissions.Put(doctor, "one")))]);
        // Here the doctor's record stops before the transaction, there it goes on and beyond.
        await _cluster.Directory(doctor.ToString()).Ask(Submissions.Of("m0", Submissions.Put(doctor, "zero")));
        var answer = Assert.IsType<Accepted>(await other.Patient("p").Transact(first));

        Assert.Equal(Rule.Interrupted, Assert.IsType<Refused>(await _cluster.Patient("p").Transact(first)).Rule);
        var again = Assert.IsType<Accepted>(await Until(() => _cluster.Patient("p").Transact(first), null));
        Assert.True(again.Repeated);
        Assert.True(answer.Results.SequenceEqual(again.Results));
        await other.DisposeAsync();
    }

    [Fact]
    public async Task A_full_disk_is_said_to_be_that_and_passes()
    {
        await Write("m1", "one");
        _log.FailNext(new LogFullException("the test"));
        Assert.Equal(Rule.StorageFull, Assert.IsType<Refused>(await Write("m2", "two")).Rule);
        _log.FailNext(new LogFullException("the test"));
        var read = await Until(() => _cluster.Patient("p").Ask(new ReadResource { Who = Submissions.Clinician, Key = Key }),
            Rule.StorageFull);
        Assert.Equal(Rule.StorageFull, Assert.IsType<Refused>(read).Rule);
        var accepted = Assert.IsType<Accepted>(await Until(() => Write("m2", "two"), null));
        Assert.Equal((2, false), (accepted.Results[0].Version, accepted.Repeated));
    }

    [Fact]
    public async Task A_transaction_whose_append_fails_writes_nothing_anywhere_and_may_be_repeated()
    {
        var doctor = new ResourceKey("Practitioner", "d");
        var transaction = new Transaction(
            Submissions.Of("t", Submissions.Put(Key, "one")),
                [new OtherRecord(doctor.ToString(), Submissions.Of("t", Submissions.Put(doctor, "doctor")))]);
        _log.FailNext(new LogFailedException("planted"));
        Assert.Equal(Rule.Interrupted, Assert.IsType<Refused>(await _cluster.Patient("p").Transact(transaction)).Rule);
        var read = new ReadResource { Who = Submissions.Clinician, Key = doctor };
        Assert.Equal(Rule.ResourceUnknown,
            Assert.IsType<Refused>(await Until(() => _cluster.Directory(doctor.ToString()).Ask(read), Rule.ResourceUnknown)).Rule);
        var accepted = Assert.IsType<Accepted>(await Until(() => _cluster.Patient("p").Transact(transaction), null));
        Assert.False(accepted.Repeated);
        Assert.IsType<Released>(await _cluster.Directory(doctor.ToString()).Ask(read));
    }

    /// <summary>What an answer becomes once the lost activation is gone: a request that still meets it is told to repeat.</summary>
    private static async Task<Outcome> Until(Func<Task<Outcome>> ask, Rule? expected)
    {
        Outcome outcome;
        do
            outcome = await ask();
        while (outcome is Refused { Rule: Rule.Interrupted or Rule.StorageFull } refused && refused.Rule != expected);
        return outcome;
    }

    private Task<Outcome> Write(string message, string text) =>
        _cluster.Patient("p").Ask(Submissions.Of(message, Submissions.Put(Key, text)));
}

using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Log;
using PatientGrains.Log.Tests;

namespace PatientGrains.Grains.Tests;

/// <summary>Feeds as fronts read them, on a clock that stands: who waits waits for a line, or until a test moves it.</summary>
public sealed class FeedGrainTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private readonly RecordCluster _cluster;

    private IFeedGrain Feeds => _cluster.Grains.GetGrain<IFeedGrain>("feeds");

    public FeedGrainTests() => _cluster = new RecordCluster { Clock = _clock };

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_feed_has_the_lines_of_all_records_in_order_with_their_names_and_its_head()
    {
        Assert.Equal(0, (await Feeds.Read(Feed.Quality, 0, 10, 0)).Head);
        for (int i = 0; i < 5; i++)
            await Doubt("p" + (i % 2), i);

        var page = await Feeds.Read(Feed.Quality, 0, 3, 10_000);
        Assert.Equal(_cluster.Log.StoreId, page.StoreId);
        Assert.Equal(5, page.Head);
        Assert.Equal([(1, "Patient/p0"), (2, "Patient/p1"), (3, "Patient/p0")], page.Lines.Select(line => ((int)line.Number, line.Log)));
        var rest = await Feeds.Read(Feed.Quality, 3, 1000, 0);
        Assert.Equal([4, 5], rest.Lines.Select(line => line.Number));
        Assert.Empty((await Feeds.Read(Feed.Quality, 5, 1000, 0)).Lines);
        Assert.Empty((await Feeds.Read(Feed.Census, 0, 1000, 0)).Lines);
    }

    [Fact]
    public async Task A_line_leads_to_its_event()
    {
        await Doubt("p", 1);
        await Doubt("p", 2);
        foreach (var line in (await Feeds.Read(Feed.Quality, 0, 10, 0)).Lines)
        {
            var key = new ResourceKey("Observation", "p-o" + line.Number);
            var read = await _cluster.Patient("p").Ask(new ReadResource { Who = Submissions.Clinician, Key = key });
            Assert.Equal(line.Seq, Assert.IsType<Released>(read).Versions[0].Seq);
        }
    }

    [Fact]
    public async Task A_reader_that_waits_gets_the_next_line_and_many_may_wait_at_once()
    {
        var waiting = Enumerable.Range(0, 20).Select(_ => Feeds.Read(Feed.Quality, 0, 10, 10_000)).ToList();
        await Doubt("p", 1);
        foreach (var page in await Task.WhenAll(waiting).WaitAsync(RecordCluster.Patience))
            Assert.Equal("Patient/p", Assert.Single(page.Lines).Log);
    }

    [Fact]
    public async Task A_reader_that_nothing_comes_for_gets_an_empty_page_in_time()
    {
        var read = Feeds.Read(Feed.Alerts, 0, 10, 50);
        await _clock.TimerWithin(TimeSpan.FromMilliseconds(50));
        Assert.False(read.IsCompleted);
        _clock.Move(TimeSpan.FromMilliseconds(50));
        Assert.Empty((await read.WaitAsync(RecordCluster.Patience)).Lines);
    }

    [Fact]
    public async Task The_line_of_an_erased_record_keeps_its_number_and_has_no_name()
    {
        await Doubt("p0", 1);
        await Doubt("p1", 2);
        await Feeds.Read(Feed.Quality, 0, 10, 0);
        await _cluster.Log.Erase(_cluster.Ring.Blind(new LogName("Patient/p0")));

        var page = await Feeds.Read(Feed.Quality, 0, 10, 0);
        Assert.Equal([new FeedLine(1, "", 0), new FeedLine(2, "Patient/p1", page.Lines[1].Seq)], page.Lines.AsEnumerable());
    }

    [Fact]
    public async Task What_a_reader_asks_is_bounded()
    {
        await Doubt("p", 1);
        Assert.Single((await Feeds.Read(Feed.Quality, -5, int.MaxValue, int.MaxValue)).Lines);
        Assert.Single((await Feeds.Read(Feed.Quality, 0, -1, -1)).Lines);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Feeds.Read((Feed)99, 0, 10, 0));
    }

    [Fact]
    public void A_security_log_is_hosted_by_its_own_grain()
    {
        var named = RecordNames.GrainOf(_cluster.Grains, SecurityLog.NameOf("3"));
        Assert.IsAssignableFrom<ISecurityGrain>(named);
        Assert.IsAssignableFrom<IPatientGrain>(RecordNames.GrainOf(_cluster.Grains, "Patient/3"));
        Assert.IsAssignableFrom<IDirectoryGrain>(RecordNames.GrainOf(_cluster.Grains, "Location/3"));
    }

    private async Task Doubt(string patient, int number)
    {
        var put = Submissions.Put(new ResourceKey("Observation", $"{patient}-o{number}"), "text");
        var body = put.Body! with { Findings = [new Doubted { Variable = Variable.Lactate, Doubt = Core.Screening.Doubt.NoUnit }] };
        Assert.IsType<Accepted>(await _cluster.Patient(patient).Ask(Submissions.Of("m" + number, put with { Body = body })));
    }
}

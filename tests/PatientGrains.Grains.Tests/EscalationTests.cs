using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Log;
using PatientGrains.Log.Tests;

namespace PatientGrains.Grains.Tests;

/// <summary>Alerts on SQLite, with processes that die: what was due is done, once, by whoever comes after.</summary>
public sealed class EscalationTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly KeyRing _ring = KeyRing.Ephemeral();
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("patientgrains-escalation-").FullName;
    private readonly CancellationTokenSource _patience = new(RecordCluster.Patience);
    private int _lives;

    public void Dispose()
    {
        _ring.Dispose();
        _patience.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_alert_that_nobody_acknowledges_escalates_step_by_step_and_an_acknowledged_one_does_not()
    {
        var (cluster, log) = await Start(NewFolder());
        await cluster.Patient("a").Ask(Lactates.At("a", "o", _clock.GetUtcNow(), Lactates.Value(4.5m, _clock.GetUtcNow())));
        await cluster.Patient("b").Ask(Lactates.At("b", "o", _clock.GetUtcNow(), Lactates.Value(4.5m, _clock.GetUtcNow())));
        Assert.IsType<AlertAnswered>(await cluster.Patient("b").Ask(new AcknowledgeAlert { Who = Submissions.Clinician, Alert = 1 }));

        await Pass(cluster, TimeSpan.FromMinutes(14));
        Assert.Equal(3, (await Lines(cluster)).Count);
        await Until(async () => (await Lines(cluster)).Count == 6);
        await Pass(cluster, TimeSpan.FromHours(2));

        await End(cluster, log);
        var a = await Alerts(SqliteLog.Open(log.Folder, _ring), "Patient/a");
        Assert.Equal([1, 2, 3], a.OfType<AlertEscalated>().Select(escalated => escalated.Step));
        Assert.All(a.Zip(a.Skip(1)), pair => Assert.True(pair.Second.At - pair.First.At >= TimeSpan.FromMinutes(15)));
    }

    [Fact]
    public async Task What_became_due_while_no_process_ran_is_done_once_by_the_next()
    {
        var (cluster, log) = await Start(NewFolder());
        await cluster.Patient("a").Ask(Lactates.At("a", "o", _clock.GetUtcNow(), Lactates.Value(4.5m, _clock.GetUtcNow())));
        string left = Kill(log.Folder);
        await End(cluster, log);

        _clock.Move(TimeSpan.FromMinutes(16));
        (cluster, log) = await Start(left);
        // It is due already, and the next one is not before the clock moves.
        await Until(async () => (await Lines(cluster)).Count == 2, TimeSpan.Zero);
        await Pass(cluster, TimeSpan.FromMinutes(5));
        Assert.Equal(2, (await Lines(cluster)).Count);
        left = Kill(log.Folder);
        await End(cluster, log);

        (cluster, log) = await Start(left);
        await Pass(cluster, TimeSpan.FromMinutes(5));
        Assert.Equal(2, (await Lines(cluster)).Count);
        await End(cluster, log);
    }

    [Fact]
    public async Task However_often_the_process_dies_each_step_happens_once_and_the_feed_is_what_the_logs_say()
    {
        const int patients = 8, lives = 6;
        var random = new Random(20261122);
        string folder = NewFolder();
        var acknowledged = new List<(string Patient, int Number)>();
        for (int life = 0; life < lives; life++)
        {
            var (cluster, log) = await Start(folder);
            for (int i = 0; i < 25; i++)
            {
                string patient = "p" + random.Next(patients);
                var now = _clock.GetUtcNow();
                Assert.IsType<Accepted>(await cluster.Patient(patient).Ask(
                    Lactates.At(patient, $"o{life}-{i}", now, Lactates.Value(random.Next(5, 60) / 10m, now))));
                await Step(TimeSpan.FromSeconds(random.Next(400)));
            }
            acknowledged = [.. (await Lines(cluster)).Select(line => (line.Log, (int)line.Number))];
            folder = Kill(log.Folder);
            await End(cluster, log);
            _clock.Move(TimeSpan.FromMinutes(random.Next(30)));
        }
        var (last, store) = await Start(folder);
        foreach (int i in Enumerable.Range(0, patients))
        {
            var now = _clock.GetUtcNow();
            Assert.IsType<Accepted>(await last.Patient($"p{i}").Ask(Lactates.At($"p{i}", "last", now, Lactates.Value(4.5m, now))));
        }
        // The clock stands while something is due: each patient's alert escalates as far as it goes, and ends when nothing more is heard.
        while (await store.Log.Due(DateTimeOffset.MaxValue, null, 1) is [var first, ..])
            await Step(first.At > _clock.GetUtcNow() ? TimeSpan.FromMinutes(1) : TimeSpan.Zero);
        var lines = await Lines(last);
        Assert.Equal(acknowledged, lines.Take(acknowledged.Count).Select(line => (line.Log, (int)line.Number)));
        await End(last, store);
        await FeedIsWhatTheLogsSay(store.Folder, patients, lines);
    }

    private async Task FeedIsWhatTheLogsSay(string folder, int patients, List<FeedLine> lines)
    {
        await using var log = SqliteLog.Open(folder, _ring);
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (long)n), lines.Select(line => line.Number));
        int escalated = 0, events = 0;
        for (int i = 0; i < patients; i++)
        {
            string name = $"Patient/p{i}";
            using var journal = await new RecordHost(log, _ring, _clock, new JournalOptions()).Open(name, CancellationToken.None);
            var alerts = new List<(long Seq, AlertEvent Alert)>();
            await foreach (var (seq, happened) in journal.Read(0))
            {
                if (happened is AlertEvent alert)
                    alerts.Add((seq, alert));
            }
            Assert.Equal(alerts.Select(alert => alert.Seq), lines.Where(line => line.Log == name).Select(line => line.Seq));
            Assert.Equal(Enumerable.Range(1, alerts.Count), alerts.Select(alert => alert.Alert.Number));
            foreach (var episode in alerts.Select(alert => alert.Alert).GroupBy(alert => alert.Alert))
                escalated += StepsOf([.. episode]);
            events += alerts.Count;
        }
        Assert.Equal(events, lines.Count);
        Assert.True(escalated >= 3 * patients, $"only {escalated} escalations: the test shows nothing");
        Assert.True((await LogVerifier.Verify(log, _ring)).IsSound);
    }

    /// <summary>Each step once and in order, and none before its time.</summary>
    private static int StepsOf(List<AlertEvent> episode)
    {
        int step = 0, steps = 0;
        DateTimeOffset? due = null;
        foreach (var happened in episode)
        {
            switch (happened)
            {
                case AlertRaised raised: (step, due) = (0, raised.EscalatesAt); break;
                case AlertWorsened worsened: (step, due) = (0, worsened.EscalatesAt); break;
                case AlertEscalated escalated:
                    Assert.Equal(step + 1, escalated.Step);
                    Assert.True(escalated.At >= due);
                    (step, due) = (escalated.Step, escalated.EscalatesAt);
                    steps++;
                    break;
            }
        }
        return steps;
    }

    private sealed record Opened(string Folder, SqliteLog Log);

    private string NewFolder() => System.IO.Directory.CreateDirectory(Path.Combine(_folder, $"life{_lives++}")).FullName;

    private async Task<(RecordCluster Cluster, Opened Log)> Start(string folder)
    {
        var log = SqliteLog.Open(folder, _ring);
        // Hours pass in an instant here, which may lie within a call: what the engine allows a call stays real.
        var cluster = new RecordCluster { Log = log, Ring = _ring, Clock = _clock.Date, DueClock = _clock };
        await cluster.InitializeAsync();
        return (cluster, new Opened(folder, log));
    }

    /// <summary>What a process that is killed now leaves: its files as they are at this moment.</summary>
    private string Kill(string folder)
    {
        string left = NewFolder();
        foreach (string file in System.IO.Directory.GetFiles(folder, "patientgrains.db*"))
        {
            if (!file.EndsWith("-shm", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(left, Path.GetFileName(file)));
        }
        return left;
    }

    private static async Task End(RecordCluster cluster, Opened log)
    {
        await cluster.DisposeAsync();
        await log.Log.DisposeAsync();
    }

    private static async Task<List<FeedLine>> Lines(RecordCluster cluster) =>
        [.. (await cluster.Grains.GetGrain<IFeedGrain>("feeds").Read(Feed.Alerts, 0, 1000, 0)).Lines];

    private async Task<List<AlertEvent>> Alerts(SqliteLog log, string name)
    {
        await using (log)
        {
            using var journal = await new RecordHost(log, _ring, _clock, new JournalOptions()).Open(name, CancellationToken.None);
            var alerts = new List<AlertEvent>();
            await foreach (var (_, happened) in journal.Read(0))
            {
                if (happened is AlertEvent alert)
                    alerts.Add(alert);
            }
            return alerts;
        }
    }

    private async Task Until(Func<Task<bool>> isSo, TimeSpan? step = null)
    {
        while (!await isSo())
            await Step(step ?? TimeSpan.FromSeconds(2));
    }

    /// <summary>Lets time pass, and whoever is woken by it act.</summary>
    private async Task Pass(RecordCluster cluster, TimeSpan time)
    {
        for (int i = 0; i < 100; i++)
        {
            await Step(time / 100);
            await Lines(cluster);
        }
    }

    /// <summary>Lets whoever is at work go on, and moves the clock when the waker sleeps: it has looked at what was due.</summary>
    private async Task Step(TimeSpan by)
    {
        for (int i = 0; i < 20 || _clock.NextDue is null; i++)
        {
            _patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        _clock.Move(by);
    }
}

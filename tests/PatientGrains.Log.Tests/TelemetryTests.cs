using System.Diagnostics;
using System.Diagnostics.Metrics;
using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

/// <summary>Instruments belong to the process, so these run while no other test does.</summary>
[CollectionDefinition(nameof(TelemetryTests), DisableParallelization = true)]
[Collection(nameof(TelemetryTests))]
public sealed class TelemetryTests
{
    [StoreTheory, InlineData("sqlite"), InlineData("postgres")]
    public Task Metrics_count_what_the_log_does(string kind) => new Activation().Run(async () =>
    {
        using var seen = new Seen();
        await using var store = await Store.Make(kind);
        using (var journal = await store.Open("Patient/a"))
        using (var late = await store.Open("Patient/a"))
        {
            await journal.Execute(s => Store.Write(s, new Note("one", Claim: "id:x")));
            await journal.Execute(s => Store.Write(s, new Note("two", Feed: 9), new Note("three", Feed: 9)));
            await Assert.ThrowsAsync<JournalLostException>(() => late.Execute(s => Store.Write(s, new Note("late"))));
        }
        using (var other = await store.Open("Patient/b"))
            await Assert.ThrowsAsync<JournalLostException>(() => other.Execute(s => Store.Write(s, new Note("thief", Claim: "id:x"))));
        using (await store.Open("Patient/a"))
        {
        }

        Assert.Equal(2, seen.Count("patientgrains.log.append.duration", "outcome", "durable"));
        Assert.Equal(1, seen.Sum("patientgrains.log.conflicts", "over", "head"));
        Assert.Equal(1, seen.Sum("patientgrains.log.conflicts", "over", "claim"));
        Assert.Equal(3, seen.Sum("patientgrains.log.journals.opened", "from", "new"));
        Assert.Equal(1, seen.Sum("patientgrains.log.journals.opened", "from", "log"));
        Assert.Equal(4, seen.Sum("patientgrains.log.group.writes"));
        Assert.Equal(0, seen.Sum("patientgrains.log.queue.depth"));
        Assert.InRange(seen.Sum("patientgrains.log.append.size"), 2 * CommitHeader.Size, 2_000);
        Assert.Equal(2, seen.Sum("patientgrains.log.feed.head", "feed", "9"));
        Assert.All(seen.Tags, tag => Assert.Matches("^(\\[(outcome|over|from|feed), [a-z0-9]+\\])?$", tag));
    });

    [Fact]
    public Task A_snapshot_that_is_kept_and_one_that_is_opened_are_counted() => new Activation().Run(async () =>
    {
        using var seen = new Seen();
        await using var store = await Store.Make("sqlite");
        var options = new JournalOptions { SnapshotFrom = 1 };
        using (var journal = await store.Open("Patient/a", options))
        {
            for (int i = 0; seen.Sum("patientgrains.log.snapshots.written") == 0; i++)
                await journal.Execute(s => Store.Write(s, new Note(new string('x', 100 + i))));
        }
        using (await store.Open("Patient/a", options))
            Assert.Equal(1, seen.Sum("patientgrains.log.journals.opened", "from", "snapshot"));
    });

    [Fact]
    public Task An_append_is_a_span_of_the_decision_that_began_its_commit() => new Activation().Run(async () =>
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "PatientGrains.Log",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var store = new MemoryStore();
        var slow = new JournalTests.HeldLog(store.Log);
        using var journal = await store.Open("Patient/a", new JournalOptions { Depth = 1 }, slow);
        var (first, second) = (new Activity("first"), new Activity("second"));
        // The second waits behind the first, and is sealed on the first one's turn.
        var one = Within(first, () => journal.Execute(s => Store.Write(s, new Note("one"))));
        var two = Within(second, () => journal.Execute(s => Store.Write(s, new Note("two"))));
        slow.LetGo();
        await one;
        await two;
        Assert.Equal([first.SpanId, second.SpanId], spans.Select(span => span.ParentSpanId));
    });

    private static async Task Within(Activity activity, Func<Task> work)
    {
        using var _ = activity.Start();
        await work();
    }

    /// <summary>What the instruments of the log said since it was made.</summary>
    private sealed class Seen : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<(string Name, double Value, string Tags)> _measured = [];
        private readonly Lock _lock = new();

        public Seen()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "PatientGrains.Log")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public IReadOnlyList<string> Tags => [.. All().Select(one => one.Tags)];

        public double Sum(string name, string tag = "", string value = "") => Of(name, tag, value).Sum(one => one.Value);

        public int Count(string name, string tag, string value) => Of(name, tag, value).Count();

        private IEnumerable<(string Name, double Value, string Tags)> Of(string name, string tag, string value) =>
            All().Where(one => one.Name == name && (tag.Length == 0 || one.Tags == $"[{tag}, {value}]"));

        private List<(string Name, double Value, string Tags)> All()
        {
            lock (_lock)
                return [.. _measured];
        }

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (_lock)
                _measured.Add((instrument.Name, value, string.Join(' ', tags.ToArray())));
        }

        public void Dispose() => _listener.Dispose();
    }
}

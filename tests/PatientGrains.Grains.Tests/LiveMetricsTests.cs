using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;

namespace PatientGrains.Grains.Tests;

/// <summary>Instruments belong to the process, so this runs while no other test does.</summary>
[CollectionDefinition(nameof(LiveMetricsTests), DisableParallelization = true)]
[Collection(nameof(LiveMetricsTests))]
public sealed class LiveMetricsTests
{
    [Fact]
    public async Task Head_lag_alerts_and_hints_are_measured_and_name_nobody()
    {
        var seen = new ConcurrentQueue<(string Name, double Value, string Tags)>();
        var haveAllCome = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name.StartsWith("PatientGrains.", StringComparison.Ordinal))
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measured(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measured(instrument, value, tags));
        listener.Start();

        var cluster = new RecordCluster();
        await cluster.InitializeAsync();
        var now = DateTimeOffset.UtcNow;
        foreach (string patient in new[] { "nobody-1", "nobody-2", "nobody-3" })
            await cluster.Patient(patient).Ask(Lactates.At(patient, "o", now, Lactates.Value(4.5m, now)));
        await cluster.Grains.GetGrain<IFeedGrain>("feeds").Read(Feed.Alerts, 0, 1, 0);
        // The waker and the hints go their own way.
        await haveAllCome.Task.WaitAsync(RecordCluster.Patience);
        await cluster.DisposeAsync();

        Assert.Contains(("patientgrains.log.feed.head", 3, "feed=1"), seen);
        Assert.Contains(("patientgrains.feed.reader.lag", 2, "feed=alerts"), seen);
        Assert.Equal(3, seen.Count(measured => measured.Name == "patientgrains.alerts.events"
            && measured.Tags.StartsWith("kind=raised,rule=lactate", StringComparison.Ordinal)));
        Assert.DoesNotContain(seen, measured => measured.Tags.Contains("nobody", StringComparison.Ordinal));

        void Measured(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            seen.Enqueue((instrument.Name, value, Text(tags)));
            int hints = seen.Count(measured => measured is ("patientgrains.alerts.hints", 1, "outcome=sent"));
            if (hints >= 3 && seen.Contains(("patientgrains.due.backlog", 0, "")))
                haveAllCome.TrySetResult();
        }
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
}

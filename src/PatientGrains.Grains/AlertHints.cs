using Orleans;
using Orleans.Runtime;
using Orleans.Streams;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Grains;

/// <summary>
/// Tells the Orleans stream <c>alerts</c> that a patient's alert feed went on: of all patients, of the patient, and of each unit. Nobody
/// waits for it and nothing depends on it, because the events are durable in their feed by then.
/// </summary>
internal static class AlertHints
{
    /// <summary>Begins to tell, and returns. Called on the grain's turn, when the events are durable.</summary>
    public static void Publish(Grain from, string patient, IReadOnlyList<Event> events)
    {
        AlertEvent? newest = null;
        HashSet<string>? units = null;
        foreach (var happened in events)
        {
            if (happened is not AlertEvent alert)
                continue;
            newest = alert;
            if (alert.Unit is not null)
                (units ??= new HashSet<string>(StringComparer.Ordinal)).Add(alert.Unit);
        }
        if (newest is not null)
            _ = Send(from, new AlertHint(patient, newest.Number), units ?? []);
    }

    private static async Task Send(Grain from, AlertHint hint, HashSet<string> units)
    {
        try
        {
            var provider = from.GetStreamProvider(AlertStreams.Name);
            string[] keys = [AlertStreams.All, AlertStreams.OfPatient(hint.Patient), .. units.Select(AlertStreams.OfUnit)];
            await Task.WhenAll(keys.Select(
                key => provider.GetStream<AlertHint>(StreamId.Create(AlertStreams.Name, key)).OnNextAsync(hint)));
            Telemetry.Hinted("sent");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A hint may be lost: readers of the feed are woken by the store, and those of the stream by the next hint.
            Telemetry.Hinted("failed");
        }
    }
}

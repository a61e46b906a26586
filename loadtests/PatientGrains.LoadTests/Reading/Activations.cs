using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using PatientGrains.Core.Record;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;
using PatientGrains.Log.Sqlite;

namespace PatientGrains.LoadTests.Reading;

/// <summary>Opening the journal of a large patient, as an activation does: from its snapshot, and from the log alone.</summary>
internal static class Activations
{
    public static async Task Measure(Settings settings, HostSettings host, Report report, LargePatient patient)
    {
        double parse = Report.Median(Parse(settings, patient));
        report.Line($"-- activation of a patient with {patient.Resources:N0} resources, {patient.Bytes / 1e6:F1} MB of JSON;");
        report.Line($"   JsonDocument.Parse of that JSON {parse:F1} ms");
        await Open(settings, host, report, patient, "as it was left");
        await Keep(host, patient);
        double snapshot = await Open(settings, host, report, patient, "from a snapshot");
        report.Budget($"activation of {patient.Resources:N0} resources from snapshot", snapshot, "ms", 20, atMost: true);
        using (var db = SqliteDb.Open(Path.Combine(host.Data, "patientgrains.db"), readOnly: false))
            db.Execute("DELETE FROM snapshots");
        await Open(settings, host, report, patient, "by replay alone");
    }

    /// <summary>Keeps a snapshot of where the log stands now, as a journal does when it thinks that it is time.</summary>
    private static async Task Keep(HostSettings host, LargePatient patient)
    {
        using var ring = EmbeddedLog.Ring(host);
        await using var log = EmbeddedLog.Open(host, ring);
        var name = new LogName("Patient/" + patient.Id);
        using var journal = await Journal(log, ring, name);
        var record = await journal.Execute<PatientRecord>(state => new([], state));
        var bytes = new ArrayBufferWriter<byte>();
        RecordJournalFold.Instance.WriteSnapshot(record, bytes);
        var entry = (await log.Find(ring.Blind(name)))!;
        using var key = ring.DataKey(entry.Log, entry.WrappedKey.Span);
        var snapshot = key.SealSnapshot(journal.DurableHead, RecordJournalFold.Instance.SnapshotForm, bytes.WrittenSpan);
        await log.SaveSnapshot(entry.Log, snapshot);
    }

    private static Task<PatientJournal<PatientRecord, Event>> Journal(IPatientLog log, KeyRing ring, LogName name) =>
        PatientJournal<PatientRecord, Event>.Open(log, ring, TimeProvider.System, name, RecordJournalFold.Instance, new JournalOptions());

    private static async Task<double> Open(Settings settings, HostSettings host, Report report, LargePatient patient, string how)
    {
        using var ring = EmbeddedLog.Ring(host);
        await using var log = EmbeddedLog.Open(host, ring);
        var name = new LogName("Patient/" + patient.Id);
        var id = ring.Blind(name);
        long at = (await log.Snapshot(id))?.At.NextSeq ?? 0;
        long head = (await log.Find(id))!.Head.NextSeq;
        var millis = new List<double>();
        for (int round = 0; round < settings.Rounds + 3; round++)
        {
            long before = Stopwatch.GetTimestamp();
            using var journal = await Journal(log, ring, name);
            millis.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }
        // The first of a process compiles; the second and third still warm up.
        double median = Report.Median(millis.Skip(3));
        report.Line($"   {how,-18} {median,7:F1} ms, the first {millis[0]:F0} ms; {at:N0} events in the snapshot, {head - at:N0} replayed");
        return median;
    }

    private static double[] Parse(Settings settings, LargePatient patient) => [.. Enumerable.Range(0, settings.Rounds + 2).Select(_ =>
    {
        long before = Stopwatch.GetTimestamp();
        patient.Bodies.ForEach(body => JsonDocument.Parse(body).Dispose());
        return Stopwatch.GetElapsedTime(before).TotalMilliseconds;
    }).Skip(2)];
}

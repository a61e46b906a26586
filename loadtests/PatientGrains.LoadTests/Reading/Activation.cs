using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using PatientGrains.Core.Record;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;
using PatientGrains.Log;
using PatientGrains.Log.Sqlite;

namespace PatientGrains.LoadTests.Reading;

/// <summary>Which snapshot an activation finds.</summary>
internal enum Snapshot
{
    /// <summary>Whatever its writes left.</summary>
    AsLeft,
    /// <summary>One of where the log stands.</summary>
    OfHead,
    /// <summary>None: everything is replayed. Removes the snapshots of the whole store.</summary>
    None,
}

/// <summary>Opening the journal of a large patient, as an activation does.</summary>
internal sealed class Activation(Bench bench, Snapshot snapshot) : IScenario
{
    /// <summary>The first of a process compiles, the next still warm up.</summary>
    private const int WarmUps = 3;

    private FilledStore? _store;
    private KeyRing? _ring;
    private IPatientLog? _log;
    private LogName _name;

    public string Name => $"activation/{snapshot switch { Snapshot.AsLeft => "left", Snapshot.OfHead => "snapshot", _ => "replay" }}";
    public string Measures => "opening the journal of a large patient, beside JsonDocument.Parse of its JSON";
    public Load Load => new TurnsLoad(bench.Settings.Rounds + 2, bench.Settings.Smoke ? 0 : WarmUps);

    public IReadOnlyList<Contender> Beside => [new("JsonDocument.Parse of its resources", _ =>
    {
        _store!.Large.Bodies.ForEach(body => JsonDocument.Parse(body).Dispose());
        return new ValueTask<Done>(Done.One);
    })];

    public async Task Prepare(Recorder own)
    {
        _store = await bench.Store();
        await _store.Close();
        _name = new LogName("Patient/" + _store.Large.Id);
        if (snapshot == Snapshot.None)
        {
            using var db = SqliteDb.Open(Path.Combine(_store.Host.Data, "patientgrains.db"), readOnly: false);
            db.Execute("DELETE FROM snapshots");
        }
        _ring = EmbeddedLog.Ring(_store.Host);
        _log = EmbeddedLog.Open(_store.Host, _ring);
        if (snapshot == Snapshot.OfHead)
            await Keep(_log, _ring);
        var id = _ring.Blind(_name);
        long at = (await _log.Snapshot(id))?.At.NextSeq ?? 0;
        long head = (await _log.Find(id))!.Head.NextSeq;
        own.Note($"{_store.Large.Bytes / 1e6:F1} MB of JSON; {at:N0} events in the snapshot, {head - at:N0} replayed");
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        long before = Stopwatch.GetTimestamp();
        using var journal = await Journal(_log!, _ring!);
        return new Done(1, Stopwatch.GetElapsedTime(before));
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var (ours, parse) = (measured.Ours, measured.Beside[0]);
        string how = snapshot switch
        {
            Snapshot.AsLeft => "as left by its writes", Snapshot.OfHead => "from a snapshot of its head", _ => "by replay alone",
        };
        yield return new Figure($"activation of {_store!.Large.Resources:N0} resources, {how}", ours.Micros / 1000, "ms")
        {
            Beside = $"`JsonDocument.Parse` {Numbers.Text(parse.Micros / 1000)} ms",
            Ratio = Measured.Ratio(ours, parse, round => round.Micros),
            Limits = snapshot == Snapshot.OfHead ? [Limit.Below(20), Limit.Below(400, Weight.Guard)] : [],
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_log is not null)
            await _log.DisposeAsync();
        _ring?.Dispose();
    }

    /// <summary>Keeps a snapshot of where the log stands now, as a journal does when it thinks that it is time.</summary>
    private async Task Keep(IPatientLog log, KeyRing ring)
    {
        using var journal = await Journal(log, ring);
        var record = await journal.Execute<PatientRecord>(state => new([], state));
        var bytes = new ArrayBufferWriter<byte>();
        RecordJournalFold.Instance.Snapshot(record)(bytes);
        var entry = (await log.Find(ring.Blind(_name)))!;
        using var key = ring.DataKey(entry.Log, entry.WrappedKey.Span);
        var kept = key.SealSnapshot(journal.DurableHead, RecordJournalFold.Instance.SnapshotForm, bytes.WrittenSpan);
        await log.SaveSnapshot(entry.Log, kept);
    }

    private Task<PatientJournal<PatientRecord, Event>> Journal(IPatientLog log, KeyRing ring) =>
        PatientJournal<PatientRecord, Event>.Open(log, ring, TimeProvider.System, _name, RecordJournalFold.Instance, new JournalOptions());
}

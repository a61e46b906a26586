using System.Buffers;
using PatientGrains.Core.Record;

namespace PatientGrains.Log;

/// <summary>Core's record as a journal folds it.</summary>
public sealed class RecordJournalFold : IFold<PatientRecord, Event>
{
    /// <summary>What a statement takes in a snapshot beside its body and terms.</summary>
    private const int StatementOverhead = 300;

    public static RecordJournalFold Instance { get; } = new();

    public int SnapshotForm => RecordSnapshot.Form;

    public PatientRecord Empty() => new();

    public PatientRecord Evolve(PatientRecord state, Event happened)
    {
        RecordFold.Evolve(state, happened);
        return state;
    }

    public void Effects(PatientRecord before, Event happened, LogName owner, EffectKeys keys)
    {
        Core.Record.Effects.Claims(happened, owner.Text, keys.ClaimingIds);
        Core.Record.Effects.Index(before, happened, keys.Indexing);
        Core.Record.Effects.Feeds(happened, keys.Appearing);
    }

    public DateTimeOffset? DueAt(PatientRecord state) => Core.Record.Effects.DueAt(state);

    public void Write(Event happened, IBufferWriter<byte> to) => WireCodec.Write(to, happened);

    public Event Read(ReadOnlyMemory<byte> bytes, out int used) => WireCodec.Read<Event>(bytes, out used);

    public Action<IBufferWriter<byte>> Snapshot(PatientRecord state) => RecordSnapshot.Of(state);

    public PatientRecord ReadSnapshot(ReadOnlyMemory<byte> bytes) =>
        RecordSnapshot.Read(bytes) ?? throw new FormatException("A snapshot of another form.");

    public long Size(PatientRecord state) => state.CurrentBytes + ((long)state.Count * StatementOverhead);
}

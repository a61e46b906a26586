using System.Buffers.Binary;

namespace PatientGrains.Log.AzureBlob;

/// <summary>One change of what many logs say together. It is in order with the other changes of its log by
/// <paramref name="At"/>.</summary>
/// <param name="Kind">What it changes; a letter.</param>
/// <param name="Log">Whose it is.</param>
/// <param name="At">Where the commit lies that makes it: what is not later than what was heard of the log before says nothing new.</param>
/// <param name="Key">An index key, or zero.</param>
/// <param name="Value">A count, a time in microseconds, or zero.</param>
internal readonly record struct FoldRecord(byte Kind, LogId Log, BlobPosition At, BlindKey Key, long Value)
{
    public const int Size = 56;

    private const uint Magic = 0x52464750;

    public byte[] Write()
    {
        byte[] to = new byte[Size];
        to[0] = Kind;
        BinaryPrimitives.WriteUInt32LittleEndian(to.AsSpan(4), Magic);
        Log.Write(to.AsSpan(8));
        BinaryPrimitives.WriteInt64LittleEndian(to.AsSpan(24), At.Value);
        Key.Write(to.AsSpan(32));
        BinaryPrimitives.WriteInt64LittleEndian(to.AsSpan(48), Value);
        return to;
    }

    public static FoldRecord Read(ReadOnlySpan<byte> from)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(from[4..]) != Magic)
            throw new LogFailedException("A record is not what was written.");
        return new FoldRecord(from[0], LogId.Read(from[8..]), new BlobPosition(BinaryPrimitives.ReadInt64LittleEndian(from[24..])),
            BlindKey.Read(from[32..]), BinaryPrimitives.ReadInt64LittleEndian(from[48..]));
    }
}

/// <summary>What many changes come to. Called under its own lock.</summary>
internal interface IRecordFold
{
    Lock Lock { get; }

    void Clear();

    void Take(FoldRecord record);

    /// <summary>The changes that bring this about from nothing, always in the same order.</summary>
    IEnumerable<FoldRecord> All();
}

/// <summary>A shared sequence that is folded in memory. Each blob begins with what the ones before it came to, so that only the newest is
/// needed.</summary>
internal sealed class FoldForm(IRecordFold fold) : ITailForm
{
    private const byte RollKind = (byte)'R';
    private const byte OpenedKind = (byte)'O';
    private const int OpeningBlock = FoldRecord.Size * 32_768;

    private IReadOnlyList<ReadOnlyMemory<byte>>? _opening;

    public int Size => FoldRecord.Size;

    public bool BeginsAtEnd => false;

    public IReadOnlyList<ReadOnlyMemory<byte>>? Opening => _opening;

    public void Begin(IReadOnlyList<long> before)
    {
        lock (fold.Lock)
        {
            fold.Clear();
            _opening = Blocks();
        }
    }

    public void Take(ReadOnlySpan<byte> record)
    {
        var change = FoldRecord.Read(record);
        lock (fold.Lock)
        {
            if (change.Kind == RollKind)
                _opening = Blocks();
            else if (change.Kind == OpenedKind)
                _opening = null;
            else
                fold.Take(change);
        }
    }

    private List<ReadOnlyMemory<byte>> Blocks()
    {
        byte[] all = [.. fold.All().Append(new FoldRecord(OpenedKind, default, default, default, 0)).SelectMany(record => record.Write())];
        return [.. Enumerable.Range(0, (all.Length + OpeningBlock - 1) / OpeningBlock)
            .Select(i => (ReadOnlyMemory<byte>)all.AsMemory(i * OpeningBlock, Math.Min(OpeningBlock, all.Length - (i * OpeningBlock))))];
    }

    public void Taken()
    {
    }

    public bool IsRoll(ReadOnlySpan<byte> record) => record[0] == RollKind;

    public byte[] Roll() => new FoldRecord(RollKind, default, default, default, 0).Write();

    public Task<ReadOnlyMemory<byte>> Fresh(IReadOnlyList<TailEntry> waiting) =>
        Task.FromResult<ReadOnlyMemory<byte>>(waiting.SelectMany(entry => entry.Records.ToArray()).ToArray());
}

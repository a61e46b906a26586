namespace PatientGrains.Log.AzureBlob;

/// <summary>Whether what a log's appends changed outside it was written as far as they were handed over. Once something was not, nothing
/// of that log may follow until what is missing has been written.</summary>
internal sealed class LaneHealth
{
    private volatile bool _failed;

    public bool Failed => _failed;

    public void Fail() => _failed = true;
}

/// <summary>What the records of a shared sequence mean.</summary>
internal interface ITailForm
{
    /// <summary>Bytes of a record.</summary>
    int Size { get; }

    /// <summary>Whether a reader begins at the end, because it needs nothing of what lies before; else at the newest blob, which begins
    /// with what the blobs before it came to.</summary>
    bool BeginsAtEnd { get; }

    /// <summary>Forgets everything; the sequence is read from a blob's beginning, or its end.</summary>
    /// <param name="before">Records in the blobs before, each without its last, and in the part of the blob that is passed over.</param>
    void Begin(IReadOnlyList<long> before);

    /// <summary>A record that was read or written, in the order of the sequence; the last of a blob too.</summary>
    void Take(ReadOnlySpan<byte> record);

    /// <summary>A stretch of records is through.</summary>
    void Taken();

    bool IsRoll(ReadOnlySpan<byte> record);

    /// <summary>The record that ends a blob.</summary>
    byte[] Roll();

    /// <summary>The blocks that the present blob begins with, the same whoever writes them; null when it has them.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>>? Opening { get; }

    /// <summary>What is to be written of the records that wait: without what is there already.</summary>
    Task<ReadOnlyMemory<byte>> Fresh(IReadOnlyList<TailEntry> waiting);
}

/// <summary>Records that are written together.</summary>
/// <param name="From">For a feed: none of them is among its first so many lines.</param>
internal sealed record TailEntry(ReadOnlyMemory<byte> Records, long From, IReadOnlyList<LaneHealth> Healths)
{
    public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

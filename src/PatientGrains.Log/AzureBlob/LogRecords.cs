namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// The small blobs beside a log: its wrapped key with its sealed name, <c>keys/log/first commit</c>, and its snapshot,
/// <c>snapshots/log</c>. A key is written before the first commit, and named after it: of several activations that begin a log at once,
/// the one whose commit lands has the key that counts.
/// </summary>
internal sealed class LogRecords(BlobClient client)
{
    /// <summary>What a request may hold comfortably, and what a journal keeps at most.</summary>
    private const int MaxSnapshotBytes = 256 << 20;
    private const int SnapshotHead = 40;

    private static string KeyName(LogId log, ChainHash birth) => $"keys/{log}/{birth}";

    private static string SnapshotName(LogId log) => $"snapshots/{log}";

    public async Task PutKey(LogId log, ChainHash birth, ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> name) =>
        await client.Put(KeyName(log, birth), Key(wrapped, name), "").ConfigureAwait(false);

    /// <summary>Both are empty when the log was erased.</summary>
    public async Task<(ReadOnlyMemory<byte> Wrapped, ReadOnlyMemory<byte> Name, string Tag)> Key(
        LogId log, ChainHash birth, CancellationToken cancel = default)
    {
        if (await client.GetWhole(KeyName(log, birth), cancel).ConfigureAwait(false) is not { } blob || blob.Bytes.Length < 4)
            throw new LogCorruptException(log, 0, "its key is gone");
        int wrapped = BitConverter.ToInt32(blob.Bytes.Span);
        return (blob.Bytes.Slice(4, wrapped), blob.Bytes[(4 + wrapped)..], blob.Tag);
    }

    private static byte[] Key(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> name) =>
        [.. BitConverter.GetBytes(wrapped.Length), .. wrapped.Span, .. name.Span];

    public async Task<bool> Rewrap(LogId log, ChainHash birth, ReadOnlyMemory<byte> present, ReadOnlyMemory<byte> replacement)
    {
        while (true)
        {
            var (wrapped, name, tag) = await Key(log, birth).ConfigureAwait(false);
            if (!wrapped.Span.SequenceEqual(present.Span))
                return false;
            if (await client.Put(KeyName(log, birth), Key(replacement, name), tag).ConfigureAwait(false) is not null)
                return true;
        }
    }

    /// <summary>Overwrites the key, and deletes the snapshot.</summary>
    public async Task Destroy(LogId log, ChainHash birth)
    {
        while (true)
        {
            var (wrapped, name, tag) = await Key(log, birth).ConfigureAwait(false);
            if ((wrapped.IsEmpty && name.IsEmpty)
                || await client.Put(KeyName(log, birth), Key(default, default), tag).ConfigureAwait(false) is not null)
                break;
        }
        await client.Delete(SnapshotName(log)).ConfigureAwait(false);
    }

    public async Task<StoredSnapshot?> Snapshot(LogId log, CancellationToken cancel)
    {
        if (await client.GetWhole(SnapshotName(log), cancel).ConfigureAwait(false) is not { } blob || blob.Bytes.Length < SnapshotHead)
            return null;
        return new StoredSnapshot(HeadOf(blob.Bytes.Span), blob.Bytes[SnapshotHead..]);
    }

    private static Head HeadOf(ReadOnlySpan<byte> from) => new(BitConverter.ToInt64(from), ChainHash.Read(from[8..]));

    public async Task SaveSnapshot(LogId log, StoredSnapshot snapshot)
    {
        if (snapshot.Bytes.Length > MaxSnapshotBytes)
            return;
        byte[] bytes = new byte[SnapshotHead + snapshot.Bytes.Length];
        BitConverter.TryWriteBytes(bytes, snapshot.At.NextSeq);
        snapshot.At.Hash.Write(bytes.AsSpan(8));
        snapshot.Bytes.CopyTo(bytes.AsMemory(SnapshotHead));
        while (true)
        {
            var there = await client.Get(SnapshotName(log), 0, SnapshotHead).ConfigureAwait(false);
            if (there is { Bytes.Length: SnapshotHead } kept && HeadOf(kept.Bytes.Span).NextSeq > snapshot.At.NextSeq)
                return;
            if (await client.Put(SnapshotName(log), bytes, there?.Tag ?? "").ConfigureAwait(false) is not null)
                return;
        }
    }
}

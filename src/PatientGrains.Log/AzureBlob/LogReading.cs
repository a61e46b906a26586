using System.Globalization;

namespace PatientGrains.Log.AzureBlob;

/// <summary>Reads commits. Where an event lies is found by halving: each frame ends with a footer that says which event comes next and
/// carries its own checksum, so one is found from anywhere in a blob.</summary>
internal sealed class LogReading(BlobClient client, LogBlobs logs, Decisions decisions)
{
    private const int Window = 64 << 10;
    private const int LeastChunk = 64 << 10;
    private const int MostChunk = 4 << 20;

    private readonly record struct Found(SealedCommit Commit, BlobPosition End);

    public async Task<CommitPage> Read(LogId log, ReadFrom from, int maxBytes, CancellationToken cancel)
    {
        int chunk = Math.Clamp(maxBytes, LeastChunk, MostChunk);
        if (from.Position > 0)
        {
            var behind = await Take(log, new BlobPosition(from.Position), null, maxBytes, chunk, cancel).ConfigureAwait(false);
            return Page(behind, from, maxBytes);
        }
        var start = await Seek(log, from.Seq, cancel).ConfigureAwait(false);
        var found = await Take(log, start, from.Seq, maxBytes, chunk, cancel).ConfigureAwait(false);
        if (found.Count == 0 && start != default)
            found = await Take(log, default, from.Seq, maxBytes, chunk, cancel).ConfigureAwait(false);
        else if (start != default)
        {
            // A void commit that starts where the first one does may lie before the place that was found.
            start = await Seek(log, found[0].Commit.FirstSeq, cancel).ConfigureAwait(false);
            found = await Take(log, start, from.Seq, maxBytes, chunk, cancel).ConfigureAwait(false);
        }
        return Page(found, from, maxBytes);
    }

    private static CommitPage Page(List<Found> found, ReadFrom from, int maxBytes)
    {
        int count = 0;
        for (long bytes = 0; bytes < maxBytes && count < found.Count;)
            bytes += found[count++].Commit.Bytes.Length;
        return new CommitPage([.. found.Take(count).Select(f => f.Commit)],
            count == 0 ? from : new ReadFrom(from.Seq, found[count - 1].End.Value));
    }

    /// <summary>Commits from a position on: at least as many as fill the page, without those that end before the one with the
    /// event.</summary>
    private async Task<List<Found>> Take(LogId log, BlobPosition at, long? seq, int maxBytes, int chunk, CancellationToken cancel)
    {
        var found = new List<Found>();
        long bytes = 0;
        await foreach (var next in Commits(log, at, chunk, cancel).ConfigureAwait(false))
        {
            if (next.Commit.FirstSeq <= seq && found.Count > 0 && found[0].Commit.FirstSeq != next.Commit.FirstSeq)
            {
                found.Clear();
                bytes = 0;
            }
            found.Add(next);
            bytes += next.Commit.Bytes.Length;
            if (bytes >= maxBytes && (seq is null || next.Commit.End.NextSeq > seq))
                break;
        }
        return found;
    }

    /// <summary>The commits that count. What a prepared one came to is said by the frame behind it.</summary>
    private async IAsyncEnumerable<Found> Commits(
        LogId log, BlobPosition from, int chunk, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        ReadFrame? prepared = null;
        await foreach (var frame in logs.Scan(log, from, chunk, cancel).ConfigureAwait(false))
        {
            if (prepared is not null && frame.Footer.Before == prepared.Footer.After)
                yield return Commit(log, prepared);
            prepared = frame.Header.Kind == FrameKind.Prepared ? frame : null;
            if (frame.Header.Kind == FrameKind.Commit)
                yield return Commit(log, frame);
        }
        if (prepared is not null && await decisions.Counts(prepared.Footer.Decider, cancel).ConfigureAwait(false))
            yield return Commit(log, prepared);
    }

    private static Found Commit(LogId log, ReadFrame frame)
    {
        var (before, after) = (frame.Footer.Before, frame.Footer.After);
        return new Found(
            new SealedCommit(log, before.NextSeq, (int)(after.NextSeq - before.NextSeq), frame.Header.Hash, frame.CommitBytes), frame.End);
    }

    /// <summary>The end of a frame behind which an event of a smaller number comes next, not far before the event's commit; or the
    /// beginning.</summary>
    private async Task<BlobPosition> Seek(LogId log, long seq, CancellationToken cancel)
    {
        var blobs = await client.ListAll(LogBlobs.Prefix(log), cancel: cancel).ConfigureAwait(false);
        for (int i = blobs.Count - 1; i >= 0; i--)
        {
            long segment = long.Parse(blobs[i].Name.AsSpan(blobs[i].Name.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);
            bool isInside = i == 0;
            if (!isInside)
            {
                var before = blobs[i - 1];
                var last = await client.Get(before.Name, before.Length - Footer.Size, Footer.Size, cancel).ConfigureAwait(false);
                isInside = last is { } part && Footer.Read(part.Bytes.Span) is { } roll && roll.After.NextSeq < seq;
            }
            if (isInside)
                return new BlobPosition(segment, await SeekIn(blobs[i], seq, cancel).ConfigureAwait(false));
        }
        return default;
    }

    private async Task<long> SeekIn(BlobListed blob, long seq, CancellationToken cancel)
    {
        // Behind low an event before seq comes next; behind what ends after high, perhaps not.
        long low = 0;
        for (long high = blob.Length; high - low > Window * 2;)
        {
            long middle = low + ((high - low) / 2);
            var (end, next) = await FooterFrom(blob, middle, high, cancel).ConfigureAwait(false);
            if (end > 0 && next < seq)
                low = end;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>The first footer that begins at an offset or behind it, before a limit: where it ends and which event comes next. 0 when
    /// there is none.</summary>
    private async Task<(long End, long NextSeq)> FooterFrom(BlobListed blob, long from, long until, CancellationToken cancel)
    {
        for (long at = from; at < until; at += Window)
        {
            if (await client.Get(blob.Name, at, Window + Footer.Size, cancel).ConfigureAwait(false) is not { } part)
                break;
            var bytes = part.Bytes;
            for (int i = 0; i + Footer.Size <= bytes.Length; i++)
            {
                int next = bytes.Span[i..].IndexOf("PGAE"u8);
                if (next < 0)
                    break;
                i += next;
                if (i + Footer.Size <= bytes.Length && Footer.Read(bytes.Span.Slice(i, Footer.Size)) is { } footer)
                    return (at + i + Footer.Size, footer.After.NextSeq);
            }
        }
        return default;
    }
}

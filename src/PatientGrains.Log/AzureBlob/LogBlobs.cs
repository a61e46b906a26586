using System.Globalization;
using System.Runtime.CompilerServices;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// The append blobs of the logs, <c>logs/log/number</c>: where a log ends, what lies in it, and appending a frame at a known end. Holds
/// nothing between calls; an end that somebody remembers is checked by every use of it.
/// </summary>
internal sealed class LogBlobs(BlobClient client)
{
    /// <summary>Bytes that are read behind a known end at a time: rarely more was written, and the last 256 of it tell where the log
    /// stands.</summary>
    private const int Look = 16 << 10;

    public static string Prefix(LogId log) => $"logs/{log}/";

    public static string Name(LogId log, long segment) => string.Create(CultureInfo.InvariantCulture, $"logs/{log}/{segment:d8}");

    /// <summary>Where a log ends. A prepared commit at its end is not decided here.</summary>
    public async Task<LogTail> Load(LogId log, CancellationToken cancel = default)
    {
        var blobs = await client.ListAll(Prefix(log), cancel: cancel).ConfigureAwait(false);
        var tail = LogTail.None(log);
        if (blobs.Count == 0)
            return tail;
        var last = blobs[^1];
        long segment = long.Parse(last.Name.AsSpan(last.Name.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);
        if (last.Length == 0 && segment > 0)
            (last, segment) = (blobs[^2], segment - 1);
        if (last.Length == 0)
            return tail with { Exists = true };
        var footer = await client.Get(last.Name, last.Length - Footer.Size, Footer.Size, cancel).ConfigureAwait(false);
        if (footer is not { Bytes.Length: Footer.Size } part)
            throw new LogCorruptException(log, 0, "its blob became shorter");
        var end = Ended(tail, segment, last.Length, part.Bytes, part.Blocks);
        return end.Last!.Kind == FrameKind.Roll ? await Follow(end, cancel).ConfigureAwait(false) : end;
    }

    /// <summary>Where a log ends now that ended there before. What was its end must still lie there: a store that lost what it had
    /// acknowledged is found out.</summary>
    public async Task<LogTail> Follow(LogTail tail, CancellationToken cancel = default)
    {
        while (true)
        {
            long from = tail.End.Offset == 0 ? 0 : tail.End.Offset - Footer.Size;
            string name = Name(tail.Log, tail.End.Segment);
            var read = await client.Get(name, from, Look, cancel).ConfigureAwait(false);
            if (tail.End.Offset > 0
                && (read is not { } known || known.Bytes.Length < Footer.Size
                    || !known.Bytes.Span[..Footer.Size].SequenceEqual(tail.LastBytes.Span)))
                throw new LogCorruptException(tail.Log, tail.Head.NextSeq, "the blob lost what was acknowledged");
            if (read is not { } part || part.Length <= tail.End.Offset)
                return tail with { Exists = read is not null, Blocks = read?.Blocks ?? 0 };
            var last = part.Bytes.Length == part.Length - from
                ? part.Bytes[^Footer.Size..]
                : (await client.Get(name, part.Length - Footer.Size, Footer.Size, cancel).ConfigureAwait(false))!.Value.Bytes;
            tail = Ended(tail, tail.End.Segment, part.Length, last, part.Blocks);
            if (tail.Last!.Kind != FrameKind.Roll)
                return tail;
        }
    }

    private static LogTail Ended(LogTail tail, long segment, long length, ReadOnlyMemory<byte> last, int blocks)
    {
        var footer = Footer.Read(last.Span) ?? throw new LogCorruptException(tail.Log, tail.Head.NextSeq, "its last frame is not whole");
        return After(tail.Log, segment, length, footer, last, blocks);
    }

    private static LogTail After(LogId log, long segment, long length, Footer footer, ReadOnlyMemory<byte> last, int blocks)
    {
        var start = new BlobPosition(segment, length - footer.Length);
        // What lies behind the last frame of a blob goes into the next one.
        return footer.Kind == FrameKind.Roll
            ? new LogTail(log, new BlobPosition(segment + 1, 0), false, 0, footer, start, default, false)
            : new LogTail(log, new BlobPosition(segment, length), true, blocks, footer, start, last, false);
    }

    /// <summary>Appends a frame at a log's end. The new end, or null when somebody else appended there; nothing was written then. What a
    /// prepared frame becomes is not known yet.</summary>
    public async Task<LogTail?> Append(LogTail tail, Footer footer, ReadOnlyMemory<byte> effects = default, SealedCommit? commit = null)
    {
        byte[] frame = Frame.Build(footer, effects.Span, commit);
        string name = Name(tail.Log, tail.End.Segment);
        bool exists = tail.Exists;
        while (true)
        {
            if (!exists)
                await client.CreateAppend(name).ConfigureAwait(false);
            var (landing, blocks) = await client.Append(name, tail.End.Offset, frame).ConfigureAwait(false);
            if (landing == Landing.Moved)
                return null;
            if (landing == Landing.Here)
            {
                return After(tail.Log, tail.End.Segment, tail.End.Offset + frame.Length, footer with { Length = frame.Length },
                    frame.AsMemory(frame.Length - Footer.Size), blocks);
            }
            if (tail.End.Offset > 0)
                throw new LogCorruptException(tail.Log, tail.Head.NextSeq, "its blob is gone");
            exists = false;
        }
    }

    /// <summary>The frames from a position on, each whole and as it was written.</summary>
    public async IAsyncEnumerable<ReadFrame> Scan(
        LogId log, BlobPosition from, int chunk, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var at = from;
        ReadOnlyMemory<byte> bytes = default;
        while (true)
        {
            var header = Frame.ReadHeader(bytes.Span);
            if (header is not { } head || bytes.Length < head.Length)
            {
                long wanted = Math.Max(chunk, header?.Length ?? 0);
                var part = await client.Get(Name(log, at.Segment), at.Offset, wanted, cancel).ConfigureAwait(false);
                if (part is not { Bytes.Length: > 0 } read)
                    yield break;
                bytes = read.Bytes;
                header = Frame.ReadHeader(bytes.Span);
                if (header is not { } begun)
                    throw new LogCorruptException(log, 0, "no frame begins where one should");
                if (bytes.Length < begun.Length && bytes.Length < wanted)
                    throw new LogCorruptException(log, 0, "a frame is cut");
                if (bytes.Length < begun.Length)
                    continue;
                head = begun;
            }
            var frame = Whole(log, at, head, bytes[..(int)head.Length]);
            yield return frame;
            bytes = bytes[(int)head.Length..];
            at = frame.End;
            if (frame.Header.Kind == FrameKind.Roll)
                (at, bytes) = (new BlobPosition(at.Segment + 1, 0), default);
        }
    }

    private static ReadFrame Whole(LogId log, BlobPosition at, FrameHeader header, ReadOnlyMemory<byte> bytes)
    {
        var footer = Footer.Read(bytes.Span[^Footer.Size..]);
        if (footer is null || footer.Kind != header.Kind || footer.Length != bytes.Length || !Footer.Holds(bytes.Span))
            throw new LogCorruptException(log, footer?.Before.NextSeq ?? 0, "a frame is not what was written");
        return new ReadFrame(at, header, footer, bytes.Slice(Frame.HeaderSize, header.EffectBytes),
            bytes.Slice(Frame.HeaderSize + header.EffectBytes, header.CommitBytes));
    }
}

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// What became of an append, which nobody has to guess: its deciding commit lies at the one position that it was conditional on, or
/// something else does, and then it never will. Where nothing lies yet, whoever wants to know waits a while for the one who appends, and
/// then puts a mark there.
/// </summary>
internal sealed class Decisions(LogBlobs logs, BlobClient client, AzureBlobLogOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Where a log ends, decided.</summary>
    public async Task<LogTail> Load(LogId log, CancellationToken cancel = default) =>
        await Decided(await logs.Load(log, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);

    /// <inheritdoc cref="LogBlobs.Follow"/>
    public async Task<LogTail> Follow(LogTail tail, CancellationToken cancel = default)
    {
        var now = await logs.Follow(tail, cancel).ConfigureAwait(false);
        return now.LastStart == tail.LastStart && tail.Last is not null ? now : await Decided(now, cancel).ConfigureAwait(false);
    }

    private async Task<LogTail> Decided(LogTail tail, CancellationToken cancel)
    {
        while (tail.Last is { Kind: FrameKind.Prepared } last)
        {
            bool counts = await Counts(last.Decider, cancel).ConfigureAwait(false);
            var now = await logs.Follow(tail, cancel).ConfigureAwait(false);
            if (now.LastStart == tail.LastStart)
                return now with { Counts = counts };
            tail = now;
        }
        return tail;
    }

    /// <summary>Whether a commit is where it was to go. Waits, and then makes sure that it is not.</summary>
    public async Task<bool> Counts(Decider decider, CancellationToken cancel = default)
    {
        long began = options.Clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            if (await Look(decider, cancel).ConfigureAwait(false) is { } counts)
                return counts;
            if (options.Clock.GetElapsedTime(began) > options.InDoubt)
                await Fence(decider, cancel).ConfigureAwait(false);
            else
                await Task.Delay(pause, options.Clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a commit is where it was to go, or null when nothing is there yet.</summary>
    public async Task<bool?> Look(Decider decider, CancellationToken cancel = default) =>
        await HeaderAt(decider, cancel).ConfigureAwait(false) is { } header
            ? header.Kind == FrameKind.Commit && header.Hash == decider.Hash
            : null;

    /// <summary>As <see cref="Look"/>, for a claim that counts when whatever commit is there makes it: several activations of a log may
    /// have asked for the same, and the position decides which of them it was.</summary>
    public async Task<bool?> Look(Decider decider, BlindKey key, CancellationToken cancel = default)
    {
        if (await HeaderAt(decider, cancel).ConfigureAwait(false) is not { } header)
            return null;
        if (header.Kind != FrameKind.Commit)
            return false;
        if (header.Hash == decider.Hash)
            return true;
        await foreach (var frame in logs.Scan(decider.Log, decider.At, (int)header.Length, cancel).ConfigureAwait(false))
        {
            var batch = AppendEffects.Read(frame.Effects).Batch;
            return batch.Claims.Any(claim => claim.Key == key) || batch.Releases.Any(release => release.Key == key);
        }
        throw new LogCorruptException(decider.Log, 0, "the blob lost a commit");
    }

    private async Task<FrameHeader?> HeaderAt(Decider decider, CancellationToken cancel)
    {
        var part = await client.Get(LogBlobs.Name(decider.Log, decider.At.Segment), decider.At.Offset, Frame.HeaderSize, cancel)
            .ConfigureAwait(false);
        if (part is not { Bytes.Length: > 0 } read)
            return null;
        return Frame.ReadHeader(read.Bytes.Span) ?? throw new LogCorruptException(decider.Log, 0, "no frame begins where one should");
    }

    /// <summary>Puts a mark where a commit was to go, unless something is there by now.</summary>
    public async Task Fence(Decider decider, CancellationToken cancel = default)
    {
        var tail = await Load(decider.Log, cancel).ConfigureAwait(false);
        if (tail.End < decider.At)
            throw new LogCorruptException(decider.Log, tail.Head.NextSeq, "the blob lost what was acknowledged");
        if (tail.End == decider.At)
            await logs.Append(tail, tail.Same(FrameKind.Mark, tail.SettledTo)).ConfigureAwait(false);
    }
}

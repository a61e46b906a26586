namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// Brings about what commits of a log change outside it, where whoever appended them may not have come so far. Anybody may do so at any
/// time, also while the one who appended is doing the same: everything takes effect once.
/// </summary>
internal sealed class Settling(LogBlobs logs, Decisions decisions, ClaimBlobs claims, LogRecords records, SharedState shared)
{
    private const int Chunk = 256 << 10;

    /// <summary>Settles everything up to a log's end.</summary>
    public Task Settle(LogTail tail, CancellationToken cancel = default) => Settle(tail.Log, tail.SettledTo, tail.End, cancel);

    /// <summary>Frames that begin from a position on and before another.</summary>
    private async Task Settle(LogId log, BlobPosition from, BlobPosition until, CancellationToken cancel)
    {
        ReadFrame? prepared = null;
        await foreach (var frame in logs.Scan(log, from, Chunk, cancel).ConfigureAwait(false))
        {
            if (frame.At >= until)
                break;
            if (prepared is not null && frame.Footer.Before == prepared.Footer.After)
                await SettleDecider(prepared.Footer.Decider, cancel).ConfigureAwait(false);
            prepared = frame.Header.Kind == FrameKind.Prepared ? frame : null;
            if (frame.Header.Kind == FrameKind.Commit && frame.Footer.HasEffects)
                await Settle(log, frame).ConfigureAwait(false);
            else if (frame.Header.Kind == FrameKind.Erased)
                await Erase(log, frame, cancel).ConfigureAwait(false);
        }
        if (prepared is not null && await decisions.Counts(prepared.Footer.Decider, cancel).ConfigureAwait(false))
            await SettleDecider(prepared.Footer.Decider, cancel).ConfigureAwait(false);
    }

    private Task Settle(LogId log, ReadFrame frame)
    {
        var effects = AppendEffects.Read(frame.Effects);
        var positions = effects.Others.ToDictionary(other => other.Log, other => other.At);
        positions[log] = frame.At;
        return shared.Write(effects, positions, []);
    }

    /// <summary>The deciding commit holds what the prepared one changes. What lies before it in its log comes first.</summary>
    private async Task SettleDecider(Decider decider, CancellationToken cancel)
    {
        await foreach (var frame in logs.Scan(decider.Log, decider.At, Chunk, cancel).ConfigureAwait(false))
        {
            await Settle(decider.Log, frame.Footer.SettledTo, frame.End, cancel).ConfigureAwait(false);
            return;
        }
    }

    /// <summary>Destroys the key of an erased log, and everything that leads to the log.</summary>
    private async Task Erase(LogId log, ReadFrame erased, CancellationToken cancel)
    {
        await records.Destroy(log, erased.Footer.Birth).ConfigureAwait(false);
        var keys = new HashSet<BlindKey>();
        await foreach (var frame in logs.Scan(log, default, 1 << 20, cancel).ConfigureAwait(false))
        {
            if (frame.At >= erased.At)
                break;
            if (frame.Header.Kind == FrameKind.Commit)
                AddClaims(keys, log, frame);
            else if (frame.Header.Kind == FrameKind.Prepared
                && await decisions.Counts(frame.Footer.Decider, cancel).ConfigureAwait(false))
            {
                var by = frame.Footer.Decider;
                await foreach (var decider in logs.Scan(by.Log, by.At, Chunk, cancel).ConfigureAwait(false))
                {
                    AddClaims(keys, log, decider);
                    break;
                }
            }
        }
        await Task.WhenAll(keys.Select(key => claims.Free(key, log))).ConfigureAwait(false);
        await shared.Erase(log, erased.At).ConfigureAwait(false);
    }

    private static void AddClaims(HashSet<BlindKey> keys, LogId log, ReadFrame frame) =>
        keys.UnionWith(AppendEffects.Read(frame.Effects).Batch.Claims.Where(claim => claim.Log == log).Select(claim => claim.Key));
}

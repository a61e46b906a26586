namespace PatientGrains.Log.AzureBlob;

/// <summary>Where a log ends, as its last frame says; what is left to decide has been decided.</summary>
/// <param name="End">Where the next frame goes.</param>
/// <param name="Exists">Whether the blob of the end has been made.</param>
/// <param name="Blocks">In it.</param>
/// <param name="Last">The last frame's footer, null when there is no frame.</param>
/// <param name="LastStart">Where the last frame begins.</param>
/// <param name="LastBytes">The footer's bytes, which must still lie there the next time.</param>
/// <param name="Counts">Whether the last frame, when it is a prepared commit, was decided to count.</param>
internal sealed record LogTail(
    LogId Log, BlobPosition End, bool Exists, int Blocks, Footer? Last, BlobPosition LastStart, ReadOnlyMemory<byte> LastBytes, bool Counts)
{
    public static LogTail None(LogId log) => new(log, default, false, 0, null, default, default, false);

    private bool IsVoid => Last is { Kind: FrameKind.Prepared } && !Counts;

    public Head Head => Last is null ? Head.Empty : IsVoid ? Last.Before : Last.After;

    public long Due => Last is null ? Footer.NoDue : IsVoid ? Last.DueBefore : Last.DueAfter;

    /// <summary>Hash of the log's first commit, which names where its key is kept.</summary>
    public ChainHash Birth => Head == Head.Empty ? default : Last!.Birth;

    public bool IsErased => Last is { IsErased: true };

    /// <summary>Everything before was settled when the last frame was written.</summary>
    public BlobPosition SettledTo => Last?.SettledTo ?? End;

    /// <summary>Whether nothing is left to do for any frame: what they change outside the log is done.</summary>
    public bool IsClean => Last is null || (SettledTo >= LastStart && Last.Kind switch
    {
        FrameKind.Commit => !Last.HasEffects,
        FrameKind.Prepared => !Counts,
        FrameKind.Erased => false,
        _ => true,
    });

    /// <summary>The footer of a frame behind this that changes nothing.</summary>
    public Footer Same(FrameKind kind, BlobPosition settledTo) => new()
    {
        Kind = kind,
        IsErased = IsErased,
        Before = Head,
        After = Head,
        DueBefore = Due,
        DueAfter = Due,
        Birth = Birth,
        SettledTo = settledTo,
    };
}

namespace PatientGrains.Log.AzureBlob;

/// <summary>The tries of one operation: pauses between them that grow, and an end to patience.</summary>
internal sealed class BlobTries(
    string place, AzureBlobLogOptions options, TimeSpan pause, TimeSpan longestPause, CancellationToken stopped)
{
    private readonly long _began = options.Clock.GetTimestamp();
    private TimeSpan _pause = pause;

    /// <summary>Waits before the next try, or throws when there is to be none.</summary>
    public async Task Again(BlobAnswer answer, CancellationToken cancel)
    {
        if (!answer.IsUnknown || answer.Status == 507 || options.Clock.GetElapsedTime(_began) > options.Patience)
            throw Failure(answer);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopped, cancel);
        try
        {
            await Task.Delay(_pause, options.Clock, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw BlobHttp.Closed();
        }
        _pause = TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, longestPause.Ticks));
    }

    /// <summary>What the service refused. Its answer's text is left out: it may repeat the request's headers.</summary>
    public LogException Failure(BlobAnswer answer) => answer switch
    {
        { Status: 507 } => new LogFullException(place),
        { Status: 0 } => new LogFailedException($"The blob service at {place} does not answer ({answer.Error})."),
        { Status: 413 } => new LogLimitException("an append blob takes blocks of up to 100 MiB"),
        _ => new LogFailedException($"The blob service at {place} answered {answer.Status} {answer.Error}."),
    };
}

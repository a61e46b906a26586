namespace PatientGrains.Log.AzureBlob;

/// <summary>What is done now and then, behind everybody's back: idle logs are marked as settled and taken off the notes, and what other
/// processes left behind is settled. Whatever of it fails is done the next time.</summary>
internal sealed class Upkeep : IAsyncDisposable
{
    private readonly AzureBlobLogOptions _options;
    private readonly Lanes _lanes;
    private readonly Notes _notes;
    private readonly Appends _appends;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public Upkeep(AzureBlobLogOptions options, Lanes lanes, Notes notes, Appends appends)
    {
        (_options, _lanes, _notes, _appends) = (options, lanes, notes, appends);
        _running = Task.Run(Run);
    }

    private async Task Run()
    {
        using var timer = new PeriodicTimer(_options.UpkeepEvery, _options.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
                await Once().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The log is being closed.
        }
    }

    private async Task Once()
    {
        try
        {
            await MarkIdle(_options.UpkeepEvery).ConfigureAwait(false);
            _lanes.Trim();
            await _notes.SayAlive().ConfigureAwait(false);
            await _notes.SettleOthers(all: false, _appends.Settle).ConfigureAwait(false);
        }
        catch (LogException)
        {
            // The store does not work just now. Whoever appends or reads is told; here it is tried again the next time.
        }
    }

    /// <summary>Marks logs that nobody has used for a time, and takes them off the notes.</summary>
    private async Task MarkIdle(TimeSpan since)
    {
        var idle = _lanes.Idle(since).Where(lane => _notes.IsNoted(lane.Log) || lane.Tail is { IsClean: false }).Select(lane => lane.Log);
        var marked = idle.ToList();
        await Notes.ForEachWhole(marked, _appends.MarkSettled).ConfigureAwait(false);
        await Task.WhenAll(marked.Select(log => _lanes.WhileIdle(log, () => _notes.TakeOff(log)))).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Marks everything, so that nobody has to look after this process. What cannot be marked now stays noted.</summary>
    public async Task Finish()
    {
        try
        {
            await MarkIdle(TimeSpan.Zero).ConfigureAwait(false);
            await _notes.DropOwn().ConfigureAwait(false);
        }
        catch (LogException)
        {
            // The store does not work: the notes say to whoever comes next what to look at.
        }
    }
}

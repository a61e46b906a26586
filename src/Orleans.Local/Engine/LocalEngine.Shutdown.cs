using Microsoft.Extensions.Logging;

namespace Orleans.Local;

internal sealed partial class LocalEngine
{
    readonly Lock stopGate = new();
    volatile bool stopping;
    volatile bool refusesActivations;
    Task? stopped;

    internal bool RefusesActivations => refusesActivations;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Refuses new calls from outside, lets the requests that are under way end, then deactivates everything. Past the deadline it
    /// stops waiting.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (stopGate)
        {
            return stopped ??= Stop(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    /// <summary>Where nobody can wait: refuses new calls and leaves the activations as they are.</summary>
    public void Dispose()
    {
        (stopping, refusesActivations) = (true, true);
        sweep.Dispose();
    }

    async Task Stop(CancellationToken cancellation)
    {
        stopping = true;
        await Task.Yield();
        using CancellationTokenSource deadline = new(Options.DeactivationTimeout, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            // A request may still call other grains, so that one pass does not see them all.
            while (Live.Select(activation => activation.Drained()).Where(drained => !drained.IsCompleted).ToArray() is { Length: > 0 } busy)
            {
                await Task.WhenAll(busy).WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Log.LogWarning("Shutting down although requests are still running");
        }

        refusesActivations = true;
        Activation[] last = [.. Live];
        DeactivationReason reason = new(DeactivationReasonCode.ShuttingDown, "The engine is shutting down.");
        Array.ForEach(last, activation => activation.Deactivate(reason, either.Token));
        try
        {
            await Task.WhenAll(last.Select(activation => activation.Deactivated)).WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            Log.LogWarning("Shut down before every grain had deactivated");
        }

        await sweep.DisposeAsync();
    }
}

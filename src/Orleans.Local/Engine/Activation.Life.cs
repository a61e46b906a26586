using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Local;

internal sealed partial class Activation
{
    readonly WorkerPool? pool;
    readonly TaskCompletionSource deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<GrainTimer> timers = [];
    AsyncServiceScope? services;
    TaskCompletionSource? drained; // somebody waits for it
    DeactivationReason? reason; // why it is ending, or will once it has activated
    CancellationToken deactivationCancellation;

    /// <summary>The grain. Only messages use it, and they run only after it was constructed.</summary>
    internal object Instance { get; private set; } = null!;

    public object? GrainInstance => Instance;
    public IServiceProvider ActivationServices => services!.Value.ServiceProvider;
    public Task Deactivated => deactivated.Task;

    /// <summary>Streams that call back into this activation, by subscription. Used in turns only.</summary>
    internal Dictionary<Guid, object> Observers { get; } = [];

    /// <summary>What the sender of a message hands to the turn that runs it. Async locals end with the turn.</summary>
    internal void TakeOver(Message message)
    {
        RequestContext.Current = Engine.Copy(message.Context);
        // Nobody traces: then there is nothing to set, and setting costs a copy of the execution context.
        if (message.Trace is { IsStopped: false } trace)
        {
            Activity.Current = trace;
        }
    }

    async Task Activate(Message first)
    {
        try
        {
            TakeOver(first);
            services = Engine.ServiceProvider.CreateAsyncScope();
            Instance = Class.Construct(services.Value.ServiceProvider);
            if (Instance is IGrainBase grain)
            {
                await Bounded(grain.OnActivateAsync, Engine.Options.ActivationTimeout, default);
            }
        }
        catch (Exception failure)
        {
            // The type only: a message may carry what a log must not.
            Engine.Log.LogWarning("Activation of a {GrainType} failed with {Exception}", Class.Type, failure.GetType().FullName);
            await Leave(failure);
            return;
        }

        lock (gate)
        {
            lastUse = Engine.Time.GetTimestamp();
            phase = reason is null ? Phase.Active : Phase.Deactivating;
            if (phase == Phase.Active)
            {
                StartAllThatMay();
            }
            else
            {
                DeactivateWhenDrained();
            }
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (reason is not null || phase is Phase.Gone)
            {
                return;
            }

            (reason, deactivationCancellation) = (deactivationReason, cancellationToken);
            if (phase == Phase.Active)
            {
                phase = Phase.Deactivating;
                DeactivateWhenDrained();
            }
        }
    }

    /// <summary>Completes when nothing runs or waits here; at once if that is so.</summary>
    internal Task Drained()
    {
        lock (gate)
        {
            return running + waiting.Count == 0 || phase == Phase.Gone
                ? Task.CompletedTask
                : (drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    void DeactivateWhenDrained()
    {
        if (running == 0)
        {
            Scheduler.Post(new Step(() => _ = RunDeactivation()));
        }
    }

    async Task RunDeactivation()
    {
        try
        {
            StopTimers();
            await Bounded(AbortEnumerations, Engine.Options.DeactivationTimeout, deactivationCancellation);
            if (Instance is IGrainBase grain)
            {
                await Bounded(
                    token => grain.OnDeactivateAsync(reason!.Value, token), Engine.Options.DeactivationTimeout, deactivationCancellation);
            }
        }
        catch (Exception failure)
        {
            Engine.Log.LogWarning("Deactivation of a {GrainType} failed with {Exception}", Class.Type, failure.GetType().FullName);
        }

        await Leave(failure: null);
    }

    /// <summary>Disposes the grain and hands what waits to a successor, or fails it if this activation never came to be.</summary>
    async Task Leave(Exception? failure)
    {
        try
        {
            await DisposeGrain();
        }
        catch (Exception thrown)
        {
            Engine.Log.LogWarning("Disposing a {GrainType} failed with {Exception}", Class.Type, thrown.GetType().FullName);
        }

        List<Message> left;
        List<Message> orphans;
        lock (gate)
        {
            left = [.. waiting];
            waiting.Clear();
            left.ForEach(message => Unlist(message as Request));
            bool Moves(Message message) => failure is null && !message.BelongsToActivation;
            orphans = left.FindAll(message => !Moves(message));
            left.RemoveAll(message => !Moves(message));
            phase = Phase.Gone;
            drained?.TrySetResult();
            if (pool is null)
            {
                HandOver(left);
            }
        }

        pool?.Left(this, left);
        orphans.ForEach(message => message.Fail(failure ?? new EnumerationAbortedException("The activation is gone.")));
        deactivated.TrySetResult();
    }

    // Within the gate, so that nothing that is sent later overtakes what has waited here. The successor starts only when it is in the
    // directory: it might otherwise be gone before it was there.
    void HandOver(List<Message> left)
    {
        if (left.Count == 0 || Engine.RefusesActivations)
        {
            Class.Replace(this, successor: null);
            left.ForEach(message => message.Fail(LocalEngine.Unavailable()));
            return;
        }

        Activation successor = new(Engine, Class, Key, pool: null);
        lock (successor.gate)
        {
            Class.Replace(this, successor);
            left.ForEach(successor.Take);
        }
    }

    async Task DisposeGrain()
    {
        if (Instance is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            (Instance as IDisposable)?.Dispose();
        }

        if (services is { } scope)
        {
            await scope.DisposeAsync();
        }
    }

    /// <summary>Runs one of the grain's hooks for at most a time, telling it by the token and not waiting for it after that.</summary>
    async Task Bounded(Func<CancellationToken, Task> hook, TimeSpan limit, CancellationToken outer)
    {
        using CancellationTokenSource timeout = new(limit, Engine.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, outer);
        try
        {
            await hook(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException($"Activating or deactivating a {Class.Type} took longer than {limit}.");
        }
    }

    internal void DelayDeactivation(TimeSpan time)
    {
        lock (gate)
        {
            keepUntil = time <= TimeSpan.Zero ? long.MinValue
                : time == Timeout.InfiniteTimeSpan || time == TimeSpan.MaxValue ? long.MaxValue
                : Engine.Time.GetTimestamp() + Engine.ToTimestamps(time);
        }
    }

    /// <summary>Ends this activation if it was last used at or before a timestamp.</summary>
    internal void DeactivateIfUnusedSince(long timestamp)
    {
        lock (gate)
        {
            bool idle = phase == Phase.Active && running == 0 && waiting.Count == 0 && openPulls == 0
                && lastUse <= timestamp && keepUntil <= Engine.Time.GetTimestamp();
            if (idle)
            {
                Deactivate(new(DeactivationReasonCode.ActivationIdle, "Nobody has used it for a while."));
            }
        }
    }

    internal IGrainTimer AddTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        GrainTimer timer = new(this, callback, options);
        lock (timers)
        {
            timers.Add(timer);
        }

        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    internal void Remove(GrainTimer timer)
    {
        lock (timers)
        {
            timers.Remove(timer);
        }
    }

    void StopTimers()
    {
        GrainTimer[] all;
        lock (timers)
        {
            all = [.. timers];
        }

        Array.ForEach(all, timer => timer.Dispose());
    }
}

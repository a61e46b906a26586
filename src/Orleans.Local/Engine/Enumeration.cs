using System.Collections.Immutable;
using System.Diagnostics;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>An enumeration that an activation has begun.</summary>
internal abstract class Enumeration
{
    /// <summary>Fails the consumer that waits, if any, then stops and disposes the grain's enumerator.</summary>
    internal abstract Task Abort();

    internal abstract Task Close();
}

/// <summary>The grain's end of an enumeration. Everything in it runs in turns of the activation, interleaved with its calls.</summary>
internal sealed class Enumeration<T>(EnumerableMethod<T> method, object?[] arguments, CancellationToken consumer)
    : Enumeration, IFilteredCall
{
    // As Orleans: as many items as are there without waiting, up to this, go in one answer.
    const int BatchSize = 100;

    readonly Activation? source = TurnScheduler.CurrentActivation;
    readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(consumer);
    Activation activation = null!;
    IAsyncEnumerator<T>? items;
    Task<bool>? step; // a MoveNextAsync that nobody has seen the end of
    Exception? failure; // that came after items of the same batch
    Pull<T>? current;
    Task serving = Task.CompletedTask;
    bool closed;

    public GrainMethod Method => method;
    public GrainId? Source => source?.GrainId;

    internal ImmutableDictionary<string, object?>? Context { get; } = RequestContext.Current;
    internal Activity? Trace { get; } = Activity.Current;

    internal void Serve(Pull<T> pull, Activation by)
    {
        if (closed)
        {
            pull.Fail(new EnumerationAbortedException("The enumeration was closed."));
            return;
        }

        (activation, current) = (by, pull);
        by.TakeOver(pull);
        serving = Answer(pull);
    }

    async Task Answer(Pull<T> pull)
    {
        activation.PullBegins(this);
        try
        {
            pull.Succeed(await Gather());
        }
        catch (Exception thrown)
        {
            pull.Fail(thrown);
        }
        finally
        {
            current = null;
            activation.PullEnds();
        }
    }

    async Task<Batch<T>> Gather()
    {
        if (failure is { } earlier)
        {
            throw earlier;
        }

        if (items is null)
        {
            await (activation.HasFilters ? new FilteredCall(this, activation).Run() : InvokeGrain());
        }

        List<T> batch = [];
        try
        {
            while (batch.Count < BatchSize)
            {
                step ??= items!.MoveNextAsync().AsTask();
                if (!step.IsCompleted && batch.Count > 0)
                {
                    break;
                }

                bool more = await step;
                step = null;
                if (!more)
                {
                    return new(batch, Ended: true);
                }

                batch.Add((T)activation.Engine.Copy(items!.Current, typeof(T))!);
            }
        }
        catch (Exception thrown) when (batch.Count > 0)
        {
            failure = thrown;
        }

        return new(batch, Ended: false);
    }

    public Task<object?> InvokeGrain()
    {
        items ??= method.InvokeOn(activation.Instance, arguments).GetAsyncEnumerator(stop.Token);
        return Task.FromResult<object?>(null);
    }

    internal override Task Abort()
    {
        current?.Fail(new EnumerationAbortedException("The activation is gone."));
        return Close();
    }

    internal override async Task Close()
    {
        if (closed || activation is null)
        {
            closed = true;
            return;
        }

        closed = true;
        stop.Cancel();
        await serving;
        if (step is { } unseen)
        {
            await unseen.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, activation.Scheduler);
        }

        activation.Forget(this);
        if (items is not null)
        {
            await items.DisposeAsync();
        }

        stop.Dispose();
    }
}

/// <summary>A consumer asks for items. As a message it ends at once, so that a long wait does not hold up the end of the grain.</summary>
internal sealed class Pull<T>(Enumeration<T> enumeration, bool opens) : Message
{
    readonly TaskCompletionSource<Batch<T>> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<Batch<T>> Reply => reply.Task;

    internal override ImmutableDictionary<string, object?>? Context => enumeration.Context;
    internal override Activity? Trace => enumeration.Trace;
    internal override bool Interleaves => true;
    internal override bool BelongsToActivation => !opens;
    internal override bool Abandoned => reply.Task.IsCompleted;

    internal void Succeed(Batch<T> batch) => reply.TrySetResult(batch);

    internal void Cancel(object? _, CancellationToken canceled) => reply.TrySetCanceled(canceled);

    protected override Task Start()
    {
        enumeration.Serve(this, Activation);
        return Task.CompletedTask;
    }

    protected override void Answer(Task ended)
    {
        if (ended.Exception is { } thrown)
        {
            Fail(thrown.InnerException!);
        }
    }

    internal override void Fail(Exception reason)
    {
        if (reason is OperationCanceledException canceled)
        {
            reply.TrySetCanceled(canceled.CancellationToken);
        }
        else
        {
            reply.TrySetException(reason);
        }
    }
}

/// <summary>A consumer has seen enough.</summary>
internal sealed class Close(Enumeration enumeration) : Message
{
    readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Closed => closed.Task;

    internal override bool Interleaves => true;
    internal override bool BelongsToActivation => true;

    protected override Task Start() => enumeration.Close();

    protected override void Answer(Task ended)
    {
        if (ended.Exception is { } thrown)
        {
            closed.TrySetException(thrown.InnerExceptions);
        }
        else
        {
            closed.TrySetResult();
        }
    }

    internal override void Fail(Exception reason) => closed.TrySetResult();
}

using System.Collections.Immutable;
using System.Diagnostics;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>One call of a method that answers with a task. <typeparamref name="T"/> is bool and means nothing for a plain Task.</summary>
internal sealed class Call<T>(TaskMethod<T> method, object?[] arguments) : Request, IFilteredCall
{
    readonly Activation? source = TurnScheduler.CurrentActivation;
    readonly TaskCompletionSource<T> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    CancellationTokenRegistration cancellation;

    internal Task<T> Reply => reply.Task;

    public GrainMethod Method => method;
    public GrainId? Source => source?.GrainId;

    internal override ImmutableDictionary<string, object?>? Context { get; } = RequestContext.Current;
    internal override Activity? Trace { get; } = Activity.Current;
    internal override bool Interleaves => method.AlwaysInterleave;
    internal override bool ReadOnly => method.ReadOnly;
    // The token says so before the caller is told.
    internal override bool Abandoned => reply.Task.IsCompleted || cancellation.Token.IsCancellationRequested;

    /// <summary>From now on the caller's token ends the wait at once; the grain sees the same token and stops when it likes.</summary>
    internal void StopWaitingWhen(CancellationToken canceled) =>
        cancellation = canceled.UnsafeRegister(
            static (state, token) => ((Call<T>)state!).reply.TrySetCanceled(token), this);

    protected override Task Start()
    {
        Activation.TakeOver(this);
        if (Activation.HasFilters)
        {
            return Filtered();
        }

        Task task = method.InvokeOn(Activation.Instance, arguments);
        return method.HasResult && Activation.Engine.Options.RoundTrip is not null ? Copied((Task<T>)task) : task;
    }

    async Task<T> Copied(Task<T> task) => (T)Activation.Engine.Copy(await task, typeof(T))!;

    async Task<T> Filtered()
    {
        object? result = await new FilteredCall(this, Activation).Run();
        return method.HasResult ? (T)Activation.Engine.Copy(result, typeof(T))! : default!;
    }

    public async Task<object?> InvokeGrain()
    {
        Task task = method.InvokeOn(Activation.Instance, arguments);
        await task;
        return method.HasResult ? await (Task<T>)task : null;
    }

    protected override void Answer(Task ended)
    {
        cancellation.Dispose();
        if (ended is Task<T> typed)
        {
            reply.TrySetFromTask(typed);
        }
        else if (ended.IsCompletedSuccessfully)
        {
            reply.TrySetResult(default!);
        }
        else if (ended.IsCanceled)
        {
            reply.TrySetCanceled(new TaskCanceledException(ended).CancellationToken);
        }
        else
        {
            reply.TrySetException(ended.Exception!.InnerExceptions);
        }
    }

    internal override void Fail(Exception reason)
    {
        cancellation.Dispose();
        reply.TrySetException(reason);
    }

    internal override void TimeOut(TimeSpan after)
    {
        if (reply.TrySetException(new TimeoutException($"{method} of a {Activation.Class.Type} did not answer within {after}.")))
        {
            cancellation.Dispose();
        }
    }
}

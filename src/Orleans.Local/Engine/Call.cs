using System.Collections.Immutable;
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
    internal override bool Interleaves => method.AlwaysInterleave;
    internal override bool ReadOnly => method.ReadOnly;
    internal override bool Abandoned => reply.Task.IsCompleted;

    /// <summary>From now on the caller's token ends the wait at once; the grain sees the same token and stops when it likes.</summary>
    internal void StopWaitingWhen(CancellationToken canceled) =>
        cancellation = canceled.UnsafeRegister(
            static (state, token) => ((Call<T>)state!).reply.TrySetCanceled(token), this);

    protected override Task Start()
    {
        RequestContext.Current = Activation.Engine.Copy(Context);
        return Activation.HasFilters ? new FilteredCall(this, Activation).Run() : method.InvokeOn(Activation.Instance, arguments);
    }

    public async Task<object?> InvokeGrain()
    {
        Task task = method.InvokeOn(Activation.Instance, arguments);
        await task;
        return task is Task<T> typed ? typed.GetAwaiter().GetResult() : null;
    }

    protected override void Answer(Task ended)
    {
        cancellation.Dispose();
        T result = !ended.IsCompletedSuccessfully ? default! : ended switch
        {
            Task<T> typed => typed.GetAwaiter().GetResult(),
            Task<object?> filtered when method.HasResult => (T)filtered.GetAwaiter().GetResult()!,
            _ => default!,
        };
        reply.CompleteAs(ended, method.HasResult ? (T)Activation.Engine.Copy(result, typeof(T))! : result);
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

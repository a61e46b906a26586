using System.Reflection;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>A method that returns IAsyncEnumerable&lt;T&gt;. Nothing happens in the grain before the first item is asked for.</summary>
internal sealed class EnumerableMethod<T> : GrainMethod
{
    readonly Lazy<Func<object, object?[], IAsyncEnumerable<T>>> invoke;

    internal EnumerableMethod(MethodInfo method) : base(method) =>
        invoke = new(() => Compile<IAsyncEnumerable<T>>(call => call));

    internal IAsyncEnumerable<T> InvokeOn(object grain, object?[] arguments) => invoke.Value(grain, arguments);

    internal override object Send(GrainProxy target, object?[] arguments)
    {
        Copy(arguments, target.Engine);
        return new RemoteEnumerable<T>(this, target, arguments, TokenIn(arguments));
    }
}

internal sealed class RemoteEnumerable<T>(
    EnumerableMethod<T> method, GrainProxy target, object?[] arguments, CancellationToken cancellation) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new RemoteEnumerator<T>(target, new Enumeration<T>(method, arguments, cancellationToken), cancellation, cancellationToken);
}

/// <summary>
/// The consumer's end of an enumeration: pulls batches from the activation that began it. If that activation goes, so does the
/// enumeration, with <see cref="EnumerationAbortedException"/>.
/// </summary>
internal sealed class RemoteEnumerator<T>(
    GrainProxy target, Enumeration<T> producer, CancellationToken first, CancellationToken second) : IAsyncEnumerator<T>
{
    Pull<T>? opening;
    Batch<T> batch = new([], Ended: false);
    int next;

    public T Current { get; private set; } = default!;

    public async ValueTask<bool> MoveNextAsync()
    {
        while (next == batch.Items.Count)
        {
            if (batch.Ended)
            {
                return false;
            }

            (batch, next) = (await Fetch(), 0);
        }

        Current = batch.Items[next++];
        return true;
    }

    async Task<Batch<T>> Fetch()
    {
        first.ThrowIfCancellationRequested();
        second.ThrowIfCancellationRequested();
        Pull<T> pull = new(producer, opens: opening is null);
        if (opening is null)
        {
            opening = pull;
            target.Engine.Send(target, pull);
        }
        else if (!opening.Activation.TryAccept(pull))
        {
            pull.Fail(new EnumerationAbortedException("The activation is gone."));
        }

        using CancellationTokenRegistration one = first.UnsafeRegister(pull.Cancel, null);
        using CancellationTokenRegistration other = second.UnsafeRegister(pull.Cancel, null);
        return await pull.Reply;
    }

    public async ValueTask DisposeAsync()
    {
        Close close = new(producer);
        // No activation has taken what the engine refused.
        if (opening?.Activation is not { } begun || !begun.TryAccept(close))
        {
            return;
        }

        // Who cancelled does not wait for a grain that may not look at its token.
        if (!first.IsCancellationRequested && !second.IsCancellationRequested)
        {
            await close.Closed;
        }
    }
}

internal sealed record Batch<T>(IReadOnlyList<T> Items, bool Ended);

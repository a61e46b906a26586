using Orleans;

namespace PatientGrains.Gateway.Tests.Admission;

/// <summary>Holds back every question to one record, as a store that hangs does, until it is let go.</summary>
internal sealed class HeldRecord(string patient) : IIncomingGrainCallFilter
{
    private volatile TaskCompletionSource? _gate;
    private int _held;

    /// <summary>Questions that came since it was told to hold them.</summary>
    public int Held => Volatile.Read(ref _held);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        bool isOfIt = context.TargetId.ToString().EndsWith("/" + patient, StringComparison.Ordinal);
        if (_gate is { } gate && isOfIt && context.MethodName == "Ask")
        {
            Interlocked.Increment(ref _held);
            await gate.Task;
        }
        await context.Invoke();
    }

    public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo() => _gate?.TrySetResult();

    public Task Holds(int count) => Unhurried.Until(() => Held >= count);
}

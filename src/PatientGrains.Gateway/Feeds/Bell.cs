namespace PatientGrains.Gateway.Feeds;

/// <summary>Wakes the one who waits. A ring that nobody waits for is kept; several are kept as one.</summary>
internal sealed class Bell
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _ring = Fresh();

    public void Ring()
    {
        lock (_lock)
            _ring.TrySetResult();
    }

    /// <summary>Completes at the next ring, at once when there was one since the last time.</summary>
    public Task Heard()
    {
        lock (_lock)
        {
            var ring = _ring.Task;
            if (ring.IsCompleted)
                _ring = Fresh();
            return ring;
        }
    }

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

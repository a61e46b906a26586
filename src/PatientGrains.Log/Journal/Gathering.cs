namespace PatientGrains.Log;

/// <summary>The decisions that become one commit.</summary>
internal sealed class Gathering
{
    public PooledBuffer Body { get; } = new();
    public EffectKeys Effects { get; } = new();
    public int Count { get; set; }

    /// <summary>Prepared commits of other logs that are appended with this one.</summary>
    public IReadOnlyList<PreparedCommit> With { get; init; } = [];

    /// <summary>Completes when it is durable, fails with <see cref="JournalLostException"/>.</summary>
    public TaskCompletionSource Durable { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Fail(Exception reason)
    {
        if (Durable.TrySetException(new JournalLostException(reason)))
            _ = Durable.Task.Exception;
        Body.Dispose();
    }
}

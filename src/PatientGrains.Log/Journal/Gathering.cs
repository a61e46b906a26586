using System.Diagnostics;

namespace PatientGrains.Log;

/// <summary>The decisions that become one commit.</summary>
/// <param name="effects">What they change outside; empty.</param>
internal sealed class Gathering(EffectKeys effects)
{
    private EffectKeys? _effects = effects;

    /// <summary>Disposed when the commit is sealed; what waits for durability holds no bodies.</summary>
    public PooledBuffer Body { get; } = new();
    public EffectKeys Effects => _effects ?? throw new InvalidOperationException("The commit is sealed.");
    public int Count { get; set; }

    /// <summary>When the log wants to be woken after this.</summary>
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Prepared commits of other logs that are appended with this one.</summary>
    public IReadOnlyList<PreparedCommit> With { get; init; } = [];

    /// <summary>The trace of the first decision in it.</summary>
    public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

    /// <summary>Completes when it is durable, fails with <see cref="JournalLostException"/>.</summary>
    public TaskCompletionSource Durable { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets go of what is sealed by now.</summary>
    public void Release()
    {
        Body.Dispose();
        _effects = null;
    }

    public void Fail(Exception reason)
    {
        Release();
        if (Durable.TrySetException(new JournalLostException(reason)))
            _ = Durable.Task.Exception;
    }
}

using PatientGrains.Log;

namespace PatientGrains.Simulation.Stage;

/// <summary>
/// The store that all silos share, and what a witness beside it notes: which append took effect at which step. Checkers trust the witness
/// for the order and the store's bytes for everything else.
/// </summary>
internal sealed class SharedStore(SimWorld world, KeyFile keys) : IAsyncDisposable
{
    public InMemoryLog Log { get; } = new();

    public KeyFile Keys { get; } = keys;

    /// <summary>Appends in the order in which they took effect.</summary>
    public List<Effect> Effects { get; } = [];

    /// <summary>An append took effect.</summary>
    /// <param name="Step">When.</param>
    /// <param name="Commits">What was appended.</param>
    internal sealed record Effect(long Step, IReadOnlyList<SealedCommit> Commits);

    /// <summary>Appends now. The log in memory answers at once.</summary>
    /// <returns>Why it was refused, or null.</returns>
    public Exception? Append(AppendBatch batch)
    {
        var done = Log.Append(batch);
        if (done.Exception is { } refused)
            return refused.InnerException!;
        Effects.Add(new Effect(world.Step, [.. batch.Commits.Select(append => append.Commit)]));
        return null;
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();
}

using System.Buffers;
using PatientGrains.Core.Record;

namespace PatientGrains.Log;

/// <summary>
/// What a journal has to know of the vocabulary whose events it keeps. Everything is deterministic and without side effects, but that
/// <see cref="Evolve"/> may change the state that it is given. All calls come on the activation's own turn.
/// </summary>
public interface IFold<TState, TEvent>
{
    TState Empty();

    /// <summary>Folds one event; never throws.</summary>
    TState Evolve(TState state, TEvent happened);

    /// <summary>Says what the event changes in the locator and the population index, and which feeds it appears in; called before it is
    /// evolved.</summary>
    void Effects(TState before, TEvent happened, LogName owner, EffectKeys keys);

    /// <summary>When the state wants to be woken, or null; it may ask for a time that has passed.</summary>
    DateTimeOffset? DueAt(TState state);

    /// <summary>Writes one event so that <see cref="Read"/> knows where it ends.</summary>
    void Write(TEvent happened, IBufferWriter<byte> to);

    /// <exception cref="FormatException">The bytes do not begin with an event.</exception>
    TEvent Read(ReadOnlyMemory<byte> bytes, out int used);

    /// <summary>The form of snapshots; one of another form is ignored and the log replayed.</summary>
    int SnapshotForm { get; }

    /// <summary>What writes the state as it is now: called once, on any thread, while the state moves on. The log does not compress
    /// it.</summary>
    Action<IBufferWriter<byte>> Snapshot(TState state);

    /// <exception cref="FormatException">The bytes are not a snapshot.</exception>
    TState ReadSnapshot(ReadOnlyMemory<byte> bytes);

    /// <summary>About how many bytes a snapshot of the state takes.</summary>
    long Size(TState state);
}

/// <summary>A pure decision: the events to append, all or none, and what to answer once they are durable.</summary>
/// <param name="MustBeNewest">
/// The outcome says that something is not there, or not due. With events, their append proves that nobody else went on; without any, the
/// journal looks before it answers.
/// </param>
public readonly record struct Decided<TEvent, TOutcome>(IReadOnlyList<TEvent> Events, TOutcome Outcome, bool MustBeNewest = false);

using System.Collections.Immutable;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Record;

/// <summary>A FHIR resource as a source asserted it, with its versions.</summary>
public sealed class Statement
{
    private StatementState _state;

    internal Statement(ResourceKey key) => Key = key;

    public ResourceKey Key { get; }
    public int Version => _state.Version;
    public DateTimeOffset At => new(_state.AtTicks, TimeSpan.Zero);
    public string Source => _state.Message.Source;
    public string MessageId => _state.Message.Id;

    /// <summary>The submission that brought the first version: a create that comes again under it is a repeat, however long ago.</summary>
    public Origin Origin => new(_state.Origin.Source, _state.Origin.Id);

    /// <summary>Null for a tombstone. Made anew each time: whoever wants a part of it asks for that part.</summary>
    public StatementBody? Body => IsDeleted ? null : _state.Body.Whole();

    public bool IsDeleted => _state.Body.IsNone;

    /// <summary>Empty for a tombstone.</summary>
    public Blob Json => new(_state.Body.Json);

    public TermList Terms => _state.Body.Terms;

    /// <summary>Those of the current version.</summary>
    public ImmutableArray<Finding> Findings => _state.Body.Findings;

    /// <summary>Sequence number of the event that made the current version.</summary>
    public long Seq => _state.Seq;

    /// <summary>Sequence number of the event that made a version, 1 to <see cref="Version"/>.</summary>
    public long SeqOf(int version) => _state.SeqOf(version);

    /// <summary>The body of the current version as it may leave the record; null for a tombstone.</summary>
    internal StatementBody? Released() => IsDeleted ? null : _state.Body.Released();

    internal ref readonly StatementState State => ref _state;

    /// <summary>Takes the next version.</summary>
    /// <returns>The page that the statement left, when that had better be dissolved.</returns>
    internal SnapshotPage? Become(long seq, int version, DateTimeOffset at, Message message, StatementBody? body)
    {
        var page = _state.Body.Page;
        _state = _state.Next(seq, version, at, message, body is null ? default : HeldBody.Of(body));
        return page?.Leave() == true ? page : null;
    }

    /// <summary>Takes what a snapshot says.</summary>
    internal void Restore(in StatementState state) => _state = state;

    internal void LeavePage(SnapshotPage page)
    {
        if (_state.Body.Page == page)
            _state = _state with { Body = _state.Body.Alone() };
    }
}

/// <summary>What a statement is at a time; a snapshot that is written later keeps a copy.</summary>
internal readonly record struct StatementState
{
    /// <summary>
    /// Sequence numbers of the versions before the current one, oldest first, in an array with room. States of one statement share it:
    /// what is there for a version is never written again.
    /// </summary>
    private readonly long[]? _older;

    public int Version { get; init; }
    public long AtTicks { get; init; }
    public required Message Message { get; init; }
    public required Message Origin { get; init; }
    public long Seq { get; init; }
    public HeldBody Body { get; init; }

    public StatementState(int version, long[] seqs)
    {
        Version = version;
        Seq = seqs[^1];
        _older = seqs.Length > 1 ? seqs : null;
    }

    private StatementState(int version, long seq, long[]? older) => (Version, Seq, _older) = (version, seq, older);

    public long SeqOf(int version) => version == Version ? Seq : _older![version - 1];

    public StatementState Next(long seq, int version, DateTimeOffset at, Message message, HeldBody body) => new(version, seq, Older())
    {
        AtTicks = at.UtcTicks,
        Message = message,
        Origin = Version == 0 ? message : Origin,
        Body = body,
    };

    private long[]? Older()
    {
        if (Version == 0)
            return null;
        var older = _older;
        if (older is null || older.Length < Version)
            Array.Resize(ref older, Math.Max(1, 2 * (Version - 1)));
        older[Version - 1] = Seq;
        return older;
    }
}

/// <summary>A submission of a source; all that it brought share it.</summary>
/// <param name="Source">Slug of the source.</param>
/// <param name="Id">Its message id.</param>
internal sealed record Message(string Source, string Id);

/// <param name="Source">Slug of the source.</param>
/// <param name="MessageId">Its message id.</param>
public readonly record struct Origin(string Source, string MessageId);

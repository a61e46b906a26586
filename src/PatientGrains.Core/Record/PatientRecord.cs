using System.Runtime.InteropServices;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Record;

/// <summary>
/// The state that one log folds to: the current version of every statement, where its older versions lie, and the submissions that are
/// remembered.
/// Old bodies and the access log are not held. Only <see cref="RecordFold"/> changes it.
/// </summary>
public sealed class PatientRecord
{
    private readonly Dictionary<ResourceKey, Statement> _statements = [];
    private readonly Dictionary<string, List<Statement>> _byType = [];

    /// <summary>The number that the next event gets, and how many the log has; the first event of a log is 0.</summary>
    public long NextSeq { get; internal set; }

    /// <summary>When the newest submission was taken, UTC: what the chart says of a later time is not present yet.</summary>
    public DateTimeOffset ChangedAt { get; internal set; }

    public SubmissionMemory Submissions { get; } = new();

    /// <summary>What screening knows: the findings of the current versions.</summary>
    public Chart Chart { get; internal set; } = Chart.Empty;

    /// <summary>The alerts: episodes that are open, and those that ended lately.</summary>
    public Episodes Episodes { get; internal set; } = Episodes.None;

    /// <summary>What feeds need to know of their lines.</summary>
    internal FeedIndex Lines { get; } = new();

    /// <summary>Bytes of JSON and terms of current versions, for snapshot pacing and memory figures.</summary>
    public long CurrentBytes { get; internal set; }

    public int Count => _statements.Count;

    public Statement? Find(ResourceKey key) => _statements.GetValueOrDefault(key);

    /// <summary>All statements, tombstones too, in the order in which they first arrived.</summary>
    public IEnumerable<Statement> Statements => _statements.Values;

    /// <summary>Statements of a type, tombstones too, in the order in which they first arrived.</summary>
    public ReadOnlySpan<Statement> OfType(string type) =>
        _byType.TryGetValue(type, out var list) ? CollectionsMarshal.AsSpan(list) : default;

    internal Statement Ensure(ResourceKey key)
    {
        if (_statements.TryGetValue(key, out var statement))
            return statement;
        statement = new Statement(key);
        _statements.Add(key, statement);
        if (!_byType.TryGetValue(key.Type, out var list))
            _byType.Add(key.Type, list = []);
        list.Add(statement);
        return statement;
    }
}

/// <summary>A FHIR resource as a source asserted it, with its versions.</summary>
public sealed class Statement(ResourceKey key)
{
    private readonly List<long> _seqs = [];

    public ResourceKey Key { get; } = key;
    public int Version { get; internal set; }
    public DateTimeOffset At { get; internal set; }
    public string Source { get; internal set; } = "";
    public string MessageId { get; internal set; } = "";

    /// <summary>The submission that brought the first version: a create that comes again under it is a repeat, however long ago.</summary>
    public Origin Origin { get; internal set; }

    /// <summary>Null for a tombstone.</summary>
    public StatementBody? Body { get; internal set; }

    public bool IsDeleted => Body is null;

    public TermList Terms => Body is null ? default : new TermList(Body.Terms.Bytes);

    /// <summary>Sequence numbers of the events that made version 1, 2, 3..., in that order.</summary>
    public IReadOnlyList<long> Seqs => _seqs;

    /// <summary>Sequence number of the event that made the current version.</summary>
    public long Seq => _seqs[^1];

    internal void AddVersion(long seq) => _seqs.Add(seq);
}

/// <summary>
/// Which submissions a record remembers, to give a repeated one the same answer: the newest <see cref="Limit"/> of them. A create whose id
/// the server derived from its message is recognised for ever, by the message id that its first version carries.
/// </summary>
public sealed class SubmissionMemory
{
    /// <summary>Chosen so that a file of a large patient can be imported twice line by line, at about 150 bytes each.</summary>
    public const int Limit = 16_384;

    private readonly Dictionary<(string Source, string MessageId), Remembered> _known = [];
    private readonly Queue<(string Source, string MessageId)> _order = [];

    public int Count => _known.Count;

    public Remembered? Find(string source, string messageId) => _known.GetValueOrDefault((source, messageId));

    internal void Add(string source, string messageId, Blob digest, long seq)
    {
        // A digest that was read from a log is a slice of its whole commit, which must not stay in memory for its sake.
        var own = new Blob(digest.Span.ToArray());
        if (!_known.TryAdd((source, messageId), new Remembered(own, seq)))
            return;
        _order.Enqueue((source, messageId));
        if (_order.Count > Limit)
            _known.Remove(_order.Dequeue());
    }

    internal IEnumerable<(string Source, string MessageId, Remembered Remembered)> Oldest()
    {
        foreach (var key in _order)
            yield return (key.Source, key.MessageId, _known[key]);
    }
}

/// <param name="Source">Slug of the source.</param>
/// <param name="MessageId">Its message id.</param>
public readonly record struct Origin(string Source, string MessageId);

/// <param name="Digest">SHA-256 of the content.</param>
/// <param name="Seq">Sequence number of its <see cref="SubmissionAccepted"/>, which holds the answer.</param>
public sealed record Remembered(Blob Digest, long Seq);

using System.Collections.Immutable;
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
    private readonly List<Statement> _inOrder = [];
    private readonly Dictionary<string, List<Statement>> _byType = [];
    private Message _lastMessage = new("", "");
    private Chart _chart = Chart.Empty;
    /// <summary>Nobody has seen the chart since it was made.</summary>
    private bool _isChartOwn;

    /// <summary>The number that the next event gets, and how many the log has; the first event of a log is 0.</summary>
    public long NextSeq { get; internal set; }

    /// <summary>When the newest submission was taken, UTC: what the chart says of a later time is not present yet.</summary>
    public DateTimeOffset ChangedAt { get; internal set; }

    public SubmissionMemory Submissions { get; } = new();

    /// <summary>What screening knows: the findings of the current versions. Whoever holds it never sees it change.</summary>
    public Chart Chart
    {
        get
        {
            _isChartOwn = false;
            return _chart;
        }
        internal set => (_chart, _isChartOwn) = (value, false);
    }

    /// <summary>The alerts: episodes that are open, and those that ended lately.</summary>
    public Episodes Episodes { get; internal set; } = Episodes.None;

    /// <summary>What feeds need to know of their lines.</summary>
    internal FeedIndex Lines { get; } = new();

    /// <summary>Bytes of JSON and terms of current versions, for snapshot pacing and memory figures.</summary>
    public long CurrentBytes { get; internal set; }

    public int Count => _statements.Count;

    public Statement? Find(ResourceKey key) => _statements.GetValueOrDefault(key);

    /// <summary>All statements, tombstones too, in the order in which they first arrived.</summary>
    public IReadOnlyList<Statement> Statements => _inOrder;

    /// <summary>Statements of a type, tombstones too, in the order in which they first arrived.</summary>
    public ReadOnlySpan<Statement> OfType(string type) =>
        _byType.TryGetValue(type, out var list) ? CollectionsMarshal.AsSpan(list) : default;

    internal Statement Ensure(ResourceKey key)
    {
        if (_statements.TryGetValue(key, out var statement))
            return statement;
        if (!_byType.TryGetValue(key.Type, out var list))
            _byType.Add(key.Type, list = []);
        // One text for the type of all of them.
        statement = new Statement(list.Count == 0 ? key : key with { Type = list[0].Key.Type });
        _statements.Add(statement.Key, statement);
        _inOrder.Add(statement);
        list.Add(statement);
        return statement;
    }

    /// <summary>Puts the findings of a first version into the chart; of many one after the other without a copy for each.</summary>
    internal void AddToChart(ResourceKey key, int version, ImmutableArray<Finding> findings) =>
        _chart = _chart.Plus(key, version, findings, ref _isChartOwn);

    /// <summary>Makes room for as many statements as a snapshot has.</summary>
    internal void Reserve(int statements)
    {
        _statements.EnsureCapacity(statements);
        _inOrder.EnsureCapacity(statements);
    }

    /// <summary>The submission as one object for all that it brought: they come one after the other.</summary>
    internal Message MessageOf(string source, string id)
    {
        if (_lastMessage.Source != source || _lastMessage.Id != id)
            _lastMessage = new Message(_lastMessage.Source == source ? _lastMessage.Source : source, id);
        return _lastMessage;
    }

    /// <summary>Gives the statements that are left in a page bodies of their own, so that the page goes.</summary>
    internal void Dissolve(SnapshotPage page)
    {
        int until = Math.Min(page.First + SnapshotPage.Statements, _inOrder.Count);
        for (int i = page.First; i < until; i++)
            _inOrder[i].LeavePage(page);
    }
}

/// <summary>
/// Which submissions a record remembers, to give a repeated one the same answer: the newest <see cref="Limit"/> of them. A create whose id
/// the server derived from its message is recognised for ever, by the message id that its first version carries.
/// </summary>
public sealed class SubmissionMemory
{
    /// <summary>Chosen so that a file of a large patient can be imported twice line by line, at about 150 bytes each.</summary>
    public const int Limit = 16_384;

    private readonly Dictionary<Message, Remembered> _known = [];
    private readonly Queue<Message> _order = [];

    public int Count => _known.Count;

    public Remembered? Find(string source, string messageId) => _known.GetValueOrDefault(new Message(source, messageId));

    internal void Add(Message message, Blob digest, long seq)
    {
        // A digest that was read from a log is a slice of its whole commit, which must not stay in memory for its sake.
        var own = new Blob(digest.Span.ToArray());
        if (!_known.TryAdd(message, new Remembered(own, seq)))
            return;
        _order.Enqueue(message);
        if (_order.Count > Limit)
            _known.Remove(_order.Dequeue());
    }

    internal IEnumerable<(Message Message, Remembered Remembered)> Oldest()
    {
        foreach (var message in _order)
            yield return (message, _known[message]);
    }
}

/// <param name="Digest">SHA-256 of the content.</param>
/// <param name="Seq">Sequence number of its <see cref="SubmissionAccepted"/>, which holds the answer.</param>
public sealed record Remembered(Blob Digest, long Seq);

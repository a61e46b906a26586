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

/// <summary>Collects what the events of one commit change outside their log, as text; only the net change is stored, and only
/// blinded.</summary>
public sealed class EffectKeys
{
    private readonly Dictionary<string, bool> _claims = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);
    private readonly List<(byte Feed, int Offset)> _feeds = [];

    public EffectKeys() => (Claiming, Indexing, Appearing) = (Claim, Index, feed => Appear((byte)feed));

    /// <summary>The methods below, made once for all events of a commit.</summary>
    internal Action<string> Claiming { get; }
    internal Action<string, int> Indexing { get; }
    internal Action<Feed> Appearing { get; }

    /// <summary>Where in the commit the event lies whose effects are being told.</summary>
    internal int Offset { get; set; }

    /// <summary>The key belongs to this log from now on, and to no other; the append fails when another log holds it.</summary>
    public void Claim(string key) => _claims[key] = true;

    /// <summary>The key is free again.</summary>
    public void Release(string key) => _claims[key] = false;

    /// <summary>The log has a token once more or once less.</summary>
    public void Index(string token, int delta)
    {
        _tokens.TryGetValue(token, out int count);
        _tokens[token] = count + delta;
    }

    /// <summary>The event is a line of the feed.</summary>
    /// <param name="feed">1 to 255.</param>
    public void Appear(byte feed) => _feeds.Add((feed, Offset));

    internal AppendBatch Blind(KeyRing ring, CommitAppend commit)
    {
        var log = commit.Commit.Log;
        var claims = new List<Claim>(_claims.Count);
        List<Release> releases = [];
        foreach (var (key, held) in _claims)
        {
            if (held)
                claims.Add(new Claim(ring.BlindClaim(key), log));
            else
                releases.Add(new Release(ring.BlindClaim(key), log));
        }
        var index = new List<IndexChange>(_tokens.Count);
        foreach (var (token, delta) in _tokens)
        {
            if (delta != 0)
                index.Add(new IndexChange(ring.BlindToken(token), log, delta));
        }
        var feeds = new List<FeedAppend>(_feeds.Count);
        foreach (var (feed, offset) in _feeds)
            feeds.Add(new FeedAppend(feed, log, commit.Commit.FirstSeq + offset));
        return new AppendBatch([commit], claims, releases, index) { Feeds = feeds };
    }
}

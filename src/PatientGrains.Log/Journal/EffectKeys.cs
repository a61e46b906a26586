using PatientGrains.Core.Record;

namespace PatientGrains.Log;

/// <summary>Collects what the events of one commit change outside their log, as text; only the net change is stored, and only
/// blinded.</summary>
public sealed class EffectKeys
{
    /// <summary>Keys of a kind in a commit that is followed by others like it.</summary>
    private const int MostKept = 32;

    private readonly Dictionary<string, bool> _claims = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);
    private readonly List<ResourceKey> _ids = [];
    private readonly List<(byte Feed, int Offset)> _feeds = [];

    public EffectKeys() => (ClaimingIds, Indexing, Appearing) = (_ids.Add, Index, feed => Appear((byte)feed));

    /// <summary>Takes ids that are new in the log. The first version of a resource is stored once, so none comes twice.</summary>
    internal Action<ResourceKey> ClaimingIds { get; }
    /// <summary>The methods below, made once for all events.</summary>
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

    /// <summary>Itself, ready for another commit; null when it grew so large that an idle activation should not hold it.</summary>
    internal EffectKeys? Emptied()
    {
        if (Math.Max(Math.Max(_claims.Count, _tokens.Count), Math.Max(_ids.Count, _feeds.Count)) > MostKept)
            return null;
        _claims.Clear();
        _tokens.Clear();
        _ids.Clear();
        _feeds.Clear();
        return this;
    }

    internal AppendBatch Blind(KeyRing ring, CommitAppend commit)
    {
        var log = commit.Commit.Log;
        var (claims, releases) = BlindClaims(ring, log);
        List<IndexChange>? index = null;
        foreach (var (token, delta) in _tokens)
        {
            if (delta != 0)
                (index ??= new(_tokens.Count)).Add(new IndexChange(ring.BlindToken(token), log, delta));
        }
        List<FeedAppend>? feeds = null;
        foreach (var (feed, offset) in _feeds)
            (feeds ??= new(_feeds.Count)).Add(new FeedAppend(feed, log, commit.Commit.FirstSeq + offset));
        return new AppendBatch([commit], claims ?? [], releases ?? [], index ?? []) { Feeds = feeds ?? [] };
    }

    private (List<Claim>? Claims, List<Release>? Releases) BlindClaims(KeyRing ring, LogId log)
    {
        List<Claim>? claims = null;
        List<Release>? releases = null;
        foreach (var (key, held) in _claims)
        {
            if (held)
                (claims ??= []).Add(new Claim(ring.BlindClaim(key), log));
            else
                (releases ??= []).Add(new Release(ring.BlindClaim(key), log));
        }
        foreach (var key in _ids)
        {
            // Whoever looks for it is led here by the id itself, and no other log can be.
            if (ring.RoutedIds.LogOf(key.Id) != log.Value)
                (claims ??= []).Add(new Claim(ring.BlindClaim(Effects.LocatorKey(key)), log));
        }
        return (claims, releases);
    }
}

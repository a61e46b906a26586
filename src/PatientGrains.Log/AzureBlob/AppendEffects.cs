namespace PatientGrains.Log.AzureBlob;

/// <summary>A prepared commit that a deciding commit names.</summary>
internal readonly record struct Participant(LogId Log, BlobPosition At, ChainHash Hash);

/// <summary>
/// What an append changes outside its logs, as it lies in the frame of the deciding commit: whoever finds the commit can bring it about,
/// once, whoever has begun it.
/// </summary>
/// <param name="Others">The prepared commits of the append's other logs.</param>
/// <param name="Batch">Claims, releases, index changes, lines of feeds and due times; its commits are empty.</param>
/// <param name="FeedsFrom">For each feed a number of lines that it had before: none of this append's is among them.</param>
internal sealed record AppendEffects(IReadOnlyList<Participant> Others, AppendBatch Batch, IReadOnlyDictionary<byte, long> FeedsFrom)
{
    /// <summary>Whether something is left to do after the commit is there. Claims are decided by it and need nothing more.</summary>
    public bool NeedSettling => Others.Count + Batch.Index.Count + Batch.Feeds.Count + Batch.Due.Count > 0;

    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using var to = new BinaryWriter(stream);
        Many(to, Others, other =>
        {
            Put(to, other.Log.Value);
            to.Write(other.At.Value);
            Put(to, other.Hash.High);
            Put(to, other.Hash.Low);
        });
        Many(to, Batch.Claims, claim => Put(to, claim.Key, claim.Log));
        Many(to, Batch.Releases, release => Put(to, release.Key, release.Log));
        Many(to, Batch.Index, change =>
        {
            Put(to, change.Key, change.Log);
            to.Write(change.Delta);
        });
        Many(to, Batch.Feeds, line =>
        {
            to.Write(line.Feed);
            Put(to, line.Log.Value);
            to.Write(line.Seq);
        });
        Many(to, FeedsFrom, feed =>
        {
            to.Write(feed.Key);
            to.Write(feed.Value);
        });
        Many(to, Batch.Due, change =>
        {
            Put(to, change.Log.Value);
            to.Write(change.At is { } at ? Micros.Up(at) : Footer.NoDue);
        });
        return stream.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote; the frame's checksum has been looked at.</summary>
    public static AppendEffects Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            return new([], new AppendBatch([], [], [], []), new Dictionary<byte, long>());
        using var from = new BinaryReader(new MemoryStream(bytes.ToArray()));
        var others = Many(
            from, () => new Participant(Log(from), new BlobPosition(from.ReadInt64()), new ChainHash(Take(from), Take(from))));
        var claims = Many(from, () => new Claim(new BlindKey(Take(from)), Log(from)));
        var releases = Many(from, () => new Release(new BlindKey(Take(from)), Log(from)));
        var index = Many(from, () => new IndexChange(new BlindKey(Take(from)), Log(from), from.ReadInt32()));
        var feeds = Many(from, () => new FeedAppend(from.ReadByte(), Log(from), from.ReadInt64()));
        var feedsFrom = Many(from, () => (Feed: from.ReadByte(), From: from.ReadInt64()));
        var due = Many(from, () => new DueChange(Log(from), Time(from.ReadInt64())));
        return new(others, new AppendBatch([], claims, releases, index) { Feeds = feeds, Due = due },
            feedsFrom.ToDictionary(f => f.Feed, f => f.From));
    }

    public static DateTimeOffset? Time(long micros) => micros == Footer.NoDue ? null : Micros.Time(micros);

    private static LogId Log(BinaryReader from) => new(Take(from));

    private static void Many<T>(BinaryWriter to, IReadOnlyCollection<T> all, Action<T> write)
    {
        to.Write(all.Count);
        foreach (var one in all)
            write(one);
    }

    private static List<T> Many<T>(BinaryReader from, Func<T> read)
    {
        int count = from.ReadInt32();
        var list = new List<T>(count);
        for (int i = 0; i < count; i++)
            list.Add(read());
        return list;
    }

    private static void Put(BinaryWriter to, BlindKey key, LogId log)
    {
        Put(to, key.Value);
        Put(to, log.Value);
    }

    private static void Put(BinaryWriter to, UInt128 value)
    {
        to.Write((ulong)(value >> 64));
        to.Write((ulong)value);
    }

    private static UInt128 Take(BinaryReader from) => new(from.ReadUInt64(), from.ReadUInt64());
}

using System.Buffers.Binary;

namespace PatientGrains.Log;

/// <summary>
/// A sealed commit with its claims, index changes, lines of feeds and due time that waits to be appended together with another log's.
/// Opaque: it travels between grains as <see cref="Bytes"/>, and holds nothing in the clear but what the store is going to see.
/// </summary>
public sealed class PreparedCommit
{
    private const byte Version = 2;

    private readonly AppendBatch _part;

    private PreparedCommit(AppendBatch part, byte[] bytes)
    {
        _part = part;
        Bytes = bytes;
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Names the preparation when it is settled: the hash of its commit.</summary>
    public string Id => _part.Commits[0].Commit.Hash.ToString();

    internal AppendBatch JoinTo(AppendBatch other) => new(
        [.. other.Commits, .. _part.Commits], [.. other.Claims, .. _part.Claims], [.. other.Releases, .. _part.Releases],
            [.. other.Index, .. _part.Index])
    {
        Feeds = [.. other.Feeds, .. _part.Feeds],
        Due = [.. other.Due, .. _part.Due],
    };

    internal static PreparedCommit Of(AppendBatch part)
    {
        var append = part.Commits[0];
        using var stream = new MemoryStream();
        using var to = new BinaryWriter(stream);
        to.Write(Version);
        Put(to, append.Commit.Bytes.Span);
        Put(to, append.WrappedKey.Span);
        Put(to, append.SealedName.Span);
        to.Write(part.Claims.Count);
        foreach (var claim in part.Claims)
            Put(to, claim.Key);
        to.Write(part.Releases.Count);
        foreach (var release in part.Releases)
            Put(to, release.Key);
        to.Write(part.Index.Count);
        foreach (var change in part.Index)
        {
            Put(to, change.Key);
            to.Write(change.Delta);
        }
        PutFeeds(to, part);
        return new PreparedCommit(part, stream.ToArray());
    }

    private static void PutFeeds(BinaryWriter to, AppendBatch part)
    {
        to.Write(part.Feeds.Count);
        foreach (var line in part.Feeds)
        {
            to.Write(line.Feed);
            to.Write(line.Seq);
        }
        to.Write(part.Due.Count);
        foreach (var change in part.Due)
        {
            to.Write(change.At is not null);
            if (change.At is { } at)
                to.Write(Micros.Up(at));
        }
    }

    /// <exception cref="FormatException">The bytes are not a prepared commit.</exception>
    public static PreparedCommit Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var from = new BinaryReader(new MemoryStream(bytes.ToArray()));
            if (from.ReadByte() != Version)
                throw new FormatException("A prepared commit of an unknown version.");
            var sealedBytes = Take(from);
            if (CommitHeader.Read(sealedBytes, out var header) is { } wrong)
                throw new FormatException(wrong);
            var commit = new SealedCommit(header.Log, header.FirstSeq, header.Count, ChainHash.Of(sealedBytes), sealedBytes);
            var append = new CommitAppend(commit, new Head(header.FirstSeq, header.Previous), Take(from), Take(from));
            var claims = Many(from, () => new Claim(TakeKey(from), header.Log));
            var releases = Many(from, () => new Release(TakeKey(from), header.Log));
            var index = Many(from, () => new IndexChange(TakeKey(from), header.Log, from.ReadInt32()));
            var feeds = Many(from, () => new FeedAppend(from.ReadByte(), header.Log, from.ReadInt64()));
            var due = Many(from, () => new DueChange(header.Log, from.ReadBoolean() ? Micros.Time(from.ReadInt64()) : null));
            return new PreparedCommit(
                new AppendBatch([append], claims, releases, index) { Feeds = feeds, Due = due }, bytes.ToArray());
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentException)
        {
            throw new FormatException("A prepared commit is cut.", e);
        }
    }

    private static List<T> Many<T>(BinaryReader from, Func<T> read)
    {
        int count = from.ReadInt32();
        if (count is < 0 or > AppendBatch.MaxKeys)
            throw new FormatException("A prepared commit has an impossible count.");
        var list = new List<T>(Math.Min(count, 4096));
        for (int i = 0; i < count; i++)
            list.Add(read());
        return list;
    }

    private static void Put(BinaryWriter to, ReadOnlySpan<byte> bytes)
    {
        to.Write(bytes.Length);
        to.Write(bytes);
    }

    private static void Put(BinaryWriter to, BlindKey key)
    {
        Span<byte> bytes = stackalloc byte[BlindKey.Size];
        key.Write(bytes);
        to.Write(bytes);
    }

    private static byte[] Take(BinaryReader from)
    {
        int length = from.ReadInt32();
        if (length < 0 || length > from.BaseStream.Length - from.BaseStream.Position)
            throw new FormatException("A prepared commit is cut.");
        return from.ReadBytes(length);
    }

    private static BlindKey TakeKey(BinaryReader from)
    {
        var bytes = from.ReadBytes(BlindKey.Size);
        return bytes.Length == BlindKey.Size ? new BlindKey(BinaryPrimitives.ReadUInt128BigEndian(bytes))
            : throw new EndOfStreamException();
    }
}

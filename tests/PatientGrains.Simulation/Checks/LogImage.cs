using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using PatientGrains.Core.Record;
using PatientGrains.Log;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>An event as it lies in the store, and the step at which it came there.</summary>
internal sealed record LoggedEvent(string Log, long Seq, long Step, Event Happened);

/// <summary>
/// What is really in the store, read by means of its own: the layout in the log's README, AES-GCM, Brotli and SHA-256, no journal and no
/// record. Reading it checks every chain.
/// </summary>
internal sealed class LogImage
{
    private const int HeaderSize = 72, NonceSize = 12, TagSize = 16;

    private readonly Dictionary<string, List<LoggedEvent>> _logs = [];

    public IReadOnlyCollection<string> Names => _logs.Keys;

    public IReadOnlyList<StoredFeedLine> Alerts { get; private set; } = [];

    public IReadOnlyList<LoggedEvent> Of(string log) => _logs.TryGetValue(log, out var events) ? events : [];

    public IEnumerable<LoggedEvent> All => _logs.Values.SelectMany(events => events);

    public static async Task<LogImage> Read(SharedStore store, IEnumerable<string> names)
    {
        var image = new LogImage();
        var byId = names.ToDictionary(name => store.Keys.Ring.Blind(new LogName(name)), name => name);
        var steps = Witnessed(store);
        var keys = store.Keys.Keys();
        foreach (var entry in await store.Log.Logs(null, int.MaxValue))
        {
            if (!byId.TryGetValue(entry.Log, out string? name))
                throw new CheckFailedException("chains", $"there is a log {entry.Log} that nobody asked for");
            var commits = (await store.Log.Read(entry.Log, new ReadFrom(0), int.MaxValue)).Commits;
            var chain = new Chain(name, entry);
            using var key = DataKey(entry, keys);
            var events = image._logs[name] = [];
            foreach (var commit in commits)
            {
                chain.Walk(commit.Bytes.Span);
                if (!steps.Remove((entry.Log, commit.Hash), out long step))
                    throw new CheckFailedException("chains", $"{name} has a commit at {commit.FirstSeq} that was never appended");
                events.AddRange(Open(name, key, commit.Bytes.Span, step));
            }
            chain.End();
        }
        if (steps.Count > 0)
            throw new CheckFailedException("lost commits", $"{steps.Count} commits that took effect are not in the store any more");
        image.Alerts = (await store.Log.ReadFeed((byte)Feed.Alerts, 0, int.MaxValue)).Lines;
        return image;
    }

    private static Dictionary<(LogId, ChainHash), long> Witnessed(SharedStore store)
    {
        var steps = new Dictionary<(LogId, ChainHash), long>();
        foreach (var (step, commits) in store.Effects)
        {
            foreach (var commit in commits)
                steps[(commit.Log, commit.Hash)] = step;
        }
        return steps;
    }

    /// <summary>Wrapped: version, number of the key, nonce, key, tag; the first five bytes and the log's id are authenticated.</summary>
    private static AesGcm DataKey(LogEntry entry, IReadOnlyDictionary<uint, byte[]> keys)
    {
        var wrapped = entry.WrappedKey.Span;
        var bound = new byte[5 + LogId.Size];
        wrapped[..5].CopyTo(bound);
        entry.Log.Write(bound.AsSpan(5));
        using var wrapping = new AesGcm(keys[BinaryPrimitives.ReadUInt32LittleEndian(wrapped[1..])], TagSize);
        var key = new byte[32];
        wrapping.Decrypt(wrapped.Slice(5, NonceSize), wrapped.Slice(17, 32), wrapped[49..], key, bound);
        return new AesGcm(key, TagSize);
    }

    private static List<LoggedEvent> Open(string name, AesGcm key, ReadOnlySpan<byte> commit, long step)
    {
        var plain = new byte[commit.Length - HeaderSize - NonceSize - TagSize];
        var sealedBody = commit[(HeaderSize + NonceSize)..^TagSize];
        key.Decrypt(commit.Slice(HeaderSize, NonceSize), sealedBody, commit[^TagSize..], plain, commit[..HeaderSize]);
        if ((commit[2] & 1) != 0)
        {
            var body = new byte[BinaryPrimitives.ReadInt32LittleEndian(plain)];
            if (!BrotliDecoder.TryDecompress(plain.AsSpan(4), body, out int written) || written != body.Length)
                throw new CheckFailedException("chains", $"a commit of {name} does not decompress");
            plain = body;
        }
        long seq = BinaryPrimitives.ReadInt64LittleEndian(commit[24..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(commit[4..]);
        var events = new List<LoggedEvent>(count);
        ReadOnlyMemory<byte> rest = plain;
        for (int i = 0; i < count; i++)
        {
            events.Add(new LoggedEvent(name, seq + i, step, WireCodec.Read<Event>(rest, out int used)));
            rest = rest[used..];
        }
        return rest.IsEmpty ? events : throw new CheckFailedException("chains", $"a commit of {name} has more under its seal than events");
    }

    /// <summary>The hash chain of one log: each commit names the SHA-256 of the one before, numbers go on without gap, time never
    /// back.</summary>
    private sealed class Chain(string name, LogEntry entry)
    {
        private byte[] _hash = new byte[32];
        private long _next;
        private long _time = long.MinValue;

        public void Walk(ReadOnlySpan<byte> commit)
        {
            long time = BinaryPrimitives.ReadInt64LittleEndian(commit[32..]);
            if (!commit.Slice(40, 32).SequenceEqual(_hash))
                throw new CheckFailedException("chains", $"{name} breaks at event {_next}: the hash is not that of the commit before");
            if (BinaryPrimitives.ReadInt64LittleEndian(commit[24..]) != _next || time < _time)
                throw new CheckFailedException("chains", $"{name} breaks at event {_next}: number or time is not the next");
            _hash = SHA256.HashData(commit);
            _next += BinaryPrimitives.ReadInt32LittleEndian(commit[4..]);
            _time = time;
        }

        public void End()
        {
            var hash = new byte[32];
            entry.Head.Hash.Write(hash);
            if (entry.Head.NextSeq != _next || !hash.AsSpan().SequenceEqual(_hash))
                throw new CheckFailedException("chains", $"{name} does not end at its head");
        }
    }
}

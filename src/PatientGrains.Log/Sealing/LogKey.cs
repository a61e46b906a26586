using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace PatientGrains.Log;

/// <summary>
/// The data key of one log: seals and opens its commits, snapshots and name with AES-256-GCM. What is sealed is told apart by the
/// associated data, whose first byte is 'C', 'S' or 'N'. Nonces are random 96-bit numbers: NIST SP 800-38D 8.3 allows 2^32 of them per
/// key; a log takes at most <see cref="MaxEvents"/> events, seals at most one commit per event (void commits and the rare commit that is
/// sealed again aside) and fewer snapshots than commits, and so stays below. Not safe for concurrent use.
/// </summary>
internal sealed class LogKey : IDisposable
{
    /// <summary>Events of one log: 2^31. The chance that two random nonces of a log meet is then below 2^-34.</summary>
    public const long MaxEvents = 1L << 31;
    /// <summary>Bytes of one commit's body before compression. An append carries it whole, and so does every read of one of its
    /// events.</summary>
    public const int MaxBody = 32 << 20;
    /// <summary>Bytes of a state, before compression; the largest array that a snapshot may need when it is opened.</summary>
    public const int MaxSnapshot = 1 << 30;
    /// <summary>Below this there is little to save, and an encoder takes some 20 us. Chosen, not found by measuring other sizes.</summary>
    public const int CompressFrom = 512;
    /// <summary>Below this Brotli's quality 0: of a single resource it leaves a fifteenth more than quality 1, which takes a quarter longer
    /// (PatientGrains.Log.Bench, parts).</summary>
    private const int CompressBetterFrom = 8 << 10;
    private const int SnapshotHeader = 64;

    private readonly LogId _log;
    private readonly AesGcm _aes;

    /// <param name="key">32 bytes; the caller clears them.</param>
    public LogKey(LogId log, ReadOnlySpan<byte> key)
    {
        _log = log;
        _aes = new AesGcm(key, CommitHeader.TagSize);
    }

    public void Dispose() => _aes.Dispose();

    /// <summary>Seals a commit. Its body begins with its length where it is compressed; otherwise it is the events as they are.</summary>
    public SealedCommit SealCommit(Head on, int count, long unixMicros, ReadOnlySpan<byte> body)
    {
        var packed = ArrayPool<byte>.Shared.Rent(body.Length + 4);
        try
        {
            bool compressed = TryCompress(body, packed, out int length);
            var plain = compressed ? packed.AsSpan(0, length) : body;
            var bytes = new byte[CommitHeader.Overhead + plain.Length];
            new CommitHeader(_log, on.NextSeq, count, compressed, unixMicros, on.Hash).Write(bytes);
            Seal(bytes, CommitHeader.Size, plain);
            return new SealedCommit(_log, on.NextSeq, count, ChainHash.Of(bytes), bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed, clearArray: true);
        }
    }

    /// <summary>The body of a commit. Throws <see cref="LogCorruptException"/> unless the store's bytes are what this key sealed for this
    /// place.</summary>
    public byte[] OpenCommit(SealedCommit commit, out CommitHeader header)
    {
        if (CommitHeader.Check(commit, out header) is { } wrong)
            throw new LogCorruptException(_log, commit.FirstSeq, wrong);
        if (commit.Log != _log)
            throw new LogCorruptException(_log, commit.FirstSeq, "a commit of another log");
        var plain = Open(commit.Bytes.Span, CommitHeader.Size, commit.FirstSeq,
            "its seal does not open: it was changed, or sealed under another key");
        return header.Compressed ? Decompress(plain, MaxBody, commit.FirstSeq) : plain;
    }

    /// <summary>
    /// Seals a state: header {'S', 1, flags, 0, fold version, log, next event, hash of the last commit}, nonce, ciphertext, tag. It is not
    /// compressed here: who knows its parts compresses them, so that each can be opened by itself.
    /// </summary>
    public StoredSnapshot SealSnapshot(Head at, int foldVersion, ReadOnlySpan<byte> state)
    {
        var bytes = new byte[SnapshotHeader + CommitHeader.NonceSize + state.Length + CommitHeader.TagSize];
        WriteSnapshotHeader(bytes, at, foldVersion, compressed: false);
        Seal(bytes, SnapshotHeader, state);
        return new StoredSnapshot(at, bytes);
    }

    /// <summary>The state of a snapshot, or null when it is not one that this key sealed for that place and that version of the
    /// fold.</summary>
    public byte[]? TryOpenSnapshot(StoredSnapshot snapshot, int foldVersion)
    {
        var bytes = snapshot.Bytes.Span;
        if (bytes.Length < SnapshotHeader + CommitHeader.NonceSize + CommitHeader.TagSize)
            return null;
        bool compressed = bytes[2] != 0;
        Span<byte> expected = stackalloc byte[SnapshotHeader];
        WriteSnapshotHeader(expected, snapshot.At, foldVersion, compressed);
        if (!bytes[..SnapshotHeader].SequenceEqual(expected))
            return null;
        try
        {
            var plain = Open(bytes, SnapshotHeader, snapshot.At.NextSeq, "the snapshot's seal does not open");
            return compressed ? Decompress(plain, MaxSnapshot, snapshot.At.NextSeq) : plain;
        }
        catch (LogCorruptException)
        {
            return null;
        }
    }

    private void WriteSnapshotHeader(Span<byte> to, Head at, int foldVersion, bool compressed)
    {
        to[0] = (byte)'S';
        to[1] = 1;
        to[2] = compressed ? (byte)1 : (byte)0;
        to[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], foldVersion);
        _log.Write(to[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(to[24..], at.NextSeq);
        at.Hash.Write(to[32..]);
    }

    /// <summary>Seals the log's name, so that a holder of keys can list the logs: 'N', 1, log id, nonce, ciphertext, tag.</summary>
    public byte[] SealName(LogName name)
    {
        var plain = Encoding.UTF8.GetBytes(name.Text);
        var bytes = new byte[2 + LogId.Size + CommitHeader.NonceSize + plain.Length + CommitHeader.TagSize];
        WriteNameHeader(bytes);
        Seal(bytes, 2 + LogId.Size, plain);
        return bytes;
    }

    public LogName OpenName(ReadOnlySpan<byte> sealedName)
    {
        Span<byte> expected = stackalloc byte[2 + LogId.Size];
        WriteNameHeader(expected);
        if (sealedName.Length <= expected.Length + CommitHeader.NonceSize + CommitHeader.TagSize || !sealedName.StartsWith(expected))
            throw new LogCorruptException(_log, 0, "the sealed name is not this log's");
        return new LogName(Encoding.UTF8.GetString(Open(sealedName, expected.Length, 0, "the name's seal does not open")));
    }

    private void WriteNameHeader(Span<byte> to)
    {
        to[0] = (byte)'N';
        to[1] = 1;
        _log.Write(to[2..]);
    }

    /// <summary>Fills in nonce, ciphertext and tag behind a header that is already there.</summary>
    private void Seal(Span<byte> bytes, int header, ReadOnlySpan<byte> plain)
    {
        var nonce = bytes.Slice(header, CommitHeader.NonceSize);
        RandomNumberGenerator.Fill(nonce);
        var sealedBody = bytes[(header + CommitHeader.NonceSize)..];
        _aes.Encrypt(nonce, plain, sealedBody[..plain.Length], sealedBody[plain.Length..], bytes[..header]);
    }

    private byte[] Open(ReadOnlySpan<byte> bytes, int header, long seq, string failure)
    {
        var sealedBody = bytes[(header + CommitHeader.NonceSize)..^CommitHeader.TagSize];
        var plain = new byte[sealedBody.Length];
        try
        {
            _aes.Decrypt(bytes.Slice(header, CommitHeader.NonceSize), sealedBody, bytes[^CommitHeader.TagSize..], plain, bytes[..header]);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new LogCorruptException(_log, seq, failure);
        }
    }

    /// <summary>Compresses when that saves something. The length before compression goes in front, under the seal: it bounds what opening
    /// has to allocate.</summary>
    private static bool TryCompress(ReadOnlySpan<byte> body, Span<byte> to, out int length)
    {
        length = 0;
        int quality = body.Length < CompressBetterFrom ? 0 : 1;
        if (body.Length < CompressFrom || !BrotliEncoder.TryCompress(body, to[4..body.Length], out int written, quality, window: 20))
            return false;
        BinaryPrimitives.WriteInt32LittleEndian(to, body.Length);
        length = written + 4;
        return true;
    }

    private byte[] Decompress(ReadOnlySpan<byte> packed, int limit, long seq)
    {
        int length = packed.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(packed);
        if (length < 0 || length > limit)
            throw new LogCorruptException(_log, seq, "an impossible length under the seal");
        var body = new byte[length];
        if (!BrotliDecoder.TryDecompress(packed[4..], body, out int written) || written != length)
            throw new LogCorruptException(_log, seq, "what is under the seal does not decompress");
        return body;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PatientGrains.Core.Record;

namespace PatientGrains.Log;

/// <summary>
/// The keys of an installation: key-encryption keys with numbers, one of them current; a root secret from which named secrets are derived
/// (the index key, the gateway's token key); an ECDSA P-256 key that signs checkpoints. Whoever has the ring can read everything; who
/// loses it has lost everything: back it up apart from the data. The root secret never rotates, because every blinded id depends on it.
/// Safe for concurrent use.
/// </summary>
public sealed class KeyRing : IDisposable
{
    /// <summary>Bytes of a wrapped data key: version 1, number of the key that wrapped it (4, little-endian), nonce (12), ciphertext (32),
    /// tag (16).</summary>
    public const int WrappedKeySize = 1 + 4 + CommitHeader.NonceSize + DataKeySize + CommitHeader.TagSize;
    internal const int DataKeySize = 32;

    private readonly Lock _lock = new();
    private readonly string? _path;
    private readonly ECDsa _signer;
    private readonly Blinding _index;
    private KeyRingContent _content;

    private KeyRing(string? path, KeyRingContent content)
    {
        _path = path;
        _content = content;
        _index = new Blinding(Derive("index"));
        RoutedIds = new RoutedIds(Derive("routed ids"));
        _signer = ECDsa.Create();
        _signer.ImportPkcs8PrivateKey(content.Signing, out _);
    }

    /// <summary>Makes a ring and writes it, readable by its owner only. Throws <see cref="KeyRingException"/> when there is a file
    /// already: rings are never overwritten.</summary>
    public static KeyRing Create(string path)
    {
        var content = KeyRingContent.New();
        KeyRingFile.Write(path, content, replace: false);
        return new KeyRing(path, content);
    }

    /// <summary>Reads a ring. Throws <see cref="KeyRingException"/> when it is missing, malformed, or readable by group or
    /// others.</summary>
    public static KeyRing Open(string path) => new(path, KeyRingFile.Read(path));

    /// <summary>A ring that lives in memory only, for tests and the in-memory log.</summary>
    public static KeyRing Ephemeral() => new(null, KeyRingContent.New());

    /// <summary>The number of the key that wraps new data keys.</summary>
    public uint CurrentKey => _content.Current;

    /// <summary>The numbers of all key-encryption keys.</summary>
    public IReadOnlyList<uint> Keys => [.. _content.Keys.Keys];

    /// <summary>What a store keeps to recognise its ring: it tells nothing about the keys.</summary>
    public ReadOnlyMemory<byte> CheckValue => Derive("check");

    /// <summary>A 32-byte secret for a purpose, always the same: HKDF-SHA-256 of the root secret with the purpose as info (RFC
    /// 5869).</summary>
    public byte[] Derive(string purpose)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, _content.Root, 32, info: Encoding.UTF8.GetBytes("patientgrains " + purpose));
    }

    /// <summary>The blinded name of a log.</summary>
    public LogId Blind(LogName name) => new(_index.Of('L', name.Text));

    /// <summary>Ids that carry the blinded name of their log.</summary>
    public RoutedIds RoutedIds { get; }

    /// <summary>The blinded form of a locator key such as <c>id:Observation/x</c>.</summary>
    public BlindKey BlindClaim(string key) => new(_index.Of('C', key));

    /// <summary>The blinded form of a token of the population index.</summary>
    public BlindKey BlindToken(string token) => new(_index.Of('T', token));

    /// <summary>The name of a stored log. Throws <see cref="LogErasedException"/>, or <see cref="LogCorruptException"/> when the name is
    /// not the one that the id blinds.</summary>
    public LogName NameOf(LogEntry entry)
    {
        if (entry.IsErased)
            throw new LogErasedException(entry.Log);
        using var key = DataKey(entry.Log, entry.WrappedKey.Span);
        var name = key.OpenName(entry.SealedName.Span);
        return Blind(name) == entry.Log ? name : throw new LogCorruptException(entry.Log, 0, "the sealed name is another log's");
    }

    /// <summary>
    /// Adds a new key-encryption key and makes it current; what older keys wrapped can still be unwrapped. Re-wrap
    /// (<see cref="KeyRotation"/>), then <see cref="Remove"/> the old key.
    /// </summary>
    public uint Rotate()
    {
        lock (_lock)
        {
            uint next = checked(_content.Keys.Keys.Max() + 1);
            Replace(_content with { Current = next, Keys = _content.Keys.Add(next, RandomNumberGenerator.GetBytes(DataKeySize)) });
            return next;
        }
    }

    /// <summary>Removes a key that is not current. What it wrapped and was not wrapped anew is lost, which is what erasure from backups
    /// needs.</summary>
    public void Remove(uint key)
    {
        lock (_lock)
        {
            if (key == _content.Current || !_content.Keys.TryGetValue(key, out var bytes))
                throw new KeyRingException($"Key {key} is the current one or not in the ring.");
            Replace(_content with { Keys = _content.Keys.Remove(key) });
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private void Replace(KeyRingContent content)
    {
        if (_path is not null)
            KeyRingFile.Write(_path, content, replace: true);
        _content = content;
    }

    /// <summary>A new data key for a log, and how it is stored.</summary>
    internal LogKey NewDataKey(LogId log, out byte[] wrapped)
    {
        Span<byte> key = stackalloc byte[DataKeySize];
        RandomNumberGenerator.Fill(key);
        try
        {
            wrapped = Wrap(log, key);
            return new LogKey(log, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    internal LogKey DataKey(LogId log, ReadOnlySpan<byte> wrapped)
    {
        Span<byte> key = stackalloc byte[DataKeySize];
        try
        {
            Unwrap(log, wrapped, key);
            return new LogKey(log, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The same data key under the current key-encryption key; null when it is already.</summary>
    internal byte[]? Rewrapped(LogId log, ReadOnlySpan<byte> wrapped)
    {
        Span<byte> key = stackalloc byte[DataKeySize];
        try
        {
            return Unwrap(log, wrapped, key) == CurrentKey ? null : Wrap(log, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private byte[] Wrap(LogId log, ReadOnlySpan<byte> key)
    {
        var content = _content;
        var wrapped = new byte[WrappedKeySize];
        wrapped[0] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(wrapped.AsSpan(1), content.Current);
        var nonce = wrapped.AsSpan(5, CommitHeader.NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(content.Keys[content.Current], CommitHeader.TagSize);
        Span<byte> bound = stackalloc byte[5 + LogId.Size];
        aes.Encrypt(nonce, key, wrapped.AsSpan(17, DataKeySize), wrapped.AsSpan(17 + DataKeySize), Bound(log, wrapped, bound));
        return wrapped;
    }

    private uint Unwrap(LogId log, ReadOnlySpan<byte> wrapped, Span<byte> key)
    {
        if (wrapped.Length != WrappedKeySize || wrapped[0] != 1)
            throw new LogCorruptException(log, 0, "the wrapped data key has no known form");
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(wrapped[1..]);
        if (!_content.Keys.TryGetValue(number, out var wrapping))
            throw new KeyRingException($"The key ring has no key {number}, which wrapped the data key of log {log}.");
        using var aes = new AesGcm(wrapping, CommitHeader.TagSize);
        Span<byte> bound = stackalloc byte[5 + LogId.Size];
        try
        {
            aes.Decrypt(wrapped.Slice(5, CommitHeader.NonceSize), wrapped.Slice(17, DataKeySize), wrapped[(17 + DataKeySize)..], key,
                Bound(log, wrapped, bound));
            return number;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new LogCorruptException(log, 0,
                "the wrapped data key does not open: it was changed, moved from another log, or wrapped by another ring");
        }
    }

    /// <summary>Version, key number and log id are authenticated with a wrapped key, so that it cannot be moved to another log.</summary>
    private static ReadOnlySpan<byte> Bound(LogId log, ReadOnlySpan<byte> wrapped, Span<byte> to)
    {
        wrapped[..5].CopyTo(to);
        log.Write(to[5..]);
        return to;
    }

    /// <summary>ECDSA P-256 over SHA-256, in DER as openssl and most libraries take it.</summary>
    internal byte[] Sign(ReadOnlySpan<byte> sha256)
    {
        lock (_lock)
            return _signer.SignHash(sha256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>The public key that checks this ring's signatures, as PEM (SubjectPublicKeyInfo). Give it to the auditor.</summary>
    public string SigningPublicKeyPem()
    {
        lock (_lock)
            return _signer.ExportSubjectPublicKeyInfoPem();
    }

    public void Dispose()
    {
        _signer.Dispose();
        _index.Dispose();
        _content.Clear();
    }
}

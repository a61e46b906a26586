using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using PatientGrains.Fhir;
using PatientGrains.Log.Sqlite;

namespace PatientGrains.LoadTests.Import;

/// <summary>How a contender of the floor looks at the bytes before it compresses them.</summary>
internal enum Scan
{
    /// <summary>One pass of the platform's JSON reader.</summary>
    Bare,
    /// <summary>Our validation and extraction.</summary>
    Validating,
}

/// <summary>
/// The least that an import has to do, without ours: the same bytes scanned, compressed, sealed and hashed on every core, one commit
/// where we make one, and one writer that
/// commits to SQLite whatever has come, synced.
/// </summary>
internal sealed class Floor(Corpus corpus, Scan scan, bool packed)
{
    /// <summary>As much as our own log writes in one transaction.</summary>
    private const int GroupBytes = 8 << 20;

    private readonly BlockingCollection<byte[]> _sealed = new(1024);
    private int _next;

    public async Task<double> Run(string folder)
    {
        long before = Stopwatch.GetTimestamp();
        var writer = Task.Factory.StartNew(() => Write(folder), TaskCreationOptions.LongRunning);
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(Prepare)));
        _sealed.CompleteAdding();
        await writer;
        return Stopwatch.GetElapsedTime(before).TotalSeconds;
    }

    private void Prepare()
    {
        using var aes = new AesGcm(RandomNumberGenerator.GetBytes(32), 16);
        var scanner = new FhirScanner();
        byte[] body = new byte[1 << 20];
        for (int i = Interlocked.Increment(ref _next) - 1; i < corpus.Documents.Count; i = Interlocked.Increment(ref _next) - 1)
        {
            var document = corpus.Documents[i];
            byte[] json = packed ? document.Unpack() : document.Json;
            Look(scanner, json);
            if (body.Length < json.Length)
                body = new byte[json.Length];
            foreach (var commit in document.Commits)
            {
                int length = 0;
                foreach (var range in commit)
                {
                    json.AsSpan(range).CopyTo(body.AsSpan(length));
                    length += range.End.Value - range.Start.Value;
                }
                _sealed.Add(Seal(aes, body.AsSpan(0, length)));
            }
        }
    }

    private void Look(FhirScanner scanner, byte[] json)
    {
        if (scan == Scan.Validating)
        {
            scanner.Scan(json);
            return;
        }
        Read(json);
    }

    /// <summary>One pass of the platform's JSON reader.</summary>
    public static void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
        }
    }

    /// <summary>Nonce, ciphertext, tag, hash, in one array.</summary>
    public static byte[] Seal(AesGcm aes, ReadOnlySpan<byte> body)
    {
        byte[] compressed = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(body.Length));
        if (!BrotliEncoder.TryCompress(body, compressed, out int length, quality: 1, window: 20))
            throw new InvalidOperationException("Brotli wants more room than it said.");
        var bytes = new byte[12 + length + 16 + 32];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, 12));
        aes.Encrypt(bytes.AsSpan(0, 12), compressed.AsSpan(0, length), bytes.AsSpan(12, length), bytes.AsSpan(12 + length, 16));
        SHA256.HashData(bytes.AsSpan(0, 28 + length), bytes.AsSpan(28 + length));
        ArrayPool<byte>.Shared.Return(compressed);
        return bytes;
    }

    private void Write(string folder)
    {
        using var rows = new RowWriter(folder);
        foreach (byte[] first in _sealed.GetConsumingEnumerable())
        {
            rows.Begin();
            rows.Insert(first);
            for (long bytes = first.Length; bytes < GroupBytes && _sealed.TryTake(out byte[]? next); bytes += next.Length)
                rows.Insert(next);
            rows.Commit();
        }
    }
}

/// <summary>A table of blobs, as durable as ours.</summary>
internal sealed class RowWriter : IDisposable
{
    private readonly SqliteDb _db;
    private readonly SqliteStatement _insert;

    public RowWriter(string folder)
    {
        _db = SqliteDb.Open(Path.Combine(folder, "rows.db"), readOnly: false);
        _db.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows(no INTEGER PRIMARY KEY, body BLOB NOT NULL)");
        _insert = _db.Prepare("INSERT INTO rows(body) VALUES(?)");
    }

    public void Begin() => _db.Execute("BEGIN IMMEDIATE");

    public void Insert(ReadOnlySpan<byte> body) => _insert.Bind(1, body).Run();

    public void Commit() => _db.Execute("COMMIT");

    public void Dispose() => _db.Dispose();
}

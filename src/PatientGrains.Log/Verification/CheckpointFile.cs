using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatientGrains.Log;

/// <summary>
/// The heads of all logs at a time, signed, to be kept where the owner of the store cannot change it. JSON lines:
/// <code>
/// {"checkpoint":1,"store":"(32 hex)","time":"(UTC)","key":"(first 16 hex of the SHA-256 of the signing key's SubjectPublicKeyInfo)"}
/// {"log":"(32 hex)","seq":17,"hash":"(64 hex)"}          one per log, ascending by log; seq is how many events it had
/// {"logs":2,"signature":"(base64)"}
/// </code>
/// The signature is ECDSA P-256 with SHA-256 over all bytes before the last line, DER-encoded, so that an auditor needs the public key and
/// openssl, and neither this program nor a secret: <c>head -n -1 checkpoint | openssl dgst -sha256 -verify key.pem -signature
/// signature.der</c>.
/// </summary>
public sealed class CheckpointFile
{
    private const int PageOfLogs = 1000;
    private const int MaxLine = 1024;

    /// <summary>Base64 as it is: the file is never part of a web page, and an auditor's tools need not know JSON's escapes.</summary>
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;

    private CheckpointFile(string path, string storeId, DateTimeOffset time)
    {
        _path = path;
        StoreId = storeId;
        Time = time;
    }

    private sealed record First(
        [property: JsonPropertyName("checkpoint")] int Checkpoint,
        [property: JsonPropertyName("store")] string Store,
        [property: JsonPropertyName("time")] DateTimeOffset Time,
        [property: JsonPropertyName("key")] string Key);

    private sealed record Line(
        [property: JsonPropertyName("log")] string Log,
        [property: JsonPropertyName("seq")] long Seq,
        [property: JsonPropertyName("hash")] string Hash);

    private sealed record Last(
        [property: JsonPropertyName("logs")] long Logs,
        [property: JsonPropertyName("signature")] byte[] Signature);

    public string StoreId { get; }

    public DateTimeOffset Time { get; }

    /// <summary>Writes a checkpoint of a store, which may be at work. Returns the number of logs. The file is complete or not
    /// there.</summary>
    public static async Task<long> Export(
        IPatientLog log, KeyRing ring, DateTimeOffset time, string path, CancellationToken cancel = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long count = 0;
        string draft = path + ".new";
        var output = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (output.ConfigureAwait(false))
        {
            async Task Put(object line)
            {
                byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, line.GetType(), Plain), (byte)'\n'];
                hash.AppendData(bytes);
                await output.WriteAsync(bytes, cancel).ConfigureAwait(false);
            }

            await Put(new First(1, log.StoreId, time.ToUniversalTime(), KeyId(ring.SigningPublicKeyPem()))).ConfigureAwait(false);
            IReadOnlyList<LogEntry> page;
            LogId? after = null;
            do
            {
                page = await log.Logs(after, PageOfLogs, cancel).ConfigureAwait(false);
                foreach (var entry in page)
                    await Put(new Line(entry.Log.ToString(), entry.Head.NextSeq, entry.Head.Hash.ToString())).ConfigureAwait(false);
                count += page.Count;
                after = page.Count > 0 ? page[^1].Log : null;
            }
            while (page.Count == PageOfLogs);
            await Put(new Last(count, ring.Sign(hash.GetHashAndReset()))).ConfigureAwait(false);
            output.Flush(flushToDisk: true);
        }
        File.Move(draft, path, overwrite: false);
        return count;
    }

    /// <summary>Opens a checkpoint after its signature was checked.</summary>
    /// <exception cref="CheckpointException">It is malformed, cut, changed, or signed by another key.</exception>
    public static CheckpointFile Open(string path, string publicKeyPem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(publicKeyPem);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        First? first = null;
        string? held = null;
        long logs = 0;
        foreach (string line in Lines(path))
        {
            if (held is not null)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(held + "\n"));
                if (first is null)
                    first = Parse<First>(held);
                else
                    logs++;
            }
            held = line;
        }
        if (first is not { Checkpoint: 1 } || held is null)
            throw new CheckpointException("This is not a checkpoint of a known version.");
        if (first.Key != KeyId(publicKeyPem))
            throw new CheckpointException($"The checkpoint was signed with key {first.Key}; the key given is {KeyId(publicKeyPem)}.");
        var last = Parse<Last>(held);
        if (last.Logs != logs || last.Signature is null
            || !key.VerifyHash(hash.GetHashAndReset(), last.Signature, DSASignatureFormat.Rfc3279DerSequence))
            throw new CheckpointException("The checkpoint was changed after it was signed.");
        return new CheckpointFile(path, first.Store, first.Time);
    }

    /// <summary>The heads, ascending by log.</summary>
    internal IEnumerable<(LogId Log, Head Head)> Heads()
    {
        foreach (string line in Lines(_path).Skip(1))
        {
            if (!line.StartsWith("{\"log\"", StringComparison.Ordinal))
                yield break;
            var head = Parse<Line>(line);
            yield return (LogId.Parse(head.Log), new Head(head.Seq, ChainHash.Parse(head.Hash)));
        }
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(
            path, new UTF8Encoding(false, throwOnInvalidBytes: false), detectEncodingFromByteOrderMarks: false);
        while (reader.ReadLine() is { } line)
            yield return line.Length <= MaxLine ? line : throw new CheckpointException("This is not a checkpoint: a line is too long.");
    }

    private static T Parse<T>(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line) ?? throw new CheckpointException("This is not a checkpoint.");
        }
        catch (JsonException)
        {
            throw new CheckpointException("This is not a checkpoint, or it is cut.");
        }
    }

    private static string KeyId(string publicKeyPem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(publicKeyPem);
        return Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..8]);
    }
}

/// <summary>A checkpoint that cannot be trusted or does not belong here.</summary>
public sealed class CheckpointException(string message) : LogException(message);

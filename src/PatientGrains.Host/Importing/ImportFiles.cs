using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace PatientGrains.Host.Importing;

/// <summary>One submission of a file: the whole of a .json file, or a line of an .ndjson file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">1-based line, 0 when the file is one submission.</param>
/// <param name="Content">UTF-8 JSON.</param>
/// <param name="MessageId">
/// SHA-256 of the file's unpacked content and the line: importing the file again, under whatever name, repeats the same messages.
/// </param>
/// <param name="IsTooLong">Whether it is over the limit; the content is then only its beginning.</param>
internal sealed record ImportItem(string Path, int Line, ReadOnlyMemory<byte> Content, string MessageId, bool IsTooLong = false);

/// <summary>A file that cannot be read to its end; nothing of it was handed out.</summary>
internal sealed record DamagedFile(string Path, string Reason);

/// <summary>Reads .json, .ndjson and .gz of both, files or folders (with their subfolders, in ordinal order of path).</summary>
internal sealed class ImportFiles(int maxItemBytes)
{
    private static readonly string[] LineEndings = [".ndjson", ".ndjson.gz"];
    private static readonly string[] Endings = [".json", ".json.gz", .. LineEndings];

    public List<DamagedFile> Damaged { get; } = [];

    /// <exception cref="FileNotFoundException">A path is neither file nor folder.</exception>
    public static IReadOnlyList<string> Find(IEnumerable<string> paths)
    {
        var found = new List<string>();
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
                found.AddRange(Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsImportable).Order(StringComparer.Ordinal));
            else if (File.Exists(path))
                found.Add(path);
            else
                throw new FileNotFoundException($"{path} is neither a file nor a folder.");
        }
        return found;
    }

    public async IAsyncEnumerable<ImportItem> Read(string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (!IsLines(path))
        {
            if (await Whole(path, cancel) is { } content)
                yield return new ImportItem(path, 0, WithoutMark(content), Convert.ToHexStringLower(SHA256.HashData(content.Span)));
            yield break;
        }
        if (await Digest(path, cancel) is not { } digest)
            yield break;
        await using var stream = Open(path);
        var lines = new LineReader(stream, maxItemBytes);
        for (int line = 1; await lines.Next(cancel) is { } content; line++)
        {
            var json = line == 1 ? WithoutMark(content) : content;
            if (!json.Span.Trim(" \t\r"u8).IsEmpty)
                yield return new ImportItem(path, line, json, $"{digest}:{line}", lines.WasTooLong);
        }
    }

    private static bool IsImportable(string path) => HasEnding(path, Endings);

    private static bool IsLines(string path) => HasEnding(path, LineEndings);

    private static bool HasEnding(string path, string[] endings) =>
        endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// A byte order mark is no part of JSON, but a reader may ignore it (RFC 8259 section 8.1), and Windows programs write it.
    /// </summary>
    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> content) =>
        content.Span.StartsWith("\uFEFF"u8) ? content[3..] : content;

    private static bool IsPacked(string path) => HasEnding(path, [".gz"]);

    private static FileStream OpenFile(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private static Stream Open(string path) => IsPacked(path) ? new GZipStream(OpenFile(path), CompressionMode.Decompress) : OpenFile(path);

    /// <summary>The same, and behind the content of an archive its mark, unless it was cut.</summary>
    private static Stream OpenMarked(string path) =>
        IsPacked(path) ? new GZipStream(new EndMarked(OpenFile(path)), CompressionMode.Decompress) : OpenFile(path);

    private static InvalidDataException Cut() => new("The archive is cut off, or something else follows it.");

    private async Task<ReadOnlyMemory<byte>?> Whole(string path, CancellationToken cancel)
    {
        try
        {
            await using var stream = OpenMarked(path);
            using var all = new MemoryStream();
            var buffer = new byte[1 << 16];
            for (int read; (read = await stream.ReadAsync(buffer, cancel)) > 0;)
            {
                if (all.Length + read > maxItemBytes)
                    throw new InvalidDataException($"it unpacks to more than {maxItemBytes} bytes");
                all.Write(buffer, 0, read);
            }
            var content = all.GetBuffer().AsMemory(0, (int)all.Length);
            if (!IsPacked(path))
                return content;
            return content.Span.EndsWith(EndMarked.Mark) ? content[..^EndMarked.Mark.Length] : throw Cut();
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Damaged.Add(new DamagedFile(path, broken.Message));
            return null;
        }
    }

    /// <summary>A first pass over the file: a damaged archive is found before a line of it is submitted.</summary>
    private async Task<string?> Digest(string path, CancellationToken cancel)
    {
        try
        {
            await using var stream = OpenMarked(path);
            return await Digest(stream, IsPacked(path), cancel);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Damaged.Add(new DamagedFile(path, broken.Message));
            return null;
        }
    }

    private static async Task<string> Digest(Stream stream, bool isMarked, CancellationToken cancel)
    {
        int kept = isMarked ? EndMarked.Mark.Length : 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        int held = 0;
        for (int read; (read = await stream.ReadAsync(buffer.AsMemory(held), cancel)) > 0;)
        {
            // What may be the mark is kept back until more comes.
            int ready = Math.Max(0, held + read - kept);
            hash.AppendData(buffer, 0, ready);
            held = held + read - ready;
            buffer.AsSpan(ready, held).CopyTo(buffer);
        }
        if (isMarked && !buffer.AsSpan(0, held).SequenceEqual(EndMarked.Mark))
            throw Cut();
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

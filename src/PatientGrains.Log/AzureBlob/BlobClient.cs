using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Azure.Core;

namespace PatientGrains.Log.AzureBlob;

/// <summary>A stretch of a blob.</summary>
/// <param name="Bytes">Empty when nothing lies there.</param>
/// <param name="Length">Of the whole blob; 0 when nothing was read.</param>
/// <param name="Blocks">Of an append blob.</param>
internal readonly record struct BlobPart(ReadOnlyMemory<byte> Bytes, long Length, int Blocks, string Tag);

internal readonly record struct BlobListed(string Name, long Length);

/// <summary>How an append at a position ended.</summary>
internal enum Landing
{
    /// <summary>It lies at its position.</summary>
    Here,
    /// <summary>Something else does, or the position is no longer the end.</summary>
    Moved,
    /// <summary>There is no such blob.</summary>
    Missing,
}

/// <summary>
/// The operations on blobs that the log uses, each of which takes effect once however often it is tried. What got no clear answer is
/// settled by looking: an append is conditional on its position, so at most one of its tries lands, and what lies at the position says
/// whether one did.
/// </summary>
internal sealed class BlobClient(AzureBlobLogOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly BlobHttp _http = new(options);

    /// <summary>Where the blobs are, for messages.</summary>
    public string Place { get; } = $"{options.AccountUrl.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{options.Container}";

    /// <summary>Makes the container unless it is there.</summary>
    public async Task CreateContainer()
    {
        var tries = Tries();
        while (true)
        {
            var answer = await _http.Send(RequestMethod.Put, "", "?restype=container", [], default(ReadOnlyMemory<byte>), default)
                .ConfigureAwait(false);
            // A container that is being deleted is refused with 409 too, but under another code, and may come back.
            if (answer.IsDone || answer is { Status: 409, Error: "ContainerAlreadyExists" })
                return;
            await tries.Again(answer, default).ConfigureAwait(false);
        }
    }

    /// <summary>What lies from a position on, up to a count of bytes. Null when there is no such blob.</summary>
    public async Task<BlobPart?> Get(string name, long from, long count, CancellationToken cancel = default)
    {
        var tries = Tries();
        string range = string.Create(CultureInfo.InvariantCulture, $"bytes={from}-{from + count - 1}");
        while (true)
        {
            var answer = await _http.Send(RequestMethod.Get, name, "", [("x-ms-range", range)], null, cancel).ConfigureAwait(false);
            if (answer.IsDone)
                return new BlobPart(answer.Content, answer.Length, answer.Blocks, answer.Tag);
            if (answer.Status == 416)
                return default(BlobPart);
            if (answer is { Status: 404, Error: "BlobNotFound" })
                return null;
            await tries.Again(answer, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>A small blob as a whole, or null.</summary>
    public async Task<BlobPart?> GetWhole(string name, CancellationToken cancel = default)
    {
        var tries = Tries();
        while (true)
        {
            var answer = await _http.Send(RequestMethod.Get, name, "", [], null, cancel).ConfigureAwait(false);
            if (answer.IsDone)
                return new BlobPart(answer.Content, answer.Length, answer.Blocks, answer.Tag);
            if (answer is { Status: 404, Error: "BlobNotFound" })
                return null;
            await tries.Again(answer, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Makes an append blob unless it is there.</summary>
    public async Task CreateAppend(string name)
    {
        var tries = Tries();
        while (true)
        {
            var answer = await _http.Send(
                RequestMethod.Put, name, "", [("x-ms-blob-type", "AppendBlob"), ("If-None-Match", "*")], default(ReadOnlyMemory<byte>),
                default).ConfigureAwait(false);
            if (answer.IsDone || answer.Status is 409 or 412)
                return;
            await tries.Again(answer, default).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Appends one block at a position, which must be the blob's end. After an answer that does not say, and after a refusal (which may
    /// answer a later copy of a request that was carried out), the bytes at the position are compared: no two blocks of different writers
    /// are alike, or it does not matter whose they are.
    /// </summary>
    public async Task<(Landing Landing, int Blocks)> Append(string name, long position, ReadOnlyMemory<byte> block)
    {
        var tries = Tries();
        while (true)
        {
            var answer = await _http.Send(
                RequestMethod.Put, name, "?comp=appendblock",
                [("x-ms-blob-condition-appendpos", position.ToString(CultureInfo.InvariantCulture))], block, default)
                .ConfigureAwait(false);
            if (answer.IsDone)
                return (Landing.Here, answer.Blocks);
            if (answer is { Status: 404, Error: "BlobNotFound" })
                return (Landing.Missing, 0);
            if (answer.Status != 412 && !answer.IsUnknown)
                throw tries.Failure(answer);
            var there = await Get(name, position, block.Length).ConfigureAwait(false);
            if (there is { Bytes.Length: > 0 } part)
                return part.Bytes.Span.SequenceEqual(block.Span) ? (Landing.Here, part.Blocks) : (Landing.Moved, part.Blocks);
            if (answer.Status == 412)
                return (Landing.Moved, 0);
            await tries.Again(answer, default).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a small blob as a whole: when there is none (<paramref name="tag"/> is empty), or when it still is what was read.
    /// Its new tag, or null when it was not.</summary>
    public async Task<string?> Put(string name, ReadOnlyMemory<byte> content, string tag)
    {
        var tries = Tries();
        (string, string) condition = tag.Length == 0 ? ("If-None-Match", "*") : ("If-Match", tag);
        while (true)
        {
            var answer = await _http.Send(
                RequestMethod.Put, name, "", [("x-ms-blob-type", "BlockBlob"), condition], content, default).ConfigureAwait(false);
            if (answer.IsDone)
                return answer.Tag;
            if (answer.Status is not (404 or 409 or 412) && !answer.IsUnknown)
                throw tries.Failure(answer);
            var there = await GetWhole(name).ConfigureAwait(false);
            if (there is { } part && part.Tag != tag && part.Bytes.Span.SequenceEqual(content.Span))
                return part.Tag;
            if (answer.Status is 404 or 409 or 412)
                return null;
            await tries.Again(answer, default).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes a blob, if it still is what was read when a tag is given.</summary>
    public async Task Delete(string name, string tag = "")
    {
        var tries = Tries();
        (string, string)[] condition = tag.Length == 0 ? [] : [("If-Match", tag)];
        while (true)
        {
            var answer = await _http.Send(RequestMethod.Delete, name, "", condition, null, default).ConfigureAwait(false);
            if (answer.IsDone || answer.Status is 404 or 412)
                return;
            await tries.Again(answer, default).ConfigureAwait(false);
        }
    }

    /// <summary>A page of names under a prefix, in their order; up to the next slash behind it when <paramref name="folders"/> are asked
    /// for. With what continues it, or an empty text at the end.</summary>
    public async Task<(List<BlobListed> Names, string Marker)> List(
        string prefix, bool folders = false, string marker = "", int limit = 5000, CancellationToken cancel = default)
    {
        string query = string.Create(CultureInfo.InvariantCulture,
            $"?restype=container&comp=list&prefix={Uri.EscapeDataString(prefix)}&maxresults={limit}{(folders ? "&delimiter=%2F" : "")}")
            + (marker.Length > 0 ? $"&marker={Uri.EscapeDataString(marker)}" : "");
        var tries = Tries();
        while (true)
        {
            var answer = await _http.Send(RequestMethod.Get, "", query, [], null, cancel).ConfigureAwait(false);
            if (answer.IsDone)
                return Listed(answer.Content);
            await tries.Again(answer, cancel).ConfigureAwait(false);
        }
    }

    public async Task<List<BlobListed>> ListAll(string prefix, bool folders = false, CancellationToken cancel = default)
    {
        var (names, marker) = await List(prefix, folders, cancel: cancel).ConfigureAwait(false);
        while (marker.Length > 0)
        {
            (var more, marker) = await List(prefix, folders, marker, cancel: cancel).ConfigureAwait(false);
            names.AddRange(more);
        }
        return names;
    }

    private static (List<BlobListed>, string) Listed(ReadOnlyMemory<byte> xml)
    {
        var root = XDocument.Parse(Encoding.UTF8.GetString(xml.Span).TrimStart('\uFEFF')).Root!;
        var names = new List<BlobListed>();
        foreach (var entry in root.Element("Blobs")?.Elements() ?? [])
        {
            string length = entry.Element("Properties")?.Element("Content-Length")?.Value ?? "0";
            names.Add(new BlobListed(entry.Element("Name")!.Value, long.Parse(length, CultureInfo.InvariantCulture)));
        }
        return (names, root.Element("NextMarker")?.Value ?? "");
    }

    private BlobTries Tries() => new(Place, options, FirstPause, LongestPause, _http.Stopped);

    /// <inheritdoc cref="BlobHttp.Stop"/>
    public void Stop() => _http.Stop();
}

using System.Text.Json;
using System.Threading.Channels;

namespace PatientGrains.Host.Importing;

/// <summary>Counts of a run; read while it goes on, for the progress bar.</summary>
internal sealed class ImportTotals
{
    private long _submissions;
    private long _created;
    private long _updated;
    private long _unchanged;
    private long _rejected;
    private long _bytes;

    public long Submissions => Volatile.Read(ref _submissions);
    public long Created => Volatile.Read(ref _created);
    public long Updated => Volatile.Read(ref _updated);
    public long Unchanged => Volatile.Read(ref _unchanged);
    public long Rejected => Volatile.Read(ref _rejected);
    public long Bytes => Volatile.Read(ref _bytes);
    public long Resources => Created + Updated + Unchanged;

    public void Add(ImportItem item, ImportResult result)
    {
        Interlocked.Increment(ref _submissions);
        Interlocked.Add(ref _created, result.Created);
        Interlocked.Add(ref _updated, result.Updated);
        Interlocked.Add(ref _unchanged, result.Unchanged);
        Interlocked.Add(ref _rejected, result.Rejects.Count);
        Interlocked.Add(ref _bytes, item.Content.Length);
    }
}

/// <summary>
/// Runs an import: bounded work in flight, lines about the same resource in the order of the file, a rejected line never stops the rest, and what refers to something
/// that is not there yet is tried again when the rest is in, for as long as that helps.
/// </summary>
internal sealed class ImportRun(IImportTarget target, RejectFile rejects, int lanes)
{
    /// <summary>Submissions that wait in one lane: two, so that a lane never idles between reading and sending.</summary>
    private const int LaneDepth = 2;

    /// <summary>Lines to try again, by file. Only their numbers are kept; the content is read again when their turn comes.</summary>
    private Dictionary<string, HashSet<int>> _again = [];
    private readonly Lock _lock = new();
    private bool _lastRound;

    public ImportTotals Totals { get; } = new();

    public async Task Run(IReadOnlyList<string> files, ImportFiles reader, Action<string> starting, CancellationToken cancel)
    {
        await Pump(ReadAll(files, null), cancel);
        for (int before = int.MaxValue; Waiting is var waiting and > 0 && !_lastRound; before = waiting)
        {
            // A round that helped nobody is followed by a last one, whose rejects are final.
            _lastRound = waiting >= before;
            var again = Interlocked.Exchange(ref _again, []);
            await Pump(ReadAll([.. again.Keys.Order(StringComparer.Ordinal)], again), cancel);
        }
        foreach (var damaged in reader.Damaged)
            await rejects.Write(new ImportItem(damaged.Path, 0, default, ""), new Reject(null, "damaged-file", null, damaged.Reason));

        async IAsyncEnumerable<ImportItem> ReadAll(IReadOnlyList<string> paths, Dictionary<string, HashSet<int>>? only)
        {
            foreach (string path in paths)
            {
                starting(Path.GetFileName(path));
                await foreach (var item in reader.Read(path, cancel))
                {
                    if (only is null || only[path].Contains(item.Line))
                        yield return item;
                }
            }
        }
    }

    private int Waiting => _again.Values.Sum(lines => lines.Count);

    private async Task Pump(IAsyncEnumerable<ImportItem> items, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var channels = Enumerable.Range(0, lanes).Select(_ => Channel.CreateBounded<ImportItem>(LaneDepth)).ToArray();
        var workers = channels.Select(channel => Task.Run(() => Work(channel.Reader, stop), cancel)).ToArray();
        try
        {
            int next = 0;
            await foreach (var item in items.WithCancellation(stop.Token))
                await channels[LaneOf(item, ref next)].Writer.WriteAsync(item, stop.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // A worker broke and stopped the others: its exception is the one to show, below.
        }
        foreach (var channel in channels)
            channel.Writer.TryComplete();
        await Task.WhenAll(workers);
    }

    private async Task Work(ChannelReader<ImportItem> items, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var item in items.ReadAllAsync(stop.Token))
                await Submit(item, stop.Token);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task Submit(ImportItem item, CancellationToken cancel)
    {
        var result = await target.Submit(item, cancel);
        if (!_lastRound && result.Rejects.Any(reject => reject.MayHealLater))
        {
            lock (_lock)
            {
                if (!_again.TryGetValue(item.Path, out var lines))
                    _again.Add(item.Path, lines = []);
                lines.Add(item.Line);
            }
            return;
        }
        Totals.Add(item, result);
        foreach (var reject in result.Rejects)
            await rejects.Write(item, reject);
    }

    /// <summary>Lines that name the same resource share a lane; whole files and lines without an id go round.</summary>
    private int LaneOf(ImportItem item, ref int next)
    {
        if (item.Line > 0 && ResourceName(item.Content.Span) is { } name)
            return (int)((uint)string.GetHashCode(name, StringComparison.Ordinal) % (uint)lanes);
        next = (next + 1) % lanes;
        return next;
    }

    private static string? ResourceName(ReadOnlySpan<byte> json)
    {
        string? type = null;
        string? id = null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { AllowMultipleValues = false });
        try
        {
            while ((type is null || id is null) && reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                bool isType = reader.ValueTextEquals("resourceType"u8);
                bool isId = reader.ValueTextEquals("id"u8);
                if (!reader.Read())
                    break;
                if (isType && reader.TokenType == JsonTokenType.String)
                    type = reader.GetString();
                else if (isId && reader.TokenType == JsonTokenType.String)
                    id = reader.GetString();
                else
                    reader.Skip();
            }
        }
        catch (JsonException)
        {
            // A malformed line belongs to no resource; the scan will name what is wrong with it.
            return null;
        }
        return type is null || id is null ? null : $"{type}/{id}";
    }
}

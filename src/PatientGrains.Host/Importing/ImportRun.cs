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
/// Runs an import: bounded work in flight, what is about the same resource in the order of files and lines, a rejected line never stops
/// the rest, and what refers to something that is not there yet is tried again when the rest is in, for as long as that helps.
/// </summary>
internal sealed class ImportRun(IImportTarget target, RejectFile rejects, int lanes)
{
    /// <summary>Submissions that wait in one lane: two, so that a lane never idles between reading and sending.</summary>
    private const int LaneDepth = 2;

    /// <param name="Resource">The resource that the submission is about, null when it is about several, or nobody can say.</param>
    private readonly record struct Queued(ImportItem Item, string? Resource);

    private readonly Lock _lock = new();
    private Waiting _waiting = new();
    private bool _lastRound;

    /// <summary>What is to be tried again. Only numbers of lines are kept; the content is read again when its turn comes.</summary>
    private sealed class Waiting
    {
        public Dictionary<string, HashSet<int>> Lines { get; } = [];

        /// <summary>Resources of which something waits: what comes later about them waits too, or the older would win in the end.</summary>
        public HashSet<string> Resources { get; } = [];

        public int Count => Lines.Values.Sum(lines => lines.Count);
    }

    public ImportTotals Totals { get; } = new();

    public async Task Run(IReadOnlyList<string> files, ImportFiles reader, Action<string> starting, CancellationToken cancel)
    {
        await Pump(ReadAll(files, null), cancel);
        for (int before = int.MaxValue; _waiting.Count is var waiting and > 0 && !_lastRound; before = waiting)
        {
            // A round that helped nobody is followed by a last one, whose rejects are final.
            _lastRound = waiting >= before;
            var again = Interlocked.Exchange(ref _waiting, new Waiting());
            await Pump(ReadAll(files.Where(again.Lines.ContainsKey), again), cancel);
        }
        foreach (var damaged in reader.Damaged)
            await rejects.Write(new ImportItem(damaged.Path, 0, default, ""), new Reject(null, "damaged-file", null, damaged.Reason));

        async IAsyncEnumerable<ImportItem> ReadAll(IEnumerable<string> paths, Waiting? only)
        {
            foreach (string path in paths)
            {
                starting(Path.GetFileName(path));
                await foreach (var item in reader.Read(path, cancel))
                {
                    if (only is null || only.Lines[path].Contains(item.Line))
                        yield return item;
                }
            }
        }
    }

    private async Task Pump(IAsyncEnumerable<ImportItem> items, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var channels = Enumerable.Range(0, lanes).Select(_ => Channel.CreateBounded<Queued>(LaneDepth)).ToArray();
        var workers = channels.Select(channel => Task.Run(() => Work(channel.Reader, stop), cancel)).ToArray();
        try
        {
            int next = 0;
            await foreach (var item in items.WithCancellation(stop.Token))
            {
                var queued = new Queued(item, item.IsTooLong ? null : ResourceName(item.Content.Span));
                await channels[LaneOf(queued.Resource, ref next)].Writer.WriteAsync(queued, stop.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // A worker broke and stopped the others: its exception is the one to show, below.
        }
        foreach (var channel in channels)
            channel.Writer.TryComplete();
        await Task.WhenAll(workers);
    }

    private async Task Work(ChannelReader<Queued> items, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var queued in items.ReadAllAsync(stop.Token))
                await Submit(queued, stop.Token);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task Submit(Queued queued, CancellationToken cancel)
    {
        var item = queued.Item;
        if (!_lastRound && MustWait(queued.Resource))
        {
            TryAgain(queued);
            return;
        }
        var result = item.IsTooLong
            ? ImportResult.Rejected(new Reject(null, "too-long", null, "The line is longer than the limit of one submission."))
            : await target.Submit(item, cancel);
        if (!_lastRound && result.Rejects.Any(reject => reject.MayHealLater))
        {
            TryAgain(queued);
            return;
        }
        Totals.Add(item, result);
        foreach (var reject in result.Rejects)
            await rejects.Write(item, reject);
    }

    private bool MustWait(string? resource)
    {
        lock (_lock)
            return resource is not null && _waiting.Resources.Contains(resource);
    }

    private void TryAgain(Queued queued)
    {
        lock (_lock)
        {
            if (!_waiting.Lines.TryGetValue(queued.Item.Path, out var lines))
                _waiting.Lines.Add(queued.Item.Path, lines = []);
            lines.Add(queued.Item.Line);
            if (queued.Resource is { } resource)
                _waiting.Resources.Add(resource);
        }
    }

    /// <summary>What is about the same resource shares a lane, and so keeps its order; the rest goes round.</summary>
    private int LaneOf(string? resource, ref int next)
    {
        if (resource is not null)
            return (int)((uint)string.GetHashCode(resource, StringComparison.Ordinal) % (uint)lanes);
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
                // A Bundle is about its entries, and too long to be read twice for an id that means nothing.
                if (isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("Bundle"u8))
                    return null;
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

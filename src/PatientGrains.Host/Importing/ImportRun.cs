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

    /// <summary>Bytes from which a submission shares the processors with few others: it keeps one busy by itself, and more would only fill
    /// the memory.</summary>
    internal const int LargeBytes = 256 << 10;

    /// <summary>Lanes of large submissions: as many as fill two processors while some of them wait for the disk.</summary>
    internal const int LargeLanes = 4;

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
                var (resource, isBatch) = item.IsTooLong ? default : SubjectOf(item.Content.Span);
                var queued = new Queued(item, resource);
                // A batch goes before what follows it: as a rule it is the directory that the other Bundles refer to.
                if (isBatch)
                    await Submit(queued, stop.Token);
                else
                    await channels[LaneOf(queued, ref next)].Writer.WriteAsync(queued, stop.Token);
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
    private int LaneOf(Queued queued, ref int next)
    {
        if (queued.Resource is { } resource)
            return (int)((uint)string.GetHashCode(resource, StringComparison.Ordinal) % (uint)lanes);
        next = (next + 1) % (queued.Item.Content.Length >= LargeBytes ? Math.Min(lanes, LargeLanes) : lanes);
        return next;
    }

    /// <summary>
    /// The resource that a submission is about, and whether it is a batch. Reads no further than it must: the scan reads all.
    /// </summary>
    private static (string? Resource, bool IsBatch) SubjectOf(ReadOnlySpan<byte> json)
    {
        string? type = null;
        string? id = null;
        var reader = new Utf8JsonReader(json);
        try
        {
            while ((type is null || id is null) && reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                var member = Member.Other;
                if (reader.ValueTextEquals("resourceType"u8) || (type == "Bundle" && reader.ValueTextEquals("type"u8)))
                    member = Member.Type;
                else if (reader.ValueTextEquals("id"u8) && type != "Bundle")
                    member = Member.Id;
                else if (reader.ValueTextEquals("entry"u8) && type == "Bundle")
                    return default;
                if (!reader.Read())
                    break;
                if (member == Member.Other || reader.TokenType != JsonTokenType.String)
                    reader.Skip();
                else if (member == Member.Id)
                    id = reader.GetString();
                else if (type == "Bundle")
                    return (null, reader.ValueTextEquals("batch"u8));
                else
                    type = reader.GetString();
            }
        }
        catch (JsonException)
        {
            // A malformed line belongs to no resource; the scan will name what is wrong with it.
            return default;
        }
        return (type is null || id is null || type == "Bundle" ? null : $"{type}/{id}", false);
    }

    private enum Member
    {
        Other,
        Type,
        Id,
    }
}

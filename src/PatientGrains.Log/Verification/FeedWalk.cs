namespace PatientGrains.Log;

/// <summary>Passes every feed of a store: its numbers have no gap, and each line leads to an event of a log, or to one that was
/// erased.</summary>
internal sealed class FeedWalk(IPatientLog log, byte feed)
{
    private const int PageOfLines = 4096;

    private readonly Dictionary<LogId, long> _events = [];
    private long _number;

    public static async Task<(long Lines, IReadOnlyList<BrokenFeed> Broken)> Of(IPatientLog log, CancellationToken cancel)
    {
        long lines = 0;
        var broken = new List<BrokenFeed>();
        for (int feed = 1; feed <= byte.MaxValue; feed++)
        {
            var walk = new FeedWalk(log, (byte)feed);
            if (await walk.Take(cancel).ConfigureAwait(false) is { } wrong)
                broken.Add(new BrokenFeed(feed, walk._number + 1, wrong));
            lines += walk._number;
        }
        return (lines, broken);
    }

    /// <returns>What is wrong with the line behind the last that was right.</returns>
    private async Task<string?> Take(CancellationToken cancel)
    {
        while (true)
        {
            var page = await log.ReadFeed(feed, _number, PageOfLines, cancel).ConfigureAwait(false);
            if (page.Lines.Count == 0)
                return page.Head > _number ? "it ends before its head" : null;
            foreach (var line in page.Lines)
            {
                if (line.Number != _number + 1)
                    return $"the next line has number {line.Number}";
                if (line.Log is { } id && line.Seq >= await Events(id, line.Seq, cancel).ConfigureAwait(false))
                    return "it leads to an event that is not there";
                _number++;
            }
        }
    }

    /// <summary>How many events the log has; asked for anew when what is known does not reach, because it may have grown.</summary>
    private async ValueTask<long> Events(LogId id, long seq, CancellationToken cancel)
    {
        if (_events.TryGetValue(id, out long known) && seq < known)
            return known;
        if (_events.Count >= PageOfLines)
            _events.Clear();
        return _events[id] = (await log.Find(id, cancel).ConfigureAwait(false))?.Head.NextSeq ?? 0;
    }
}

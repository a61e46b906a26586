using System.Buffers.Binary;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// A feed as a shared sequence: lines of 32 bytes, so that a line's number is its place. A log's lines ascend, so a line is there already
/// when the feed has one of its log with the same number or a later one; that is remembered for the lines since this process looked first,
/// and read for those before when an append from before then has to be settled.
/// </summary>
internal sealed class FeedForm(BlobClient client, byte feed, LogSignals signals) : ITailForm
{
    private const int LineSize = 32;
    private const long RollSeq = -1;
    private const uint Magic = 0x4C464750;

    private readonly Lock _lock = new();
    private readonly Dictionary<LogId, long> _lastOf = [];
    // Number of lines before each blob; the last is the present one.
    private List<long> _bases = [0];
    private long _lastOfFrom;
    private long _head;

    public static string Prefix(byte feed) => $"feeds/{feed:d3}";

    public int Size => LineSize;

    public bool BeginsAtEnd => true;

    public IReadOnlyList<ReadOnlyMemory<byte>>? Opening => null;

    public long Head
    {
        get
        {
            lock (_lock)
                return _head;
        }
    }

    public void Begin(IReadOnlyList<long> before)
    {
        lock (_lock)
        {
            _bases = [0];
            foreach (long lines in before.SkipLast(1))
                _bases.Add(_bases[^1] + lines);
            _head = _lastOfFrom = _bases[^1] + before[^1];
            _lastOf.Clear();
        }
    }

    public void Take(ReadOnlySpan<byte> record)
    {
        var (log, seq) = Read(record);
        lock (_lock)
        {
            if (seq == RollSeq)
            {
                _bases.Add(_head);
                return;
            }
            _head++;
            _lastOf[log] = seq;
        }
    }

    public void Taken()
    {
        long head = Head;
        Telemetry.FeedMoved(feed, head);
        signals.FeedMoved(feed, head);
    }

    public bool IsRoll(ReadOnlySpan<byte> record) => Read(record).Seq == RollSeq;

    public byte[] Roll() => Line(default, RollSeq);

    public async Task<ReadOnlyMemory<byte>> Fresh(IReadOnlyList<TailEntry> waiting)
    {
        long from = waiting.Min(entry => entry.From);
        if (from < _lastOfFrom)
            await Remember(from).ConfigureAwait(false);
        var fresh = new MemoryStream();
        var last = new Dictionary<LogId, long>();
        lock (_lock)
        {
            foreach (var entry in waiting)
            {
                for (var left = entry.Records; left.Length > 0; left = left[LineSize..])
                {
                    var (log, seq) = Read(left.Span[..LineSize]);
                    long before = last.TryGetValue(log, out long written) || _lastOf.TryGetValue(log, out written) ? written : -1;
                    if (seq <= before)
                        continue;
                    last[log] = seq;
                    fresh.Write(left.Span[..LineSize]);
                }
            }
        }
        return fresh.GetBuffer().AsMemory(0, (int)fresh.Length);
    }

    /// <summary>Reads back to a number, so that what is known of each log's last line holds from there on.</summary>
    private async Task Remember(long from)
    {
        while (_lastOfFrom > from)
        {
            int count = (int)Math.Min(_lastOfFrom - from, 32_768);
            var lines = await Lines(_lastOfFrom - count, count, default).ConfigureAwait(false);
            lock (_lock)
            {
                foreach (var (_, log, seq) in lines)
                    _lastOf[log!.Value] = Math.Max(seq, _lastOf.GetValueOrDefault(log.Value, -1));
                _lastOfFrom -= count;
            }
        }
    }

    /// <summary>Lines behind a number, as they were written; as many as there are, up to a limit.</summary>
    public async Task<List<StoredFeedLine>> Lines(long after, int limit, CancellationToken cancel)
    {
        var lines = new List<StoredFeedLine>();
        while (lines.Count < limit)
        {
            long at = after + lines.Count, first, end;
            int segment;
            lock (_lock)
            {
                if (at >= _head)
                    break;
                segment = _bases.FindLastIndex(start => start <= at);
                (first, end) = (_bases[segment], segment + 1 < _bases.Count ? _bases[segment + 1] : _head);
            }
            long count = Math.Min(Math.Min(end - at, limit - lines.Count), 32_768);
            var part = await client.Get($"{Prefix(feed)}/{segment:d8}", (at - first) * LineSize, count * LineSize, cancel)
                .ConfigureAwait(false);
            if (part is not { } read || read.Bytes.Length < count * LineSize)
                throw new LogFailedException($"The feed {feed} lost what was acknowledged.");
            for (int i = 0; i < count; i++)
            {
                var (log, seq) = Read(read.Bytes.Span.Slice(i * LineSize, LineSize));
                lines.Add(new StoredFeedLine(at + i + 1, log, seq));
            }
        }
        return lines;
    }

    public static byte[] Line(LogId log, long seq)
    {
        byte[] line = new byte[LineSize];
        log.Write(line);
        BinaryPrimitives.WriteInt64LittleEndian(line.AsSpan(16), seq);
        BinaryPrimitives.WriteUInt32LittleEndian(line.AsSpan(24), Magic);
        return line;
    }

    private static (LogId Log, long Seq) Read(ReadOnlySpan<byte> line)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(line[24..]) != Magic)
            throw new LogFailedException("A line of a feed is not what was written.");
        return (LogId.Read(line), BinaryPrimitives.ReadInt64LittleEndian(line[16..]));
    }
}

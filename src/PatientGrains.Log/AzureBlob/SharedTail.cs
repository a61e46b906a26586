using System.Globalization;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// A sequence of records of one size in append blobs, <c>prefix/number</c>, that several processes append to and follow. Whoever appends
/// has read everything before: each block is conditional on the position, so there is one order, the same for all, and nothing is written
/// twice. Records that wait at the same time share a block. A full blob ends with a record that says so.
/// </summary>
internal sealed class SharedTail(BlobClient client, string prefix, ITailForm form, int blocksPerBlob)
{
    private const int ReadBytes = 1 << 20;
    private const int BlockBytes = 4 << 20;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _gate = new(1);
    private readonly List<TailEntry> _waiting = [];
    private Task? _refresh;
    private bool _writing;

    // Guarded by the gate: where the sequence ends, as far as this process knows.
    private bool _isOpen;
    private long _segment;
    private long _length;
    private int _blocks;
    private byte[] _last = [];

    private string Name(long segment) => string.Create(CultureInfo.InvariantCulture, $"{prefix}/{segment:d8}");

    /// <summary>Completes when the records are durable, or found to be there. They keep the order in which they were handed over; when
    /// some cannot be written, none that wait behind them are, nor any later ones of their logs.</summary>
    public Task Append(ReadOnlyMemory<byte> records, long from, IReadOnlyList<LaneHealth> healths)
    {
        var entry = new TailEntry(records, from, healths);
        lock (_lock)
        {
            if (healths.Any(health => health.Failed))
                return Task.FromException(new LogFailedException("What an append before this one changes was not written."));
            _waiting.Add(entry);
            if (!_writing)
            {
                _writing = true;
                _ = Task.Run(Write);
            }
        }
        return entry.Written.Task;
    }

    /// <summary>Reads what others appended before the call.</summary>
    public Task Refresh()
    {
        lock (_lock)
            return _refresh ??= Task.Run(RefreshBehindOthers);
    }

    private async Task RefreshBehindOthers()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            // Who asks from now on may want what is not read here.
            lock (_lock)
                _refresh = null;
            if (!_isOpen)
                await Open().ConfigureAwait(false);
            else
                await Follow().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task Write()
    {
        while (true)
        {
            List<TailEntry> batch = [];
            lock (_lock)
            {
                for (long bytes = 0; batch.Count < _waiting.Count && (bytes == 0 || bytes < BlockBytes);)
                {
                    bytes += _waiting[batch.Count].Records.Length;
                    batch.Add(_waiting[batch.Count]);
                }
                _waiting.RemoveRange(0, batch.Count);
                if (batch.Count == 0)
                {
                    _writing = false;
                    return;
                }
            }
            await _gate.WaitAsync().ConfigureAwait(false);
            try
            {
                await Land(batch).ConfigureAwait(false);
                batch.ForEach(entry => entry.Written.SetResult());
            }
            catch (Exception e)
            {
                Fail(batch, e as LogException ?? new LogFailedException("What an append changes could not be written.", e));
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    private void Fail(List<TailEntry> batch, LogException reason)
    {
        lock (_lock)
        {
            batch.AddRange(_waiting);
            _waiting.Clear();
            foreach (var health in batch.SelectMany(entry => entry.Healths))
                health.Fail();
        }
        foreach (var entry in batch)
        {
            entry.Written.SetException(reason);
            // Whoever handed it over may have given up.
            _ = entry.Written.Task.Exception;
        }
    }

    private async Task Land(List<TailEntry> batch)
    {
        if (!_isOpen)
            await Open().ConfigureAwait(false);
        while (true)
        {
            await MakeOpening().ConfigureAwait(false);
            if (_blocks >= blocksPerBlob)
            {
                await AppendBlock(form.Roll()).ConfigureAwait(false);
                continue;
            }
            var fresh = await form.Fresh(batch).ConfigureAwait(false);
            if (fresh.IsEmpty || await AppendBlock(fresh).ConfigureAwait(false))
                return;
        }
    }

    /// <summary>Begins a blob with what the ones before it came to. Several may do so at once: they write the same.</summary>
    private async Task MakeOpening()
    {
        while (form.Opening is { } opening)
        {
            long at = 0;
            int next = 0;
            while (at < _length && next < opening.Count)
                at += opening[next++].Length;
            if (at != _length || next == opening.Count)
                throw new LogFailedException($"The blob {Name(_segment)} does not begin as it should.");
            if (await AppendBlock(opening[next]).ConfigureAwait(false) && form.Opening is null && _segment > 1)
                await client.Delete(Name(_segment - 2)).ConfigureAwait(false);
        }
    }

    private async Task<bool> AppendBlock(ReadOnlyMemory<byte> block)
    {
        while (true)
        {
            var (landing, blocks) = await client.Append(Name(_segment), _length, block).ConfigureAwait(false);
            if (landing == Landing.Here)
            {
                _blocks = blocks;
                Take(block.Span);
                return true;
            }
            if (landing == Landing.Moved || _length > 0)
            {
                await Follow().ConfigureAwait(false);
                return false;
            }
            await client.CreateAppend(Name(_segment)).ConfigureAwait(false);
        }
    }

    private void Take(ReadOnlySpan<byte> records)
    {
        for (var left = records; left.Length > 0; left = left[form.Size..])
        {
            var record = left[..form.Size];
            _length += form.Size;
            form.Take(record);
            if (form.IsRoll(record))
                (_segment, _length, _blocks, _last) = (_segment + 1, 0, 0, []);
            else
                _last = record.ToArray();
        }
        form.Taken();
    }

    private async Task Open()
    {
        var blobs = await client.ListAll(prefix + "/").ConfigureAwait(false);
        long newest = blobs.Count == 0 ? 0 : Number(blobs[^1].Name);
        await Open(blobs, newest).ConfigureAwait(false);
        // The newest does not say yet what the one before it came to.
        if (form.Opening is not null && newest > 0)
            await Open(blobs, newest - 1).ConfigureAwait(false);
        _isOpen = true;
    }

    private async Task Open(List<BlobListed> blobs, long segment)
    {
        long length = form.BeginsAtEnd && blobs.Count > 0 ? blobs[^1].Length : 0;
        var before = blobs.Where(blob => Number(blob.Name) < segment).Select(blob => (blob.Length / form.Size) - 1);
        // Its last record is read below, so that it is known whether it ends the blob.
        long passed = Math.Max(0, length - form.Size);
        form.Begin([.. before, passed / form.Size]);
        (_segment, _length, _blocks, _last) = (segment, passed, 0, []);
        await Follow().ConfigureAwait(false);
    }

    private static long Number(string name) => long.Parse(name.AsSpan(name.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);

    /// <summary>Reads what lies behind the known end, whose last record must still be there.</summary>
    private async Task Follow()
    {
        while (true)
        {
            long from = _length - _last.Length;
            if (await client.Get(Name(_segment), from, ReadBytes).ConfigureAwait(false) is not { } part)
            {
                if (_length == 0)
                    return;
                if (form.BeginsAtEnd || !_isOpen)
                    throw new LogFailedException($"The blob {Name(_segment)} is gone.");
                // Others went on to later blobs and dropped this one.
                _isOpen = false;
                await Open().ConfigureAwait(false);
                return;
            }
            var bytes = part.Bytes;
            if (bytes.Length < _last.Length || !bytes.Span[.._last.Length].SequenceEqual(_last))
                throw new LogFailedException($"The blob {Name(_segment)} lost what was acknowledged.");
            _blocks = part.Blocks;
            bytes = bytes[_last.Length..];
            bytes = bytes[..(bytes.Length - (bytes.Length % form.Size))];
            if (bytes.IsEmpty)
                return;
            long segment = _segment;
            int blocks = part.Blocks;
            Take(bytes.Span);
            if (_segment == segment)
                _blocks = blocks;
        }
    }
}

namespace PatientGrains.Host.Importing;

/// <summary>Lines of a UTF-8 stream, LF or CRLF, each in memory of its own; of a line over the limit only the beginning.</summary>
internal sealed class LineReader(Stream stream, int maxLineBytes)
{
    private byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>Whether the line that was handed out last is over the limit.</summary>
    public bool WasTooLong { get; private set; }

    /// <returns>Null at the end; an empty memory for an empty line.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancel)
    {
        int searched = 0;
        WasTooLong = false;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (at >= 0)
                return Take(searched + at, skip: 1);
            searched = _end - _start;
            if (_ended)
            {
                // Not by ?: - an empty memory is what null would become beside a memory, and the end would never come.
                if (searched == 0)
                    return null;
                return Take(searched, skip: 0);
            }
            if (searched > maxLineBytes)
                return await Overlong(cancel);
            await Fill(cancel);
        }
    }

    private int Beginning => Math.Min(maxLineBytes, 1 << 16);

    private ReadOnlyMemory<byte> Take(int length, int skip)
    {
        var line = _buffer.AsSpan(_start, length);
        _start += length + skip;
        WasTooLong = length > maxLineBytes;
        if (WasTooLong)
            return line[..Beginning].ToArray();
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        return line.ToArray();
    }

    private async Task Fill(CancellationToken cancel)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel);
        _end += read;
        _ended = read == 0;
    }

    /// <summary>Keeps the first bytes of the line, passes over the rest.</summary>
    private async Task<ReadOnlyMemory<byte>> Overlong(CancellationToken cancel)
    {
        var cut = _buffer.AsSpan(_start, Beginning).ToArray();
        WasTooLong = true;
        while (!_ended)
        {
            int at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (at >= 0)
            {
                _start += at + 1;
                return cut;
            }
            _start = _end = 0;
            await Fill(cancel);
        }
        _start = _end;
        return cut;
    }
}

namespace PatientGrains.Host.Importing;

/// <summary>Lines of a UTF-8 stream, LF or CRLF, each in memory of its own. A line over the limit is handed out cut, so that the scan names it as the broken line it is.</summary>
internal sealed class LineReader(Stream stream, int maxLineBytes)
{
    private byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private bool _ended;

    /// <returns>Null at the end; an empty memory for an empty line.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancel)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (at >= 0)
                return Take(searched + at, skip: 1);
            searched = _end - _start;
            if (_ended)
                return searched == 0 ? null : Take(searched, skip: 0);
            if (searched > maxLineBytes)
                return await Overlong(cancel);
            await Fill(cancel);
        }
    }

    private ReadOnlyMemory<byte> Take(int length, int skip)
    {
        var line = _buffer.AsSpan(_start, length);
        _start += length + skip;
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
        var cut = _buffer.AsSpan(_start, Math.Min(maxLineBytes, 1 << 16)).ToArray();
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

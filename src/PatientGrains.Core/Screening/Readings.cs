namespace PatientGrains.Core.Screening;

/// <summary>Readings of one variable that follow each other, oldest first. To make it or to look through it copies nothing.</summary>
public readonly struct Readings
{
    private readonly Timeline _of;
    private readonly Timeline.Position _start;
    private readonly Timeline.Position _end;

    internal Readings(Timeline of, Timeline.Position start, Timeline.Position end)
    {
        _of = of;
        _start = start;
        _end = end.CompareTo(start) < 0 ? start : end;
    }

    public bool IsEmpty => !GetEnumerator().MoveNext();

    public Enumerator GetEnumerator() => new(_of, _start, _end);

    public Reading[] ToArray()
    {
        var all = new List<Reading>();
        foreach (ref readonly var reading in this)
            all.Add(reading);
        return [.. all];
    }

    public ref struct Enumerator
    {
        private readonly Timeline _of;
        private readonly Timeline.Position _end;
        private ReadOnlySpan<Reading> _readings;
        private int _block;
        private int _offset;

        internal Enumerator(Timeline of, Timeline.Position start, Timeline.Position end)
        {
            _of = of;
            _end = end;
            _block = start.Block;
            _offset = start.Offset - 1;
            _readings = Here;
        }

        public readonly ref readonly Reading Current => ref _readings[_offset];

        private readonly ReadOnlySpan<Reading> Here => _block == _end.Block ? _of.BlockAt(_block)[.._end.Offset] : _of.BlockAt(_block);

        public bool MoveNext()
        {
            if (++_offset < _readings.Length)
                return true;
            if (_block == _end.Block)
                return false;
            _block++;
            _offset = 0;
            _readings = Here;
            return _readings.Length > 0;
        }
    }
}

using System.Buffers;

namespace PatientGrains.Log;

/// <summary>
/// A growing buffer of events in the clear. Its memory is rented, because a commit of megabytes would otherwise cost a collection of the
/// large-object heap each, and it is cleared before it is given back. After <see cref="Dispose"/> it is empty and holds nothing.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int Least = 1024;

    private byte[] _bytes = [];

    public int WrittenCount { get; private set; }

    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, WrittenCount);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - WrittenCount);
        WrittenCount += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(WrittenCount);
    }

    /// <summary>Takes back what was written after the first <paramref name="count"/> bytes.</summary>
    public void CutTo(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, WrittenCount);
        WrittenCount = count;
    }

    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0)
        {
            bytes.AsSpan(0, WrittenCount).Clear();
            ArrayPool<byte>.Shared.Return(bytes);
        }
        WrittenCount = 0;
    }

    private void Reserve(int sizeHint)
    {
        int needed = checked(WrittenCount + Math.Max(1, sizeHint));
        if (needed <= _bytes.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Least, Math.Max(needed, (int)Math.Min(Array.MaxLength, 2L * _bytes.Length))));
        int written = WrittenCount;
        WrittenSpan.CopyTo(larger);
        Dispose();
        _bytes = larger;
        WrittenCount = written;
    }
}

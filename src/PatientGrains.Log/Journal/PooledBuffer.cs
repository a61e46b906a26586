using System.Buffers;

namespace PatientGrains.Log;

/// <summary>
/// A growing buffer from the pool: bodies of a megabyte would otherwise be made and dropped on the large object heap for every commit. What it held is cleared when it goes back.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Advance(int count) => Length += count;

    /// <summary>Takes back what was written behind a length.</summary>
    public void CutTo(int length) => Length = length;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(Length);
    }

    private void Grow(int more)
    {
        if (_bytes.Length - Length >= more)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + more, Math.Max(2048, checked(_bytes.Length * 2))));
        Span.CopyTo(larger);
        GiveBack();
        _bytes = larger;
    }

    private void GiveBack()
    {
        if (_bytes.Length == 0)
            return;
        _bytes.AsSpan(0, Length).Clear();
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    public void Dispose()
    {
        GiveBack();
        Length = 0;
    }
}

using System.Buffers;
using System.Text;

namespace PatientGrains.Core.Record;

/// <summary>
/// Writes the compact parts of a snapshot: numbers as varints (little-endian base 128, zigzag), texts that repeat once and then by their
/// place among those before.
/// </summary>
internal sealed class CompactWriter(IBufferWriter<byte> to)
{
    private Dictionary<string, int>? _texts;

    public void Number(long value)
    {
        var span = to.GetSpan(10);
        int used = 0;
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        for (; rest >= 0x80; rest >>= 7)
            span[used++] = (byte)(rest | 0x80);
        span[used++] = (byte)rest;
        to.Advance(used);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        to.Write(bytes);
    }

    /// <summary>One that probably does not come again.</summary>
    public void Text(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Number(length);
        Encoding.UTF8.GetBytes(text, to.GetSpan(length));
        to.Advance(length);
    }

    public void Repeated(string text)
    {
        _texts ??= new Dictionary<string, int>(StringComparer.Ordinal);
        if (_texts.TryGetValue(text, out int at))
        {
            Number(at);
            return;
        }
        Number(_texts.Count);
        _texts.Add(text, _texts.Count);
        Text(text);
    }
}

/// <summary>Reads what <see cref="CompactWriter"/> wrote; anything else is a <see cref="FormatException"/>.</summary>
internal ref struct CompactReader(ReadOnlySpan<byte> bytes)
{
    private List<string>? _texts;
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public long Number()
    {
        ulong value = 0;
        for (int i = 0; i < 10 && i < _rest.Length; i++)
        {
            byte next = _rest[i];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next >= 0x80)
                continue;
            _rest = _rest[(i + 1)..];
            return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw new FormatException("A number is cut.");
    }

    /// <summary>A number that is a length, a count or a version.</summary>
    public int Int() => Number() is >= 0 and <= int.MaxValue and var value
        ? (int)value : throw new FormatException("A number is out of range.");

    /// <summary>How many follow of what takes a byte each at least, so that no cut text makes anybody reserve room for millions.</summary>
    public int Count() => Int() is var count && count <= _rest.Length
        ? count : throw new FormatException("More is promised than there is.");

    public ReadOnlySpan<byte> Bytes()
    {
        int length = Count();
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public string Repeated()
    {
        int at = Int();
        _texts ??= [];
        if (at < _texts.Count)
            return _texts[at];
        if (at > _texts.Count)
            throw new FormatException("A text is not there.");
        _texts.Add(Text());
        return _texts[at];
    }
}

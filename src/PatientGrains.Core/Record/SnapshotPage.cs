using System.IO.Compression;

namespace PatientGrains.Core.Record;

/// <summary>
/// The bodies of some statements that follow each other, as a snapshot holds them: JSON and terms compressed, each opened by itself when
/// somebody first asks for one of them. So opening a record costs what is asked of it, and what nobody asks for stays small.
/// </summary>
/// <param name="first">Place of the first of its statements in the record's order.</param>
/// <param name="bodies">How many of them have a body here.</param>
internal sealed class SnapshotPage(int first, int bodies, PackedBytes json, PackedBytes terms, byte[] findings)
{
    /// <summary>
    /// Statements of a page. By number and not by bytes, so that a change of one leaves the bounds of all other pages where they are. More
    /// compress better, and the first who asks for one of them waits longer. Chosen, not found by measuring other numbers.
    /// </summary>
    public const int Statements = 32;

    private int _left;

    public int First { get; } = first;
    public int Bodies { get; } = bodies;
    public PackedBytes Json { get; } = json;
    public PackedBytes Terms { get; } = terms;

    /// <summary>See <see cref="FindingBytes"/>; they are few bytes, and screening needs them.</summary>
    public byte[] Findings { get; } = findings;

    /// <summary>One of its statements has another body now.</summary>
    /// <returns>Whether what is left takes less than half of the page, so that it had better lie elsewhere.</returns>
    public bool Leave() => ++_left * 2 > Bodies;
}

/// <summary>Bytes that are compressed where that saves something, until they are opened.</summary>
internal sealed class PackedBytes(byte[] packed, int length)
{
    /// <summary>An opened page is an array; the largest body that a commit can carry is far below.</summary>
    public const int MaxLength = 1 << 30;

    private volatile byte[]? _packed = packed;
    private volatile byte[]? _opened = packed.Length == length ? packed : null;

    /// <summary>When opened.</summary>
    public int Length { get; } = length;

    /// <summary>As they were written; null once they were opened.</summary>
    public byte[]? Packed => _packed;

    /// <summary>Opens them for good. From any thread: two that come at once do the same.</summary>
    public byte[] Opened
    {
        get
        {
            if (_opened is { } opened)
                return opened;
            opened = Peek();
            _opened = opened;
            _packed = null;
            return opened;
        }
    }

    /// <summary>Opens them for the caller alone.</summary>
    public byte[] Peek()
    {
        if (_packed is not { } from || from.Length == Length)
            return _opened!;
        byte[] to = GC.AllocateUninitializedArray<byte>(Length);
        return BrotliDecoder.TryDecompress(from, to, out int written) && written == Length
            ? to : throw new FormatException("A page of a snapshot does not open.");
    }

    /// <summary>Writes length, packed length and the bytes, compressed if that makes them fewer.</summary>
    public static void Write(CompactWriter to, ReadOnlySpan<byte> plain)
    {
        byte[] room = System.Buffers.ArrayPool<byte>.Shared.Rent(Math.Max(1, plain.Length));
        // What is as long packed as not is taken for not packed.
        int written = 0;
        bool isPacked = plain.Length > 1 && BrotliEncoder.TryCompress(plain, room.AsSpan(0, plain.Length - 1), out written, 1, 22);
        Put(to, plain.Length, isPacked ? room.AsSpan(0, written) : plain);
        room.AsSpan(0, plain.Length).Clear();
        System.Buffers.ArrayPool<byte>.Shared.Return(room);
    }

    /// <summary>Writes what is packed already.</summary>
    public static void Put(CompactWriter to, int length, ReadOnlySpan<byte> packed)
    {
        to.Number(length);
        to.Bytes(packed);
    }

    /// <exception cref="FormatException">The bytes are cut, or promise what cannot be.</exception>
    public static PackedBytes Read(ref CompactReader from)
    {
        int length = from.Int();
        var packed = from.Bytes();
        return length <= MaxLength && packed.Length <= length && (length > 0 || packed.IsEmpty)
            ? new PackedBytes(packed.ToArray(), length) : throw new FormatException("A page of a snapshot has an impossible length.");
    }
}

/// <summary>Reads pages one after the other without opening them for good.</summary>
internal sealed class PageReader
{
    private SnapshotPage? _page;
    private (byte[] Json, byte[] Terms) _parts;

    public (byte[] Json, byte[] Terms) Peek(SnapshotPage page)
    {
        if (_page != page)
            (_page, _parts) = (page, (page.Json.Peek(), page.Terms.Peek()));
        return _parts;
    }
}

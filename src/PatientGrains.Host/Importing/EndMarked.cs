using System.IO.Compression;

namespace PatientGrains.Host.Importing;

/// <summary>
/// A gzip file with one more member behind it, whose content is <see cref="Mark"/>. GZipStream takes an early end of its input for the end
/// of the archive (as of .NET 10), so that a cut file would pass for a whole one; RFC 1952 2.2 lets members follow each other, and only
/// behind a whole one does the mark appear.
/// </summary>
internal sealed class EndMarked(Stream file) : Stream
{
    private static readonly byte[] Member = Pack();

    private int _at;

    public static ReadOnlySpan<byte> Mark => "the end of the archive"u8;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = _at == 0 ? await file.ReadAsync(buffer, cancellationToken) : 0;
        return read > 0 ? read : ReadMember(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        int read = _at == 0 ? file.Read(buffer) : 0;
        return read > 0 ? read : ReadMember(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }

    private int ReadMember(Span<byte> buffer)
    {
        int length = Math.Min(buffer.Length, Member.Length - _at);
        Member.AsSpan(_at, length).CopyTo(buffer);
        _at += length;
        return length;
    }

    private static byte[] Pack()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression))
            gzip.Write(Mark);
        return packed.ToArray();
    }
}

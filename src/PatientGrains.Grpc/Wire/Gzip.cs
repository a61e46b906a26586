using System.Buffers;
using System.IO.Compression;
using Google.Protobuf;

namespace PatientGrains.Grpc.Wire;

/// <summary>The one message compression beside identity (grpc/doc/compression.md).</summary>
internal static class Gzip
{
    public const string Name = "gzip";
    public const string Accepted = "identity,gzip";

    /// <summary>Decompresses as far as a limit: a bomb costs no more than a message of the size that is allowed.</summary>
    /// <exception cref="GrpcException">ResourceExhausted: longer than the limit. Internal: not gzip, or cut.</exception>
    public static ArrayBufferWriter<byte> Expand(ReadOnlySequence<byte> compressed, int maxBytes)
    {
        var whole = new ArrayBufferWriter<byte>((int)Math.Min(Math.Max(compressed.Length * 3, 256), maxBytes));
        try
        {
            using var stream = new GZipStream(new SequenceStream(compressed), CompressionMode.Decompress);
            while (true)
            {
                int read = stream.Read(whole.GetSpan(256));
                if (read == 0)
                    break;
                whole.Advance(read);
                if (whole.WrittenCount > maxBytes)
                    throw FrameReader.TooLong(maxBytes);
            }
        }
        catch (InvalidDataException e)
        {
            throw GrpcException.From(GrpcCode.Internal, "A compressed message is not gzip.", e);
        }
        // GZipStream takes a cut stream for its end; a whole one carries its length in its last four bytes (RFC 1952 2.3.1).
        if (compressed.Length < 18 || Length(compressed) != (uint)whole.WrittenCount)
            throw new GrpcException(GrpcCode.Internal, "A compressed message is cut.");
        return whole;
    }

    public static ArrayBufferWriter<byte> Compress(IMessage message, int size)
    {
        var plain = new ArrayBufferWriter<byte>(Math.Max(size, 64));
        message.WriteTo(plain);
        return Compress(plain.WrittenSpan);
    }

    public static ArrayBufferWriter<byte> Compress(ReadOnlySpan<byte> message)
    {
        var into = new ArrayBufferWriter<byte>(Math.Max(message.Length / 2, 64));
        using (var stream = new GZipStream(new WriterStream(into), CompressionLevel.Fastest))
            stream.Write(message);
        return into;
    }

    private static uint Length(ReadOnlySequence<byte> compressed)
    {
        Span<byte> last = stackalloc byte[4];
        compressed.Slice(compressed.Length - 4).CopyTo(last);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(last);
    }

    private sealed class SequenceStream(ReadOnlySequence<byte> rest) : OneWayStream
    {
        private ReadOnlySequence<byte> _rest = rest;

        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, _rest.Length);
            _rest.Slice(0, count).CopyTo(buffer);
            _rest = _rest.Slice(count);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }

    private sealed class WriterStream(IBufferWriter<byte> into) : OneWayStream
    {
        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer) => into.Write(buffer);

        public override void Write(byte[] buffer, int offset, int count) => into.Write(buffer.AsSpan(offset, count));
    }

    private abstract class OneWayStream : Stream
    {
        public override bool CanRead => false;
        public override bool CanWrite => false;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

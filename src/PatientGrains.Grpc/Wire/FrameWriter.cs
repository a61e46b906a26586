using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace PatientGrains.Grpc.Wire;

/// <summary>Writes length-prefixed messages straight into a pipe. One user at a time.</summary>
internal sealed class FrameWriter(PipeWriter pipe, int maxBytes, int compressFrom)
{
    private const int HeadBytes = 5;

    /// <summary>Whether gzip was announced.</summary>
    public bool Compresses { get; set; }

    /// <summary>Whether a message was added.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Buffers a message; nothing leaves before <see cref="Flush"/>.</summary>
    /// <exception cref="GrpcException">ResourceExhausted: longer than the limit.</exception>
    public void Add(IMessage message)
    {
        int size = message.CalculateSize();
        if (size > maxBytes)
            throw FrameReader.TooLong(maxBytes);
        HasWritten = true;
        if (Compresses && size >= compressFrom)
        {
            var compressed = Gzip.Compress(message, size);
            WriteHead(1, compressed.WrittenCount);
            pipe.Write(compressed.WrittenSpan);
            return;
        }
        WriteHead(0, size);
        message.WriteTo(pipe);
    }

    /// <summary>The same of a message that is in the form of the wire already.</summary>
    /// <exception cref="GrpcException">ResourceExhausted: longer than the limit.</exception>
    public void Add(ReadOnlySpan<byte> message)
    {
        if (message.Length > maxBytes)
            throw FrameReader.TooLong(maxBytes);
        HasWritten = true;
        if (Compresses && message.Length >= compressFrom)
        {
            var compressed = Gzip.Compress(message);
            WriteHead(1, compressed.WrittenCount);
            pipe.Write(compressed.WrittenSpan);
            return;
        }
        WriteHead(0, message.Length);
        pipe.Write(message);
    }

    /// <summary>Sends what was added; waits while the peer takes nothing.</summary>
    public ValueTask<FlushResult> Flush(CancellationToken stop) => pipe.FlushAsync(stop);

    private void WriteHead(byte flag, int length)
    {
        var head = pipe.GetSpan(HeadBytes);
        head[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)length);
        pipe.Advance(HeadBytes);
    }
}

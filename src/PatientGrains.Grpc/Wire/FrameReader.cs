using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace PatientGrains.Grpc.Wire;

/// <summary>
/// Reads length-prefixed messages: a byte that says whether the message is compressed, its length as four bytes, big endian, the message
/// (PROTOCOL-HTTP2.md, Length-Prefixed-Message). Takes from the pipe only what is asked for, so that the sender feels a reader that is
/// slow.
/// </summary>
internal sealed class FrameReader(PipeReader pipe, int maxBytes, string? encoding, HeldBytes held) : IDisposable
{
    private const int HeadBytes = 5;

    private ReadOnlySequence<byte> _rest;
    private bool _holds;
    private bool _ended;
    private long _counted;

    /// <summary>The next message; null after the last.</summary>
    /// <exception cref="GrpcException">
    /// ResourceExhausted: longer than the limit, before it is read. Internal: cut, not decompressible, or not the message expected.
    /// </exception>
    public ValueTask<T?> Next<T>(MessageParser<T> parser, CancellationToken stop) where T : class, IMessage<T> =>
        TryTake(parser, out var message) ? new ValueTask<T?>(message) : ReadOn(parser, stop);

    private async ValueTask<T?> ReadOn<T>(MessageParser<T> parser, CancellationToken stop) where T : class, IMessage<T>
    {
        while (!_ended)
        {
            if (_holds)
                pipe.AdvanceTo(_rest.Start, _rest.End);
            _holds = false;
            var result = await Read(stop).ConfigureAwait(false);
            _rest = result.Buffer;
            _holds = true;
            _ended = result.IsCompleted;
            if (TryTake(parser, out var message))
                return message;
            held.Change(ref _counted, _rest.Length);
        }
        return _rest.IsEmpty ? null : throw new GrpcException(GrpcCode.Internal, "The stream ended within a message.");
    }

    private async ValueTask<ReadResult> Read(CancellationToken stop)
    {
        try
        {
            return await pipe.ReadAsync(stop).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // A reset. Kestrel says so before it cancels the request, and a handler is to see one kind of exception.
            throw new OperationCanceledException("The stream broke.", e, stop);
        }
    }

    private bool TryTake<T>(MessageParser<T> parser, out T? message) where T : class, IMessage<T>
    {
        message = null;
        if (_rest.Length < HeadBytes)
            return false;
        Span<byte> head = stackalloc byte[HeadBytes];
        _rest.Slice(0, HeadBytes).CopyTo(head);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head[1..]);
        CheckHead(head[0], length);
        if (_rest.Length < HeadBytes + length)
            return false;
        var body = _rest.Slice(HeadBytes, length);
        _rest = _rest.Slice(body.End);
        try
        {
            message = head[0] == 0 ? parser.ParseFrom(body) : parser.ParseFrom(Gzip.Expand(body, maxBytes).WrittenSpan);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw GrpcException.From(GrpcCode.Internal, $"A message is not a {typeof(T).Name}.", e);
        }
        return true;
    }

    private void CheckHead(byte flag, uint length)
    {
        if (flag > 1)
            throw new GrpcException(GrpcCode.Internal, "A message begins with a byte that is neither 0 nor 1.");
        // compression.md: a compressed message where no compression was announced.
        if (flag == 1 && encoding != Gzip.Name)
            throw new GrpcException(GrpcCode.Internal, "A message is compressed and grpc-encoding does not say how.");
        if (length > maxBytes)
            throw TooLong(maxBytes);
    }

    internal static GrpcException TooLong(int maxBytes) =>
        new(GrpcCode.ResourceExhausted, $"A message is longer than {maxBytes} bytes.");

    /// <summary>Gives back what was counted; the pipe's owner completes the pipe.</summary>
    public void Dispose()
    {
        if (_holds)
            pipe.AdvanceTo(_rest.Start, _rest.End);
        _holds = false;
        _ended = true;
        _rest = default;
        held.Change(ref _counted, 0);
    }
}

/// <summary>Counts the bytes that all calls together hold of messages that are not whole yet.</summary>
internal sealed class HeldBytes(long max)
{
    private long _all;

    /// <exception cref="GrpcException">ResourceExhausted: too many.</exception>
    public void Change(ref long counted, long now)
    {
        if (counted == now)
            return;
        long all = Interlocked.Add(ref _all, now - counted);
        counted = now;
        if (now > 0 && all > max)
            throw new GrpcException(GrpcCode.ResourceExhausted, "Too many large messages arrive at once. Try again.");
    }
}

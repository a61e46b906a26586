using Google.Protobuf;
using PatientGrains.Grpc.Wire;

namespace PatientGrains.Grpc;

/// <summary>
/// The requests of a call as they arrive. What is not asked for is not read: the client's flow-control window fills, and it waits. One
/// reader at a time.
/// </summary>
public sealed class GrpcRequests<T> : IAsyncEnumerable<T> where T : class, IMessage<T>
{
    private readonly FrameReader _frames;
    private readonly MessageParser<T> _parser;
    private readonly CancellationToken _stop;

    internal GrpcRequests(FrameReader frames, MessageParser<T> parser, CancellationToken stop)
    {
        _frames = frames;
        _parser = parser;
        _stop = stop;
    }

    /// <summary>The next request; null when the client has closed its side and everything was read.</summary>
    /// <exception cref="GrpcException">It is too long, cut or cannot be read; let it end the call.</exception>
    /// <exception cref="OperationCanceledException">The call is cancelled, or its deadline has passed.</exception>
    public ValueTask<T?> Next() => _frames.Next(_parser, _stop);

    /// <summary>The same as a sequence.</summary>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await Next().ConfigureAwait(false) is { } request)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return request;
        }
    }
}

/// <summary>A response in the form of the wire, made once for the many calls that it goes to.</summary>
public sealed class GrpcWritten<T>(T response)
    where T : class, IMessage<T>
{
    internal ReadOnlyMemory<byte> Bytes { get; } = response.ToByteArray();
}

/// <summary>
/// The responses of a call. One writer at a time. At most 64 KB wait for a client that does not read; then writing waits, and when the
/// client
/// takes nothing for <see cref="GrpcLimits.WriteTimeout"/> the call is reset.
/// </summary>
public sealed class GrpcResponses<T> where T : class, IMessage<T>
{
    private readonly ServerCall _call;

    internal GrpcResponses(ServerCall call) => _call = call;

    /// <summary>
    /// Buffers a response without sending it, so that several leave together. <see cref="Flush"/> soon: what is buffered is not bounded.
    /// </summary>
    /// <exception cref="GrpcException">ResourceExhausted: it is longer than <see cref="GrpcLimits.MaxResponseBytes"/>.</exception>
    public void Add(T response) => _call.Add(response);

    /// <inheritdoc cref="Add(T)"/>
    public void Add(GrpcWritten<T> response) => _call.Add(response.Bytes.Span);

    /// <summary>Sends what was added, the headers at least; ends when the transport has taken it.</summary>
    /// <exception cref="OperationCanceledException">The call is cancelled, or its deadline has passed.</exception>
    /// <exception cref="GrpcException">ResourceExhausted: the client does not read; the call is reset.</exception>
    public ValueTask Flush() => _call.Flush();

    /// <summary><see cref="Add"/> and <see cref="Flush"/>.</summary>
    public ValueTask Write(T response)
    {
        _call.Add(response);
        return _call.Flush();
    }
}

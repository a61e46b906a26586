using System.Net;

namespace PatientGrains.Grpc;

/// <summary>A request body that is written while the response is read: hands out the stream, and lasts until it is closed.</summary>
internal sealed class RequestStream : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the connection is there and the headers may leave; never, when it does not come about.</summary>
    public Task<Stream> Opened => _opened.Task;

    public void Close() => _closed.TrySetResult();

    /// <summary>Resets the stream: an end of the body would tell the server that this was all.</summary>
    public void Abandon() => _closed.TrySetCanceled();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _opened.TrySetResult(stream);
        await _closed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

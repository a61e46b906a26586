using System.IO.Pipelines;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Wire;

namespace PatientGrains.Grpc;

/// <summary>
/// An open call: one side writes requests, the other reads responses, each by one user at a time, both at once. Disposing it before its
/// end
/// cancels it.
/// </summary>
public sealed class GrpcClientCall<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly MessageParser<TResponse> _parser;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _end;
    private readonly RequestStream _requests = new();
    private readonly Task<HttpResponseMessage> _sent;
    private readonly GrpcChannelOptions _options;
    private FrameWriter? _writer;
    private PipeReader? _pipe;
    private FrameReader? _reader;
    private HttpResponseMessage? _response;
    private bool _ended;

    internal GrpcClientCall(GrpcChannel channel, MethodDescriptor method, GrpcCallOptions options, CancellationToken stop)
    {
        _options = channel.Options;
        _parser = (MessageParser<TResponse>)method.OutputType.Parser;
        _caller = stop;
        _deadline = new CancellationTokenSource(options.Timeout is { } left ? Positive(left) : Timeout.InfiniteTimeSpan, _options.Clock);
        _end = CancellationTokenSource.CreateLinkedTokenSource(stop, _deadline.Token);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(channel.Address, $"/{method.Service.FullName}/{method.Name}"))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = _requests,
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", "patientgrains-dotnet");
        request.Headers.TryAddWithoutValidation("grpc-accept-encoding", Gzip.Accepted);
        if (_options.Compresses)
            request.Headers.TryAddWithoutValidation("grpc-encoding", Gzip.Name);
        if (options.Timeout is { } timeout)
            request.Headers.TryAddWithoutValidation("grpc-timeout", Timeouts.Format(timeout));
        foreach (var (name, value) in (_options.Metadata?.Invoke() ?? []).Concat(options.Metadata ?? []))
            request.Headers.TryAddWithoutValidation(name, value);
        _sent = channel.Send(request, _end.Token);
    }

    /// <summary>Of the response; there when the first response or the end has been read.</summary>
    public GrpcMetadata? Headers { get; private set; }

    /// <summary>Beside the status; there when the end has been read.</summary>
    public GrpcMetadata? Trailers { get; private set; }

    /// <summary>
    /// Buffers a request without sending it, so that several leave together; the first <see cref="Flush"/> must have been.
    /// </summary>
    public void Add(TRequest request) => _writer!.Add(request);

    /// <summary>
    /// Sends what was added, and the headers; waits while the server takes nothing. False when the call is over or broken: reading tells
    /// why.
    /// </summary>
    public async ValueTask<bool> Flush()
    {
        try
        {
            if (_writer is null)
            {
                if (await Task.WhenAny(_requests.Opened, _sent).ConfigureAwait(false) == _sent && !_requests.Opened.IsCompleted)
                    return false;
                var stream = await _requests.Opened.ConfigureAwait(false);
                _writer = new FrameWriter(PipeWriter.Create(stream), _options.MaxRequestBytes, GrpcLimits.UsualCompressFrom)
                {
                    Compresses = _options.Compresses,
                };
                // Not by the pipe, which passes over a flush of nothing.
                await stream.FlushAsync(_end.Token).ConfigureAwait(false);
                return true;
            }
            var flushed = await _writer.Flush(_end.Token).ConfigureAwait(false);
            return !flushed.IsCompleted;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Sends a request. False as of <see cref="Flush"/>.</summary>
    public async ValueTask<bool> Write(TRequest request)
    {
        if (_writer is null && !await Flush().ConfigureAwait(false))
            return false;
        Add(request);
        return await Flush().ConfigureAwait(false);
    }

    /// <summary>No requests come any more.</summary>
    public void CloseRequests() => _requests.Close();

    /// <summary>The next response; null after the last, when the status is OK.</summary>
    /// <exception cref="GrpcException">The status, when it is not OK.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public async ValueTask<TResponse?> Next()
    {
        try
        {
            if (_ended || !await ReadHeaders().ConfigureAwait(false))
                return null;
            if (await _reader!.Next(_parser, _end.Token).ConfigureAwait(false) is { } response)
                return response;
            _ended = true;
            Conclude(ClientStatus.InTrailers(_response!.TrailingHeaders));
            return null;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            _ended = true;
            _caller.ThrowIfCancellationRequested();
            throw _deadline.IsCancellationRequested
                ? GrpcException.From(GrpcCode.DeadlineExceeded, "The deadline has passed.", e)
                : ClientStatus.OfTransport(e);
        }
    }

    /// <summary>As <see cref="Next"/>, for whoever goes on after a failure.</summary>
    internal async ValueTask<(TResponse? Response, GrpcException? Failure)> NextOrFailure()
    {
        try
        {
            return (await Next().ConfigureAwait(false), null);
        }
        catch (GrpcException e)
        {
            return (null, e);
        }
    }

    /// <summary>The one response of a call that has one; statuscodes.md: any other number is UNIMPLEMENTED.</summary>
    internal async ValueTask<TResponse> Only()
    {
        var response = await Next().ConfigureAwait(false);
        if (response is null || await Next().ConfigureAwait(false) is not null)
            throw new GrpcException(GrpcCode.Unimplemented, "The server did not send exactly one message.");
        return response;
    }

    /// <summary>Ends it from the writing side; the reader is told that the stream broke.</summary>
    internal Task Abort() => _end.CancelAsync();

    internal async ValueTask WriteLast(TRequest request)
    {
        await Write(request).ConfigureAwait(false);
        CloseRequests();
    }

    /// <summary>False when there are no responses and the status is OK.</summary>
    private async ValueTask<bool> ReadHeaders()
    {
        if (_reader is not null)
            return true;
        _response = await _sent.ConfigureAwait(false);
        Headers = ClientStatus.Metadata(_response.Headers);
        if (ClientStatus.InHeaders(_response) is { } status)
        {
            _ended = true;
            Conclude(status);
            return false;
        }
        string? encoding = _response.Headers.TryGetValues("grpc-encoding", out var values) ? values.First() : null;
        if (encoding is not (null or "identity" or Gzip.Name))
            throw new GrpcException(GrpcCode.Internal, "The server compresses in a way that was not offered.");
        var stream = await _response.Content.ReadAsStreamAsync(_end.Token).ConfigureAwait(false);
        _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 << 10));
        _reader = new FrameReader(_pipe, _options.MaxResponseBytes, encoding, new HeldBytes(long.MaxValue));
        return true;
    }

    private void Conclude(ClientStatus status)
    {
        Trailers = status.Trailers;
        status.ThrowUnlessOk();
    }

    private static TimeSpan Positive(TimeSpan timeout) => timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero;

    public async ValueTask DisposeAsync()
    {
        if (!_ended)
        {
            _requests.Abandon();
            await _end.CancelAsync().ConfigureAwait(false);
        }
        _requests.Close();
        _reader?.Dispose();
        if (_pipe is not null)
            await _pipe.CompleteAsync().ConfigureAwait(false);
        await ((Task)_sent).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_sent.IsCompletedSuccessfully)
            (await _sent.ConfigureAwait(false)).Dispose();
        _end.Dispose();
        _deadline.Dispose();
    }
}

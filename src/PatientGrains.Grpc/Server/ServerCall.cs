using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PatientGrains.Grpc.Wire;

namespace PatientGrains.Grpc;

/// <summary>One call on the server's side: its frames, its end in time, and its status.</summary>
internal sealed class ServerCall : IDisposable
{
    /// <summary>ENHANCE_YOUR_CALM (RFC 9113 7): clients read it as RESOURCE_EXHAUSTED (PROTOCOL-HTTP2.md, Errors).</summary>
    private const int EnhanceYourCalm = 0xb;

    /// <summary>Longer than timers run, and than any call lives.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly HttpContext _http;
    private readonly GrpcServer _server;
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource? _both;

    public ServerCall(HttpContext http, GrpcServer server, GrpcMethod method, TimeSpan? timeout)
    {
        _http = http;
        _server = server;
        Method = method;
        Token = http.RequestAborted;
        if (timeout is { } left)
        {
            var now = server.Clock.GetUtcNow();
            Deadline = left < DateTimeOffset.MaxValue - now ? now + left : DateTimeOffset.MaxValue;
            _deadline = new CancellationTokenSource(left < LongestTimer ? left : Timeout.InfiniteTimeSpan, server.Clock);
            _both = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _deadline.Token);
            Token = _both.Token;
        }
        string? encoding = http.Request.Headers["grpc-encoding"];
        _reader = new FrameReader(http.Request.BodyReader, method.MaxRequestBytes ?? server.Limits.MaxRequestBytes, encoding, server.Held);
        _writer = new FrameWriter(http.Response.BodyWriter, server.Limits.MaxResponseBytes, server.Limits.CompressFrom);
        Compresses = encoding == Gzip.Name;
        Context = new GrpcCall(this, http);
    }

    public GrpcMethod Method { get; }
    public GrpcCall Context { get; }
    public CancellationToken Token { get; }
    public CancellationToken Stopping => _server.Stopping;
    public DateTimeOffset? Deadline { get; }
    public bool Compresses { get; set; }

    public bool IsPastDeadline => _deadline is { IsCancellationRequested: true };

    /// <summary>Whether a message left or waits to leave, so that the status must travel in trailers.</summary>
    public bool HasWritten => _writer.HasWritten || _http.Response.HasStarted;

    public GrpcRequests<T> Requests<T>(MessageParser<T> parser) where T : class, IMessage<T> => new(_reader, parser, Token);

    public GrpcResponses<T> Responses<T>() where T : class, IMessage<T> => new(this);

    /// <summary>The one request of a call that has one; statuscodes.md: any other number is UNIMPLEMENTED.</summary>
    public async ValueTask<T> ReadOne<T>(MessageParser<T> parser) where T : class, IMessage<T>
    {
        using var late = new CancellationTokenSource(_server.Limits.RequestTimeout, _server.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Token, late.Token);
        try
        {
            var request = await _reader.Next(parser, either.Token).ConfigureAwait(false);
            if (request is null || await _reader.Next(parser, either.Token).ConfigureAwait(false) is not null)
                throw new GrpcException(GrpcCode.Unimplemented, "The method takes exactly one message.");
            return request;
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !Token.IsCancellationRequested)
        {
            throw GrpcException.From(GrpcCode.Unavailable, "The request did not arrive in time.", e);
        }
    }

    public void Add(IMessage message)
    {
        Begin();
        _writer.Add(message);
    }

    public void Add(ReadOnlySpan<byte> message)
    {
        Begin();
        _writer.Add(message);
    }

    public ValueTask Flush()
    {
        Begin();
        var flush = _writer.Flush(Token);
        return flush.IsCompleted ? End(flush) : Wait(flush.AsTask());
    }

    private static async ValueTask End(ValueTask<FlushResult> flush) => await flush.ConfigureAwait(false);

    private async ValueTask Wait(Task flush)
    {
        try
        {
            await flush.WaitAsync(_server.Limits.WriteTimeout, _server.Clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Trailers would wait behind what the client does not take.
            _http.Features.Get<IHttpResetFeature>()?.Reset(EnhanceYourCalm);
            throw new GrpcException(GrpcCode.ResourceExhausted, "The client does not read.");
        }
        Token.ThrowIfCancellationRequested();
    }

    /// <summary>Once, before the first message: what the response's headers say.</summary>
    private void Begin()
    {
        if (HasWritten)
            return;
        var headers = _http.Response.Headers;
        foreach (var (name, value) in Context.ResponseHeaders)
            headers.Append(name, value);
        _writer.Compresses = Compresses && Accepts(_http.Request.Headers["grpc-accept-encoding"]);
        if (_writer.Compresses)
            headers["grpc-encoding"] = Gzip.Name;
    }

    private static bool Accepts(string? encodings) =>
        encodings is not null && encodings.Split(',').Any(one => one.AsSpan().Trim().SequenceEqual(Gzip.Name));

    public void Dispose()
    {
        _reader.Dispose();
        _both?.Dispose();
        _deadline?.Dispose();
    }
}

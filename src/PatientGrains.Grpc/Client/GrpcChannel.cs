using System.Net.Security;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace PatientGrains.Grpc;

/// <summary>How a client speaks.</summary>
public sealed record GrpcChannelOptions
{
    /// <summary>Bytes of a response message; longer ones end their call with ResourceExhausted.</summary>
    public int MaxResponseBytes { get; init; } = 128 << 20;

    /// <summary>Bytes of a request message.</summary>
    public int MaxRequestBytes { get; init; } = 128 << 20;

    /// <summary>Whether requests are compressed with gzip; responses are whenever the server does it.</summary>
    public bool Compresses { get; init; }

    /// <summary>Metadata of each call, asked for at its begin: the place of a token that is renewed.</summary>
    public Func<GrpcMetadata>? Metadata { get; init; }

    /// <summary>
    /// A connection with calls on it that is silent so long is asked whether it lives, so that a subscriber learns of a dead one.
    /// </summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the answer may take.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For https; null for the system's certificates.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>What one call may say of itself.</summary>
public sealed record GrpcCallOptions
{
    /// <summary>How long it may take as a whole; the server is told. Null: as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    public GrpcMetadata? Metadata { get; init; }
}

/// <summary>
/// Calls to one server over HTTP/2: <c>http://</c> with prior knowledge, <c>https://</c> with ALPN. Connects when there is something to
/// call,
/// and again after a loss. A call that fails is not repeated: only the caller knows whether it may be.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _http;

    /// <param name="address">Scheme, host and port.</param>
    /// <param name="options">Null for the defaults.</param>
    public GrpcChannel(Uri address, GrpcChannelOptions? options = null)
    {
        Address = address;
        Options = options ?? new();
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = Options.ConnectTimeout,
            KeepAlivePingDelay = Options.KeepAliveDelay,
            KeepAlivePingTimeout = Options.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            InitialHttp2StreamWindowSize = 256 << 10,
            SslOptions = Options.Tls ?? new(),
        });
    }

    public Uri Address { get; }

    internal GrpcChannelOptions Options { get; }

    /// <summary>Opens a call of any kind; the others are shorter ways for their kinds.</summary>
    /// <exception cref="ArgumentException">The types are not those of the descriptor.</exception>
    public GrpcClientCall<TRequest, TResponse> Open<TRequest, TResponse>(
        MethodDescriptor method, GrpcCallOptions? options = null, CancellationToken stop = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (method.InputType.ClrType != typeof(TRequest) || method.OutputType.ClrType != typeof(TResponse))
            throw new ArgumentException($"{method.FullName} has other types.", nameof(method));
        return new(this, method, options ?? new(), stop);
    }

    /// <summary>One request, one response.</summary>
    /// <exception cref="GrpcException">The status, when it is not OK.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async Task<TResponse> Unary<TRequest, TResponse>(
        MethodDescriptor method, TRequest request, GrpcCallOptions? options = null, CancellationToken stop = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        await using var call = Open<TRequest, TResponse>(method, options, stop);
        await call.WriteLast(request).ConfigureAwait(false);
        return await call.Only().ConfigureAwait(false);
    }

    /// <summary>One request, the responses as they come. Leaving the loop cancels the call.</summary>
    /// <exception cref="GrpcException">The status, when it is not OK, after the responses before it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async IAsyncEnumerable<TResponse> ServerStream<TRequest, TResponse>(
        MethodDescriptor method, TRequest request, GrpcCallOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        await using var call = Open<TRequest, TResponse>(method, options, stop);
        await call.WriteLast(request).ConfigureAwait(false);
        while (await call.Next().ConfigureAwait(false) is { } response)
            yield return response;
    }

    internal Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken stop) => _http.SendAsync(request, stop);

    /// <summary>Ends all calls that are open.</summary>
    public void Dispose() => _http.Dispose();
}

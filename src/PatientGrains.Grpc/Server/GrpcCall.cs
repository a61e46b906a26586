using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http;

namespace PatientGrains.Grpc;

/// <summary>What a handler may know of its call, and say beside its messages.</summary>
public sealed class GrpcCall
{
    private readonly ServerCall _call;
    private readonly Lazy<GrpcMetadata> _metadata;

    internal GrpcCall(ServerCall call, HttpContext http)
    {
        _call = call;
        Http = http;
        _metadata = new(() => Read(http.Request.Headers));
    }

    public MethodDescriptor Method => _call.Method.Descriptor;

    /// <summary>The request's headers, without those of the protocol.</summary>
    public GrpcMetadata Metadata => _metadata.Value;

    /// <summary>When the client gives up; null when it does not say.</summary>
    public DateTimeOffset? Deadline => _call.Deadline;

    /// <summary>
    /// Cancelled when the client cancels, resets the stream or loses the connection, and when the deadline passes. A handler that lets the
    /// <see cref="OperationCanceledException"/> through ends the call with CANCELLED or DEADLINE_EXCEEDED.
    /// </summary>
    public CancellationToken Token => _call.Token;

    /// <summary>
    /// Cancelled when the server is asked to stop. A stream without end throws <see cref="GrpcCode.Unavailable"/> then; others go on to
    /// their end.
    /// </summary>
    public CancellationToken Stopping => _call.Stopping;

    /// <summary>Address and port of the client; empty where the transport has none.</summary>
    public string Peer =>
        Http.Connection.RemoteIpAddress is { } address ? new System.Net.IPEndPoint(address, Http.Connection.RemotePort).ToString() : "";

    /// <summary>Sent before the first message; adding to it later has no effect.</summary>
    public GrpcMetadata ResponseHeaders { get; } = [];

    /// <summary>Sent with the status.</summary>
    public GrpcMetadata Trailers { get; } = [];

    /// <summary>
    /// Whether responses are compressed when the client takes gzip; true at the start when its requests are. Do not where a response mixes
    /// secrets with what the client sent (BREACH). Setting it after the first response has no effect.
    /// </summary>
    public bool Compresses
    {
        get => _call.Compresses;
        set => _call.Compresses = value;
    }

    /// <summary>The request beneath, for logins by what belongs to the connection.</summary>
    public HttpContext Http { get; }

    private static GrpcMetadata Read(IHeaderDictionary headers)
    {
        var metadata = new GrpcMetadata();
        foreach (var (name, values) in headers)
        {
            foreach (string? value in values)
                metadata.Take(name, value ?? "");
        }
        return metadata;
    }
}
